"""Project and stack files: what Pulumi reads them as, and that the examples' are those of the function."""

import os
import runpy
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
import yaml
from pulumi.automation import ProjectSettings, StackSettings

from groundplan.blueprints.plan import Plan
from groundplan.stacks.project_files import PROGRAM, project_files
from groundplan.stacks.pulumi import add_project
from groundplan.stacks.pulumi.recording import record

ROOT = Path(__file__).parents[3]
MAIN = "stacks/groundplan/stacks/pulumi/__main__.py"
SPEC = "examples/churn/groundplan.yaml"
PROJECT_KEYS = {"name", "description", "runtime", "main", "backend", "config", "options"}
STACK_KEYS = {"secretsprovider", "encryptionsalt", "encryptedkey", "config", "environment"}


def files(plan: Plan, **arguments: str) -> dict[str, str]:
    return project_files(plan, spec=SPEC, main=MAIN, **arguments)


def test_root_has_those_of_the_churn_example(plan_of: Callable[[str], Plan]) -> None:
    expected = files(plan_of("churn"))
    assert {p.name: p.read_text() for p in ROOT.glob("Pulumi*.yaml")} == expected


@pytest.mark.parametrize("example", ["churn", "nightly", "sandbox", "vision"])
def test_pulumi_reads_them(plan_of: Callable[[str], Plan], example: str) -> None:
    plan = plan_of(example)
    made = files(plan, secrets_provider="awskms:///alias/x?region=eu-west-1")
    project = yaml.safe_load(made.pop("Pulumi.yaml"))
    assert set(project) <= PROJECT_KEYS
    settings = ProjectSettings.from_dict(project)
    assert settings.name == plan.project
    assert settings.main == MAIN and (ROOT / MAIN).is_file()
    assert not isinstance(settings.runtime, (str, type(None)))
    assert settings.runtime.name == "python"
    assert settings.runtime.options == {"toolchain": "pip", "virtualenv": ".venv"}
    assert set(made) == {f"Pulumi.{part}.yaml" for part in plan.parts()}
    for name, text in made.items():
        stack = yaml.safe_load(text)
        assert set(stack) <= STACK_KEYS
        read = StackSettings._deserialize(stack)
        assert read.secrets_provider == "awskms:///alias/x?region=eu-west-1"
        assert read.config is not None
        assert read.config["groundplan:part"] == name.split(".")[1]


def test_models_are_keys_of_the_stacks_that_serve_them(plan_of: Callable[[str], Plan]) -> None:
    made = files(plan_of("churn"))
    assert "groundplan:modelVersion.churn: none" in made["Pulumi.prod.yaml"]
    assert "modelVersion" not in made["Pulumi.tooling.yaml"]


def test_one_switch_is_for_an_emulator(plan_of: Callable[[str], Plan]) -> None:
    url = "http://localhost:5000"
    made, plain = files(plan_of("churn"), endpoint_url=url), files(plan_of("churn"))
    for name in set(made) - {"Pulumi.yaml"}:
        assert yaml.safe_load(made[name])["config"]["groundplan:endpointUrl"] == url
    assert not any("endpointUrl" in text for text in plain.values())


def test_bytes_do_not_depend_on_anything_else(plan_of: Callable[[str], Plan]) -> None:
    assert list(files(plan_of("vision")).items()) == list(files(plan_of("vision")).items())


def as_the_engine_runs(
    program: Path, root: Path, config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> object:
    """Run a program file as Pulumi's language host does: in its directory, known its root."""
    monkeypatch.chdir(program.parent)
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(root))
    return record(lambda: runpy.run_path(program.name, run_name="__main__"), config=config)


def test_program_finds_the_spec_beside_the_project_file(
    monkeypatch: pytest.MonkeyPatch, plan_of: Callable[[str], Plan]
) -> None:
    stack = yaml.safe_load(files(plan_of("churn"))["Pulumi.tooling.yaml"])["config"]
    config = {key: value for key, value in stack.items() if isinstance(value, str)}
    recording = as_the_engine_runs(ROOT / MAIN, ROOT, config, monkeypatch)
    assert "churn-tooling-artifacts-111111111111" in recording.outputs["buckets"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("program", ["own", "packaged"])
def test_fails_without_a_traceback(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "__main__.py").write_text(
        PROGRAM if program == "own" else (ROOT / MAIN).read_text()
    )
    (tmp_path / "groundplan.yaml").write_text("version: 1\n")
    config = {"groundplan:spec": "groundplan.yaml", "groundplan:part": "tooling"}
    with pytest.raises(pulumi.RunError) as raised:
        as_the_engine_runs(tmp_path / "__main__.py", tmp_path, config, monkeypatch)
    assert f"{tmp_path}{os.sep}groundplan.yaml" in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_part_that_spans_accounts_begins_with_a_profile_of_each(
    plan_of: Callable[[str], Plan],
) -> None:
    made = files(plan_of("churn"))
    config = yaml.safe_load(made["Pulumi.tooling.yaml"])["config"]
    assert config["groundplan:profilePrefix"] == "groundplan-"
    assert "profilePrefix" not in made["Pulumi.prod.yaml"]
    assert "profilePrefix" not in files(plan_of("sandbox"))["Pulumi.tooling.yaml"]

    found = record(
        lambda: add_project(ROOT / SPEC, part="tooling"),
        config={"groundplan:profilePrefix": config["groundplan:profilePrefix"]},
    )

    providers = [item for item in found.registrations if item.type == "pulumi:providers:aws"]
    assert {item.inputs["profile"] for item in providers} == {
        "groundplan-111111111111",
        "groundplan-333333333333",
    }
