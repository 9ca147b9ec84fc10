"""A project that records its runs in MLflow, as templates: what is in them, and what checkers say."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from tests_support import ROOT, lint, tracked

from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import parse_spec
from groundplan.stacks.cdk import add_plan, new_app

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("mlflow")]


@pytest.fixture(scope="module", params=["app", "server"])
def directory(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = new_app(
        outdir=str(tmp_path_factory.mktemp("cdk") / "cdk.out"),
        context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    own = plan(parse_spec(tracked(request.param), "spec"))
    add_plan(app, own, sources=ROOT / "examples" / "churn", stages=["prod"])
    return Path(app.synth().directory)


def template(directory: Path, stack: str) -> tuple[Path, dict[str, Any]]:
    [path] = [path for path in directory.rglob("*.template.json") if stack in path.name]
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_the_machine_gets_the_arn_of_an_app_from_its_stack(directory: Path) -> None:
    _, found = template(directory, "prodtracking")
    [server] = [item for item in found["Resources"].values() if "::Mlflow" in item["Type"]]
    _, training = template(directory, "prodtraining")
    [machine] = [
        item
        for item in training["Resources"].values()
        if item["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    given = machine["Properties"]["DefinitionSubstitutions"]
    if server["Type"].endswith("MlflowApp"):
        assert server["Properties"]["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
        assert given["MlflowArn"]["Fn::ImportValue"].startswith("churn-prod-tracking:")
    else:
        assert server["Properties"]["AutomaticModelRegistration"] is False
        assert server["Properties"]["TrackingServerSize"] == "Small"
        assert "MlflowArn" not in given


def test_no_finding_of_cdk_nag(directory: Path) -> None:
    report = json.loads((directory / "validation-report.json").read_text(encoding="utf-8"))
    assert [
        item["ruleName"] for plugin in report["pluginReports"] for item in plugin["violations"]
    ] == []


@pytest.mark.parametrize("stack", ["prodtracking", "prodtraining", "prodnetwork"])
def test_no_finding_of_cfn_lint(directory: Path, stack: str) -> None:
    path, _ = template(directory, stack)
    assert lint(path.read_text(encoding="utf-8"), "eu-west-1") == []
