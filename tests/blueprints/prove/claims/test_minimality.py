"""What is allowed beyond need is named with the smallest change that takes it away."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from prove_support import example

from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims.duties_allowed import check as allowed
from groundplan.blueprints.prove.claims.duties_allowed import check_roles as allowed_to
from groundplan.blueprints.prove.claims.minimality import check, check_roles
from groundplan.blueprints.prove.model import PolicyStatement, Role

ACCOUNT = "arn:aws:iam::333333333333:role/groundplan/churn"
TRAINING = f"{ACCOUNT}/churn-prod-churn-training"
DATA = "arn:aws:s3:::churn-data-customers-333333333333"
POLICY = "identity policy churn-prod-churn-training-1, statement"

Change = Callable[[PolicyStatement], PolicyStatement]


def training(sid: str, change: Change) -> tuple[Case, Role]:
    """Return churn's case with one statement of its training role changed, and that role."""
    found = example()
    role = found.role_by_arn[TRAINING]
    policies = tuple(
        replace(
            policy,
            statements=tuple(change(s) if s.sid == sid else s for s in policy.statements),
        )
        for policy in role.policies
    )
    now = replace(role, policies=policies)
    assert now != role, sid
    roles = tuple(now if item.arn == TRAINING else item for item in found.world.roles)
    return Case(found.spec, found.plan, replace(found.world, roles=roles)), now


@pytest.mark.parametrize(
    ("sid", "change", "problem", "fix"),
    [
        (
            "ReadData",
            lambda s: replace(s, actions=(*s.actions, "s3:DeleteObject")),
            f"allows s3:DeleteObject on {DATA}/train/* to {TRAINING}, which no work needs",
            f"remove s3:DeleteObject from the statement, or {TRAINING} if no work of it is left",
        ),
        (
            "ReadData",
            lambda s: replace(s, resources=(f"{DATA}/*",)),
            f"allows s3:GetObject on {DATA}/* to {TRAINING}, and work needs less",
            f"limit it to {DATA}/train/*",
        ),
        (
            "ListData",
            lambda s: replace(s, condition={}),
            (
                f"allows s3:ListBucket on {DATA} to {TRAINING} where no work needs it, since StringLike "
                "s3:prefix is not asked for"
            ),
            "add the condition StringLike s3:prefix train/*",
        ),
        (
            "PutMetrics",
            lambda s: replace(
                s, condition={"StringEquals": {"cloudwatch:namespace": ("AWS/Billing",)}}
            ),
            (
                f"allows cloudwatch:PutMetricData on * to {TRAINING} where no work needs it, since "
                "StringEquals cloudwatch:namespace is AWS/Billing in another way"
            ),
            "add the condition StringEquals cloudwatch:namespace /aws/sagemaker/TrainingJobs",
        ),
        (
            "ReadCheckpoints",
            lambda s: replace(s, resources=(*s.resources, s.resources[0] + "x")),
            (
                "allows s3:GetObject on arn:aws:s3:::churn-prod-work-333333333333/churn/checkpoints/*x, "
                f"which {POLICY} ReadCheckpoints allows already"
            ),
            (
                "remove s3:GetObject on arn:aws:s3:::churn-prod-work-333333333333/churn/checkpoints/*x "
                "from statement ReadCheckpoints"
            ),
        ),
    ],
)
def test_what_is_too_much_is_named_with_the_smallest_fix(
    sid: str, change: Change, problem: str, fix: str
) -> None:
    found, role = training(sid, change)
    [finding] = check_roles(found, [role])
    assert (finding.subject, finding.where) == (TRAINING, f"{POLICY} {sid}")
    assert (finding.problem, finding.fix) == (problem, fix)
    assert finding in check(found).findings


def test_what_is_too_little_is_named_with_the_need_and_its_source() -> None:
    found, role = training("DecryptData", lambda s: replace(s, actions=("kms:DescribeKey",)))
    [finding] = allowed_to(found, [role])
    assert finding.problem == (
        "job of state machine churn-prod-churn-training, state Train 1 create needs kms:Decrypt on "
        "arn:aws:kms:eu-west-1:333333333333:key/churn-data-customers, but no identity policy allows "
        "it"
    )
    assert finding.fix == (
        "allow kms:Decrypt on arn:aws:kms:eu-west-1:333333333333:key/* under StringEquals "
        "kms:ViaService s3.eu-west-1.amazonaws.com, ForAnyValue:StringEquals kms:ResourceAliases "
        "alias/churn-data-customers (S3 User Guide, encryption with KMS keys and S3 Bucket Keys "
        "(2026-11-21))"
    )
    assert finding in allowed(found).findings


def test_a_guard_rail_that_stops_work_is_named() -> None:
    found = example()
    account = "333333333333"
    levels = found.world.service_control[account]
    deny = replace(
        levels[-1][0],
        name="too-much",
        statements=(
            PolicyStatement(
                sid="NoTraining",
                effect="Deny",
                actions=("sagemaker:CreateTrainingJob",),
                resources=("*",),
            ),
        ),
    )
    control = {**found.world.service_control, account: (*levels[:-1], (*levels[-1], deny))}
    world = replace(found.world, service_control=control)
    findings = allowed(Case(found.spec, found.plan, world)).findings
    assert findings
    assert all("denied by service_control policy too-much" in item.problem for item in findings)
