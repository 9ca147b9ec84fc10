"""A schedule of Model Monitor as the construct defines it, through the life of its endpoint."""

import json
from dataclasses import fields, replace
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.exceptions import ClientError
from tests_support import model_monitored

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.spec import parse_spec
from groundplan.constructs.cdk import MonitoringSchedule
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Comparison
from groundplan.stacks.rehearsal.checks.deployed_stack import CloudFormationStack
from groundplan.stacks.rehearsal.checks.monitoring_schedule import check_monitoring_schedule

pytestmark = pytest.mark.heavy
KEY = "arn:aws:kms:eu-west-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef"
TAGS = {"project": "churn"}


@pytest.fixture
def planned(stacks: Any) -> MonitoringSchedulePlan:
    decided = plan(parse_spec(model_monitored(), "spec"))
    [found] = [
        item.model_monitor
        for item in decided.stacks()
        if isinstance(item, ServingStackPlan) and item.model_monitor is not None
    ]
    return replace(
        found,
        arn=f"arn:aws:sagemaker:eu-west-1:{stacks.account}:monitoring-schedule/{found.name}",
        key_alias_arn=KEY,
        volume_key_alias_arn=KEY,
        network=NetworkAttachment(
            subnet_ids=("subnet-0123456789abcdef0",), security_group_ids=("sg-0123456789abcdef0",)
        ),
    )


def resources(planned: MonitoringSchedulePlan) -> dict[str, Any]:
    """The construct's resource, after an endpoint that it names."""
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Test")
    MonitoringSchedule(stack, "ModelMonitor", plan=planned)
    [made] = app.synth().get_stack_by_name("Test").template["Resources"].values()
    model = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {
            "ExecutionRoleArn": planned.role_arn,
            "PrimaryContainer": {
                "Image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn:v1",
                "ModelDataUrl": "s3://models/model.tar.gz",
            },
        },
    }
    variant = {
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
        "InstanceType": "ml.m5.large",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "VariantName": "primary",
    }
    return {
        "Model": model,
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {"ProductionVariants": [variant]},
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "EndpointName": planned.endpoint_name,
            },
        },
        "Schedule": {**made, "DependsOn": ["Endpoint"]},
    }


def differences(
    planned: MonitoringSchedulePlan, stacks: Any, released: tuple[str, ...]
) -> list[str]:
    account = Account(
        stacks.client,
        place=Place(account=stacks.account, region="eu-west-1"),
        tags=TAGS,
        keys={},
        stack=CloudFormationStack("stack"),
        released=released,
    )
    compared = [
        Comparison("ModelMonitor", *item) for item in check_monitoring_schedule(planned, account)
    ]
    return [item.name for item in compared if not item.same]


def test_a_schedule_lives_as_long_as_its_endpoint(
    stacks: Any, planned: MonitoringSchedulePlan
) -> None:
    released = (planned.endpoint_name,)
    assert differences(planned, stacks, ()) == []
    assert "name" in differences(planned, stacks, released)

    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    stacks.create(resources(planned), Tags=tags)
    assert stacks.failures() == []
    assert differences(planned, stacks, released) == []
    assert differences(planned, stacks, ()) == ["name"]

    hourly = replace(planned, expression="cron(0 * ? * * *)", max_runtime_seconds=1800)
    physical_id = stacks.physical_id("Schedule")
    assert differences(hourly, stacks, released) == ["expression", "max_runtime_seconds"]
    stacks.update(resources(hourly), Tags=tags)
    assert differences(hourly, stacks, released) == []
    assert stacks.physical_id("Schedule") == physical_id == planned.arn

    assert stacks.delete() == "DELETE_COMPLETE"
    assert differences(planned, stacks, ()) == []


def test_every_planned_value_is_compared(stacks: Any, planned: MonitoringSchedulePlan) -> None:
    stacks.create(resources(planned), Tags=[{"Key": "project", "Value": "churn"}])
    changed: dict[str, Any] = {
        "network": NetworkAttachment(
            subnet_ids=("subnet-0123456789abcdef1",), security_group_ids=("sg-0123456789abcdef0",)
        ),
        "volume_gib": 31,
        "max_runtime_seconds": 60,
        "volume_key_alias_arn": None,
    }
    for field in fields(MonitoringSchedulePlan):
        if field.name == "id":
            continue
        mutant = replace(planned, **{field.name: changed.get(field.name, "other")})
        assert differences(mutant, stacks, (planned.endpoint_name, "other")), field.name


def test_fails_without_its_endpoint(stacks: Any, planned: MonitoringSchedulePlan) -> None:
    schedule = resources(planned)["Schedule"]
    del schedule["DependsOn"]
    stacks.create({"Schedule": schedule})
    [(name, reason)] = [item for item in stacks.failures() if item[0] == "Schedule"]
    assert (name, "Could not find endpoint churn-prod-churn" in reason) == ("Schedule", True)


def test_a_watched_endpoint_is_kept(stacks: Any, planned: MonitoringSchedulePlan) -> None:
    stacks.create(resources(planned))
    with pytest.raises(ClientError, match="with the monitoring schedule churn-prod-churn"):
        stacks.client("sagemaker").delete_endpoint(EndpointName=planned.endpoint_name)


def test_a_request_must_fit_the_api(stacks: Any, planned: MonitoringSchedulePlan) -> None:
    wrong = replace(planned, instance_type="ml.m5.huge")
    stacks.create(resources(wrong))
    assert "ml.m5.huge" in json.dumps(stacks.failures())
