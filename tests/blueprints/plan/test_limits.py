"""Each limit of AWS that a unit of the plan refuses to exceed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.data_bucket import BucketAccess, plan_data_bucket
from groundplan.blueprints.plan.encryption_key import KeyUse, plan_encryption_key
from groundplan.blueprints.plan.endpoint import plan_endpoint
from groundplan.blueprints.plan.names import LIMITS, Place, name
from groundplan.blueprints.plan.network import plan_network
from groundplan.blueprints.plan.pipeline import plan_pipeline
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.role import Duty, plan_role, service_trust
from groundplan.blueprints.plan.spot_training import plan_ladder

PLACE = Place(account="111111111111", region="eu-west-1")
WORD = st.from_regex(r"[a-z][a-z0-9]{0,11}(-[a-z0-9]{1,12}){0,4}", fullmatch=True)


def role(duties: list[Duty]) -> object:
    return plan_role(
        id="Role",
        role_name="worker",
        place=PLACE,
        path="/",
        description="Works",
        trust=service_trust("sagemaker.amazonaws.com", PLACE, PLACE.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=None,
    )


def duty(index: int, resources: int) -> Duty:
    return Duty(
        id=f"Duty{index}",
        actions=("s3:GetObject",),
        resources=tuple(f"arn:aws:s3:::bucket-{index}-{n}/key" for n in range(resources)),
        reason="test",
    )


@given(st.sampled_from(sorted(LIMITS)), st.lists(WORD, min_size=1, max_size=12))
def test_names_are_short_enough_and_differ_where_they_are_cut(kind: str, parts: list[str]) -> None:
    made = name(kind, *parts)
    assert len(made) <= LIMITS[kind]
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", made)
    if made != "-".join(parts):
        assert made != name(kind, *parts, "x")


def test_duties_fill_several_policies_in_order() -> None:
    planned = role([duty(index, 40) for index in range(12)])
    assert [len(p.document.statements) for p in planned.policies] == [4, 4, 4]  # type: ignore[attr-defined]


def test_fails_on_more_than_ten_policies() -> None:
    with pytest.raises(PlanError, match=r"at most 10 managed policies, got 11; split"):
        role([duty(index, 150) for index in range(11)])


def test_fails_on_a_statement_beyond_a_managed_policy() -> None:
    with pytest.raises(PlanError, match=r"a managed policy of worker \(statement Duty0\)"):
        role([duty(0, 400)])


def test_fails_on_an_unexplained_wildcard() -> None:
    with pytest.raises(ValueError, match="a wildcard needs its reason"):
        role([Duty(id="All", actions=("s3:GetObject",), resources=("*",), reason="test")])


def test_fails_on_a_wildcard_action() -> None:
    with pytest.raises(ValueError, match="actions must be exact"):
        role([Duty(id="All", actions=("s3:*",), resources=("arn:aws:s3:::b",), reason="test")])


def test_fails_on_a_trust_beyond_2048_characters() -> None:
    statement = Statement(
        sid="Assume",
        actions=("sts:AssumeRole",),
        principals={"AWS": [f"arn:aws:iam::111111111111:role/{n:040}" for n in range(40)]},
    )
    with pytest.raises(PlanError, match="the trust policy of worker is at most 2048"):
        plan_role(
            id="Role",
            role_name="worker",
            place=PLACE,
            path="/",
            description="Works",
            trust=PolicyDocument(statements=(statement,)),
            duties=[],
            permissions_boundary=None,
        )


def test_fails_on_a_bucket_policy_beyond_20_kb() -> None:
    roles = tuple(f"arn:aws:iam::111111111111:role/{n:040}" for n in range(300))
    with pytest.raises(PlanError, match="the policy of bucket b is at most 20480 characters"):
        plan_data_bucket(
            name="b",
            place=PLACE,
            encryption_key="arn:aws:kms:eu-west-1:111111111111:key/k",
            access=[BucketAccess(id="Read", roles=roles, actions=("s3:GetObject",))],
        )


def test_fails_on_a_key_policy_beyond_32_kb() -> None:
    roles = tuple(f"arn:aws:iam::111111111111:role/{n:040}" for n in range(500))
    with pytest.raises(PlanError, match="the policy of key k is at most 32768 characters"):
        plan_encryption_key(
            alias="k",
            place=PLACE,
            uses=[KeyUse(id="Use", roles=roles, actions=("kms:Decrypt",), condition={})],
        )


def test_fails_on_a_definition_beyond_a_megabyte() -> None:
    with pytest.raises(PlanError, match="a state machine definition is at most 1048576 bytes"):
        plan_pipeline(
            name="p",
            place=PLACE,
            definition={"Comment": "x" * 1_100_000},
            role=role([duty(0, 1)]),  # type: ignore[arg-type]
            log_group_arn="arn:aws:logs:eu-west-1:111111111111:log-group:p",
            encryption_key_alias="alias/p",
        )


def test_fails_on_a_network_too_small_for_its_zones() -> None:
    with pytest.raises(PlanError, match=r"network.vpc_cidr: must hold a subnet .* 3 zones"):
        plan_network(name="n", place=PLACE, cidr="10.0.0.0/27", zones=3)


def test_fails_on_autoscaling_without_a_target() -> None:
    with pytest.raises(PlanError, match="autoscaling needs the load that one instance carries"):
        plan_endpoint(
            name="e",
            place=PLACE,
            model="m",
            execution_role_arn="arn:aws:iam::111111111111:role/m",
            instance_type="ml.m5.large",
            live_parameter="/live",
            volume_key_alias_arn=None,
            capture_key_alias_arn="arn:aws:kms:eu-west-1:111111111111:alias/k",
            min_instances=1,
            max_instances=2,
        )


def test_fails_on_a_type_that_cannot_train() -> None:
    with pytest.raises(PlanError, match="must be an instance type that can train"):
        plan_ladder(["ml.t2.medium"], spot=True, fallback_on_demand=True)


def test_ladder_ends_on_demand_with_the_preferred_type() -> None:
    ladder = plan_ladder(["ml.m5.xlarge", "ml.g5.xlarge"], spot=True, fallback_on_demand=True)
    assert [(rung.instance_type, rung.spot, rung.volume_key) for rung in ladder] == [
        ("ml.m5.xlarge", True, True),
        ("ml.g5.xlarge", True, False),
        ("ml.m5.xlarge", False, True),
    ]
