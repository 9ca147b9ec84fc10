"""MLflow apps and servers on the emulator: made, compared with the plan, changed and deleted."""

import json
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.mlflow import MlflowPlan, plan_mlflow
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.cdk import Mlflow
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Comparison
from groundplan.stacks.rehearsal.checks.mlflow import check_mlflow

pytestmark = pytest.mark.heavy
TAGS = {"groundplan:scope": "churn-prod"}


def planned(kind: Any, account: str, bucket: str = "churn-work", **options: Any) -> MlflowPlan:
    place = Place(account=account, region="eu-west-1")
    return plan_mlflow(
        kind=kind,
        name="churn-prod",
        place=place,
        artifact_bucket=bucket,
        key_alias_arn=place.arn("kms", "alias/churn-prod"),
        role_name="churn-prod-mlflow",
        path="/churn/",
        **options,
    )


def deploy(stacks: Any, unit: MlflowPlan, verb: str = "create") -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Test")
    Mlflow(stack, "Mlflow", plan=unit)
    template = app.synth().get_stack_by_name("Test").template
    cloudformation = stacks.client("cloudformation")
    getattr(cloudformation, f"{verb}_stack")(
        StackName="mlflow",
        TemplateBody=json.dumps({"Resources": template["Resources"]}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )
    [found] = cloudformation.describe_stacks(StackName="mlflow")["Stacks"]
    assert found["StackStatus"] == f"{verb.upper()}_COMPLETE", found


def differences(stacks: Any, unit: MlflowPlan) -> set[str]:
    place = Place(account=stacks.account, region="eu-west-1")
    account = Account(stacks.client, place=place, tags=TAGS, keys={})
    compared = [Comparison("Mlflow", *item) for item in check_mlflow(unit, account)]
    return {item.name for item in compared if not item.same}


@pytest.mark.parametrize("kind", ["app", "server"])
def test_what_records_runs_is_made_changed_and_deleted(stacks: Any, kind: str) -> None:
    first = planned(kind, stacks.account)
    assert {"name", "artifact_uri", "role_arn"} <= differences(stacks, first)
    deploy(stacks, first)
    assert differences(stacks, first) == set()

    second = planned(kind, stacks.account, "churn-other")
    assert differences(stacks, second) >= {"artifact_uri"}
    deploy(stacks, second, "update")
    assert differences(stacks, second) == set()

    stacks.client("cloudformation").delete_stack(StackName="mlflow")
    assert "name" in differences(stacks, second)


def test_a_server_grows_in_place(stacks: Any) -> None:
    deploy(stacks, planned("server", stacks.account))
    large = planned("server", stacks.account, size="Large")
    assert differences(stacks, large) == {"size"}
    deploy(stacks, large, "update")
    assert differences(stacks, large) == set()
