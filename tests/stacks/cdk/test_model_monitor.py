"""A project that Model Monitor watches, as templates: what is in them, and what checkers say."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from tests_support import ROOT, lint, model_monitored

from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import parse_spec
from groundplan.stacks.cdk import add_plan, new_app

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("model-monitor")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = new_app(
        outdir=str(tmp_path_factory.mktemp("cdk") / "cdk.out"),
        context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    add_plan(app, plan(parse_spec(model_monitored(), "spec")), sources=ROOT / "examples" / "churn")
    return Path(app.synth().directory)


def template(directory: Path, stack: str) -> tuple[Path, dict[str, Any]]:
    for path in directory.rglob("*.template.json"):
        if path.name.endswith(f"{stack}.template.json") or stack in path.name:
            return path, json.loads(path.read_text(encoding="utf-8"))
    raise LookupError(stack)


def test_the_schedule_hangs_on_the_endpoint(directory: Path) -> None:
    _, found = template(directory, "prodservingchurn")
    [schedule] = [
        item
        for item in found["Resources"].values()
        if item["Type"] == "AWS::SageMaker::MonitoringSchedule"
    ]
    [endpoint] = [
        id for id, item in found["Resources"].items() if item["Type"] == "AWS::SageMaker::Endpoint"
    ]
    assert schedule["Condition"] == "HasModel"
    assert schedule["DependsOn"] == [endpoint]
    job = schedule["Properties"]["MonitoringScheduleConfig"]["MonitoringJobDefinition"]
    assert job["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert len(job["NetworkConfig"]["VpcConfig"]["Subnets"]) == 2
    assert job["MonitoringResources"]["ClusterConfig"]["VolumeKmsKeyId"].endswith(
        "alias/churn-prod"
    )
    assert job["Environment"] == {"publish_cloudwatch_metrics": "Disabled"}


def test_no_finding_of_cdk_nag(directory: Path) -> None:
    report = json.loads((directory / "validation-report.json").read_text(encoding="utf-8"))
    assert [
        item["ruleName"] for plugin in report["pluginReports"] for item in plugin["violations"]
    ] == []


@pytest.mark.parametrize("stack", ["prodservingchurn", "prodmonitoring"])
def test_no_finding_of_cfn_lint(directory: Path, stack: str) -> None:
    path, _ = template(directory, stack)
    assert lint(path.read_text(encoding="utf-8"), "eu-west-1") == []
