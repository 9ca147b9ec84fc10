from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from groundplan.blueprints.plan.container_repository import plan_container_repository
from groundplan.blueprints.plan.data_bucket import plan_access_logs_bucket
from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.exceptions import NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.model_registry import plan_model_registry
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty, RolePlan, plan_role, service_trust
from groundplan.constructs.cdk import (
    ContainerRepository,
    DataBucket,
    EncryptionKey,
    ModelRegistry,
    Role,
)
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


def role_plan(place: Place, *duties: Duty) -> RolePlan:
    return plan_role(
        id="Role",
        role_name="dashboard",
        place=place,
        path="/reports/",
        description="Shows reports",
        trust=service_trust("glue.amazonaws.com", place, place.arn("glue", "*")),
        duties=duties,
        permissions_boundary="arn:aws:iam::111111111111:policy/boundary",
    )


@pytest.fixture
def plan(place: Place) -> RolePlan:
    read = Duty(
        id="Read",
        actions=("s3:GetObject",),
        resources=("arn:aws:s3:::reports/*",),
        reason="shows them",
        wildcard=OBJECTS,
    )
    long = [
        Duty(
            id=f"Long{index}",
            actions=("s3:GetObject",),
            resources=tuple(f"arn:aws:s3:::reports/{'x' * 90}/{index}/{n}" for n in range(40)),
            reason="fills a policy",
        )
        for index in range(2)
    ]
    return role_plan(place, read, *long)


def test_policies_come_before_the_role(
    stack: cdk.Stack, plan: RolePlan, resources: Resources
) -> None:
    Role(stack, "Role", plan=plan)

    found = resources()
    assert sorted(found) == ["Role1ABCC5F0", "RolePolicy1B629B2C8", "RolePolicy2550DF817"]
    assert found["Role1ABCC5F0"]["Properties"] == {
        "RoleName": "dashboard",
        "Path": "/reports/",
        "Description": "Shows reports",
        "AssumeRolePolicyDocument": plan.trust.to_json(),
        "ManagedPolicyArns": [{"Ref": "RolePolicy1B629B2C8"}, {"Ref": "RolePolicy2550DF817"}],
        "PermissionsBoundary": "arn:aws:iam::111111111111:policy/boundary",
    }
    assert found["RolePolicy1B629B2C8"]["Properties"] == {
        "ManagedPolicyName": "dashboard-1",
        "Path": "/reports/",
        "PolicyDocument": plan.policies[0].document.to_json(),
    }


def test_wildcards_are_acknowledged_with_the_duty_s_reason(
    stack: cdk.Stack, plan: RolePlan, findings: Callable[[], list[str]]
) -> None:
    Role(stack, "Role", plan=plan)

    assert findings() == []
    acknowledged = {
        child.node.id: entry.data
        for child in stack.node.find_child("Role").node.children
        for entry in child.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
    }
    assert acknowledged == {
        "Policy1": {"Annotation::AwsSolutions-IAM5[Resource::arn:aws:s3:::reports/*]": OBJECTS}
    }


def test_credentials_that_a_duty_asks_for_are_accepted_in_the_template(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    duty = Duty(
        id="RegistryToken",
        actions=("ecr:GetAuthorizationToken",),
        resources=("*",),
        reason="images are pushed",
        wildcard=NO_NARROWER,
    )
    Role(stack, "Role", plan=role_plan(place, duty))

    policies = [r for r in resources().values() if r["Type"] == "AWS::IAM::ManagedPolicy"]
    assert [policy["Metadata"]["cloudsplaining"] for policy in policies] == [
        {
            "skip": [
                {
                    "id": "cloudsplaining-CredentialsExposure[ecr:GetAuthorizationToken]",
                    "comment": NO_NARROWER,
                }
            ]
        }
    ]


def test_fails_to_grant_to_a_planned_role(stack: cdk.Stack, place: Place) -> None:
    role = Role(stack, "Role", plan=role_plan(place))
    key = EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="k", place=place))
    logs = plan_access_logs_bucket(name="logs", place=place, sources=[])
    bucket = DataBucket(stack, "Bucket", plan=logs)
    images = plan_container_repository(name="i", place=place, encryption_key="arn:aws:kms:::key/1")
    repository = ContainerRepository(stack, "Images", plan=images)
    registry = ModelRegistry(stack, "Models", plan=plan_model_registry(name="m", place=place))

    for grant in (
        key.grant_decrypt,
        key.grant_encrypt_decrypt,
        bucket.grant_read,
        bucket.grant_read_write,
        repository.grant_pull,
        registry.grant_read,
    ):
        with pytest.raises(ConstructError, match="come from their duties only"):
            grant(role)
    with pytest.raises(ConstructError) as caught:
        bucket.grant_read(role)
    assert str(caught.value) == (
        "dashboard: the policies of groundplan's roles come from their duties only, "
        "got 'a grant on Bucket'; add a duty with the actions s3:GetObject, s3:ListBucket "
        "to the plan of the role"
    )


def test_finding_on_an_unexplained_wildcard_shows_that_the_check_can_fail(
    stack: cdk.Stack, plan: RolePlan, findings: Callable[[], list[str]]
) -> None:
    document = plan.policies[0].document.to_json()
    iam.CfnManagedPolicy(stack, "Bare", policy_document=document)

    assert findings() == ["AwsSolutions-IAM5[Resource::arn:aws:s3:::reports/*] Test/Bare"]
