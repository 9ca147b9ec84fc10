import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from groundplan.blueprints.plan.container_repository import (
    PULL_ACTIONS,
    ContainerRepositoryPlan,
    plan_container_repository,
)
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.cdk import ContainerRepository

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
PULLER = "arn:aws:iam::222222222222:role/puller"


@pytest.fixture
def plan(place: Place) -> ContainerRepositoryPlan:
    return plan_container_repository(
        name="reports/renderer", place=place, encryption_key=KEY, pull=[PULLER]
    )


def test_tags_are_immutable_and_only_untagged_images_expire(
    stack: cdk.Stack, plan: ContainerRepositoryPlan, resources: Resources
) -> None:
    ContainerRepository(stack, "Images", plan=plan)

    [(id, repository)] = resources().items()
    assert id == "Images2D38C313"
    assert repository["DeletionPolicy"] == "Retain"
    properties = repository["Properties"]
    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["EncryptionConfiguration"] == {"EncryptionType": "KMS", "KmsKey": KEY}
    assert plan.policy is not None
    assert properties["RepositoryPolicyText"] == plan.policy.to_json()
    [rule] = json.loads(properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 30,
    }


def test_grants_pulling_only(
    stack: cdk.Stack, plan: ContainerRepositoryPlan, resources: Resources
) -> None:
    repository = ContainerRepository(stack, "Images", plan=plan)
    puller = iam.Role(stack, "Puller", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))

    repository.grant_pull(puller)

    found = resources()
    [policy] = [item for item in found.values() if item["Type"] == "AWS::IAM::Policy"]
    pull, login = policy["Properties"]["PolicyDocument"]["Statement"]
    assert pull["Action"] == list(PULL_ACTIONS)
    assert pull["Resource"] == {"Fn::GetAtt": ["Images2D38C313", "Arn"]}
    assert (login["Action"], login["Resource"]) == ("ecr:GetAuthorizationToken", "*")
    assert len(found["Images2D38C313"]["Properties"]["RepositoryPolicyText"]["Statement"]) == 1


def test_grant_to_another_account_reaches_the_repository_policy(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    plan = plan_container_repository(name="renderer", place=place, encryption_key=KEY)
    repository = ContainerRepository(stack, "Images", plan=plan)

    repository.grant_pull(iam.Role.from_role_arn(stack, "Puller", PULLER))

    [statement] = resources()["Images2D38C313"]["Properties"]["RepositoryPolicyText"]["Statement"]
    assert statement["Action"] == list(PULL_ACTIONS)
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": PULLER}}
    assert "Resource" not in statement


def test_no_finding(
    stack: cdk.Stack, plan: ContainerRepositoryPlan, findings: Callable[[], list[str]]
) -> None:
    ContainerRepository(stack, "Images", plan=plan)

    assert findings() == []
