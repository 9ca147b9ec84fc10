"""The examples, synthesised once a session."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundplan.stacks.cdk import add_project, new_app

ROOT = Path(__file__).parents[3]
EXAMPLES = ("churn", "nightly", "sandbox", "vision")


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks after this
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one example's assembly run in one process, which synthesises it once."""
    for item in items:
        if "assembly" in getattr(item, "fixturenames", ()):
            example = item.callspec.params["example"]  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.xdist_group(f"assembly-{example}"))


@dataclass(frozen=True)
class Assembly:
    """A synthesised example."""

    directory: Path
    templates: dict[str, dict[str, Any]]
    """Templates by the path of their stack."""
    findings: tuple[str, ...]
    """What cdk-nag found and nobody acknowledged."""
    reasons: frozenset[str]
    """Reasons of the acknowledgments."""
    stacks: dict[str, Any]
    """CDK's artifacts by the path of their stack."""


@pytest.fixture(scope="session")
def spec_file(example: str) -> Path:
    return ROOT / "examples" / example / "groundplan.yaml"


@pytest.fixture(scope="session")
def assembly(spec_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Synthesise an example under cdk-nag."""
    return synthesised(spec_file, tmp_path_factory.mktemp("cdk"))


@pytest.fixture(scope="session")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Synthesise the sandbox with an endpoint that scales to zero."""
    folder = tmp_path_factory.mktemp("asleep") / "sandbox"
    shutil.copytree(ROOT / "examples" / "sandbox", folder)
    spec = folder / "groundplan.yaml"
    serving = "serving: {sizing: {allow_errors_while_waking: true}}"
    spec.write_text(spec.read_text().replace("serving: {}", serving))
    return synthesised(spec, tmp_path_factory.mktemp("cdk"))


def synthesised(spec_file: Path, folder: Path) -> Assembly:
    """Synthesise a project under cdk-nag."""
    import aws_cdk as cdk
    import cdk_nag

    app = new_app(
        outdir=str(folder / "cdk.out"),
        context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    packs = (
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.PCIDSS321Checks,
    )
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in packs))
    add_project(app, spec_file)
    done = app.synth()
    directory = Path(done.directory)
    report = json.loads((directory / "validation-report.json").read_text())
    stacks = {item.hierarchical_id: item for item in done.stacks_recursively}
    return Assembly(
        directory=directory,
        templates={path: item.template for path, item in stacks.items()},
        findings=tuple(
            f"{violation['ruleName']} {construct['constructPath']}"
            for plugin in report["pluginReports"]
            for violation in plugin["violations"]
            for construct in violation["violatingConstructs"]
        ),
        reasons=frozenset(_reasons(directory)),
        stacks=stacks,
    )


def _reasons(directory: Path) -> list[str]:
    return [
        reason
        for file in directory.rglob("*.metadata.json")
        for entries in json.loads(file.read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for reason in entry["data"].values()
    ]
