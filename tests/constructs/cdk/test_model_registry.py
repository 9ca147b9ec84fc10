from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from groundplan.blueprints.plan.model_registry import plan_model_registry
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.cdk import ModelRegistry

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


def test_admits_the_planned_roles(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    plan = plan_model_registry(
        name="fraud", place=place, register=["arn:aws:iam::222222222222:role/pipeline"]
    )

    ModelRegistry(stack, "Registry", plan=plan)

    [(id, group)] = resources().items()
    assert (id, group["DeletionPolicy"]) == ("Registry4DB9CCA5", "Retain")
    assert plan.policy is not None
    assert group["Properties"] == {
        "ModelPackageGroupName": "fraud",
        "ModelPackageGroupDescription": "Versions of one model",
        "ModelPackageGroupPolicy": plan.policy.to_json(),
    }


def test_grants_reading_only(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    registry = ModelRegistry(stack, "Registry", plan=plan_model_registry(name="m", place=place))

    registry.grant_read(iam.Role(stack, "Auditor", assumed_by=iam.AccountRootPrincipal()))

    [policy] = [item for item in resources().values() if item["Type"] == "AWS::IAM::Policy"]
    group = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/m"
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": ["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
            "Effect": "Allow",
            "Resource": group,
        },
        {
            "Action": "sagemaker:DescribeModelPackage",
            "Effect": "Allow",
            "Resource": "arn:aws:sagemaker:eu-west-1:111111111111:model-package/m/*",
        },
    ]
