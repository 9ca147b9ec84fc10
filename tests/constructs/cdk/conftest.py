"""A small stack of somebody else's, and what the checkers say about it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from groundplan.blueprints.plan.names import Place

ACCOUNT, REGION = "111111111111", "eu-west-1"


@pytest.fixture
def place() -> Place:
    return Place(account=ACCOUNT, region=REGION)


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    return cdk.App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        context={"@aws-cdk/core:failSynthOnValidationErrors": False},
        outdir=str(tmp_path / "cdk.out"),
    )


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(
        app,
        "Test",
        env=cdk.Environment(account=ACCOUNT, region=REGION),
        synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )


@pytest.fixture
def template(app: cdk.App, stack: cdk.Stack) -> Callable[[], dict[str, Any]]:
    """Synthesise the stack and return its template."""

    def synthesised() -> dict[str, Any]:
        found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
        return found

    return synthesised


@pytest.fixture
def resources(template: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Synthesise the stack and return its resources by logical id."""

    def synthesised() -> dict[str, Any]:
        found: dict[str, Any] = template()["Resources"]
        return found

    return synthesised


@pytest.fixture
def findings(app: cdk.App) -> Callable[[], list[str]]:
    """Synthesise the app under cdk-nag and return what nobody acknowledged: rule and path."""

    def checked() -> list[str]:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        report = json.loads(Path(app.synth().directory, "validation-report.json").read_text())
        return sorted(
            f"{violation['ruleName']} {construct['constructPath']}"
            for plugin in report["pluginReports"]
            for violation in plugin["violations"]
            for construct in violation["violatingConstructs"]
        )

    return checked
