"""Decisions in a world: where policies come from, and what is filled in."""

import time
from dataclasses import replace
from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.prove.evaluate import evaluate, why
from groundplan.blueprints.prove.model import (
    Policy,
    PolicyKind,
    PolicyStatement,
    Request,
    Resource,
    Role,
    World,
)
from groundplan.blueprints.prove.world import world

ACCOUNT, DATA = "111122223333", "444455556666"
READER = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
PERSON = f"arn:aws:iam::{ACCOUNT}:role/person"
STRANGER = f"arn:aws:iam::{DATA}:role/stranger"
BUCKET = "arn:aws:s3:::data"
KEY = f"arn:aws:kms:eu-west-1:{DATA}:key/data"
GROUP = f"arn:aws:sagemaker:eu-west-1:{DATA}:model-package-group/churn"


def policy(kind: PolicyKind, owner: str, **statement: Any) -> Policy:
    given = {"sid": "1", "effect": "Allow", **statement}
    return Policy(kind=kind, name=kind, owner=owner, statements=(PolicyStatement(**given),))


def role(arn: str, kind: Any, *policies: Policy, trust: Policy | None = None) -> Role:
    return Role(
        arn=arn,
        kind=kind,
        scope="prod",
        description="",
        policies=policies,
        trust=trust,
        boundary=None,
    )


def resource(arn: str, kind: str, given: Policy | None, **more: Any) -> Resource:
    return Resource(
        arn=arn, kind=kind, account=DATA, scope="data", stack="s", unit=None, policy=given, **more
    )


BY_ARN = {"ArnEquals": {"aws:PrincipalArn": (READER,)}}
ROOT = {"AWS": (f"arn:aws:iam::{ACCOUNT}:root",)}
WORLD = World(
    roles=(
        role(
            READER,
            "workload",
            policy("identity", READER, actions=("s3:GetObject",), resources=(f"{BUCKET}/*",)),
            policy(
                "identity",
                READER,
                actions=("kms:Decrypt",),
                resources=(f"arn:aws:kms:eu-west-1:{DATA}:key/*",),
                condition={
                    "ForAnyValue:StringEquals": {"kms:ResourceAliases": ("alias/data",)},
                    "StringEquals": {"kms:ViaService": ("s3.eu-west-1.amazonaws.com",)},
                },
            ),
            policy(
                "identity",
                READER,
                actions=("sagemaker:DescribeModelPackage",),
                resources=("arn:aws:sagemaker:eu-west-1:*:model-package/churn/*",),
            ),
            trust=policy(
                "trust",
                READER,
                actions=("sts:AssumeRole",),
                principals={"Service": ("sagemaker.amazonaws.com",)},
                condition={"StringEquals": {"aws:SourceOrgID": ("o-1",)}},
            ),
        ),
        role(PERSON, "person"),
    ),
    resources=(
        resource(
            KEY,
            "AWS::KMS::Key",
            policy(
                "resource",
                KEY,
                actions=("kms:Decrypt",),
                resources=("*",),
                principals=ROOT,
                condition=BY_ARN,
            ),
            aliases=("alias/data",),
        ),
        resource(
            BUCKET,
            "AWS::S3::Bucket",
            policy(
                "resource",
                BUCKET,
                actions=("s3:GetObject",),
                resources=(f"{BUCKET}/*",),
                principals=ROOT,
                condition=BY_ARN | {"StringEquals": {"aws:PrincipalOrgID": ("o-1",)}},
            ),
        ),
        resource(
            GROUP,
            "AWS::SageMaker::ModelPackageGroup",
            policy(
                "resource",
                GROUP,
                actions=("sagemaker:DescribeModelPackage",),
                resources=(GROUP.replace("-group", "") + "/*",),
                principals=ROOT,
            ),
        ),
        resource(
            f"arn:aws:ec2:eu-west-1:{DATA}:vpc-endpoint/vpce-1",
            "AWS::EC2::VPCEndpoint",
            policy("resource", "", actions=("*",), resources=("*",), principals={"*": ("*",)}),
        ),
    ),
    service_control={},
    organizations={ACCOUNT: "o-1", DATA: "o-1"},
)
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
PACKAGE = f"arn:aws:sagemaker:eu-west-1:{DATA}:model-package/churn/3"


@pytest.mark.parametrize(
    ("principal", "action", "arn", "context", "allowed"),
    [
        (READER, "s3:GetObject", f"{BUCKET}/a", {}, True),
        (READER, "s3:GetObject", f"{BUCKET}/a", {"aws:PrincipalOrgID": "o-2"}, False),
        (READER, "s3:PutObject", f"{BUCKET}/a", {}, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/x", "s3:GetObject", f"{BUCKET}/a", {}, True),
        (READER, "kms:Decrypt", KEY, VIA_S3, True),
        (READER, "kms:Decrypt", KEY, {}, False),
        (READER, "kms:Decrypt", KEY, {**VIA_S3, "kms:ResourceAliases": ("alias/x",)}, False),
        (READER, "kms:Decrypt", KEY.replace("/data", "/x"), VIA_S3, False),
        (READER, "sagemaker:DescribeModelPackage", PACKAGE, {}, True),
        (READER, "sagemaker:DescribeModelPackage", PACKAGE.replace("churn", "x"), {}, False),
        # somebody whose permissions are not known has all of their own account
        (PERSON, "kms:Decrypt", KEY, VIA_S3, False),
        (PERSON, "sagemaker:DescribeModelPackage", PACKAGE, {}, True),
        (STRANGER, "s3:DeleteObject", f"{BUCKET}/a", {}, True),
        (STRANGER, "kms:Decrypt", KEY, {}, False),
        # a key without a known policy leaves its account the choice
        (STRANGER, "kms:Decrypt", KEY.replace("/data", "/x"), {}, True),
        # the policy of an endpoint is about what is behind it
        (READER, "ec2:DeleteVpcEndpoints", WORLD.resources[-1].arn, {}, False),
        ("sagemaker.amazonaws.com", "sts:AssumeRole", READER, {"aws:SourceAccount": DATA}, True),
        ("sagemaker.amazonaws.com", "sts:AssumeRole", READER, {"aws:SourceAccount": "9"}, False),
        (PERSON, "sts:AssumeRole", READER, {}, False),
        (PERSON, "iam:DeleteRole", READER, {}, True),
        (READER, "sts:AssumeRole", PERSON, {}, False),
    ],
)
def test_evaluate(
    principal: str, action: str, arn: str, context: dict[str, Any], *, allowed: bool
) -> None:
    request = Request(principal=principal, action=action, resource=arn, context=context)
    assert evaluate(request, WORLD).allowed is allowed, why(request, WORLD)


def test_service_control_policies_are_those_of_the_callers_account() -> None:
    region = policy(
        "service_control",
        ACCOUNT,
        effect="Deny",
        actions=("*",),
        resources=("*",),
        condition={"StringNotEquals": {"aws:RequestedRegion": ("us-east-1",)}},
    )
    everything = policy("service_control", ACCOUNT, actions=("*",), resources=("*",))
    request = Request(principal=READER, action="s3:GetObject", resource=f"{BUCKET}/a")
    assert evaluate(request, replace(WORLD, service_control={DATA: ((region,),)})).allowed
    # the region of a bucket is that of everything else
    here = replace(WORLD, service_control={ACCOUNT: ((everything, region),)})
    assert evaluate(request, here).reason.startswith("denied by service_control policy")


def test_why_names_what_nearly_allowed() -> None:
    request = Request(
        principal=READER, action="kms:Decrypt", resource=KEY, context={"kms:ViaService": "sqs"}
    )
    assert why(request, WORLD).splitlines() == [
        f"{READER}: kms:Decrypt on {KEY}: refused",
        "  because: no identity policy allows it",
        "  nearly: identity policy identity, statement 1: StringEquals kms:ViaService is not "
        + "s3.eu-west-1.amazonaws.com but sqs",
    ]
    assert "names other principals" in why(replace(request, principal=STRANGER), WORLD)


def test_decides_ten_thousand_requests_in_a_second(churn: Plan) -> None:
    whole = world(example_spec("churn"), churn)
    requests = [
        Request(principal=role.arn, action=action, resource=resource.arn)
        for role in whole.roles
        for resource in whole.resources
        for action in ("s3:GetObject", "kms:Decrypt")
    ][:10_000]
    assert len(requests) == 10_000
    start = time.process_time()
    for request in requests:
        evaluate(request, whole)
    # measured 0.15 s
    assert time.process_time() - start < 1
