"""Widenings of every kind, planted in the plan of an example."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.diff import PermissionDiff, compare_permissions
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.spec import ProjectSpec

Json = dict[str, Any]
Edit = Callable[[Json], None]

JOB = "prod/training/ChurnTraining/TrainingRole"
BUCKET = "data/data-state/CustomersBucket"
OUTSIDER = "arn:aws:iam::999999999999:role/outsider"


@pytest.fixture(scope="module")
def stored() -> Json:
    found: Json = to_json(plan(example_spec("churn")))
    return found


@pytest.fixture
def planted(stored: Json) -> Callable[[Edit], PermissionDiff]:
    def compare(edit: Edit) -> PermissionDiff:
        new = copy.deepcopy(stored)
        edit(new)
        return compare_permissions(stored, new)

    return compare


def units(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from units(item)


def unit(plan: Json, kind: str, ending: str) -> Json:
    return next(
        item
        for item in units(plan)
        if item.get("$type") == kind and str(item.get("name", "")).endswith(ending)
    )


def training_role(plan: Json) -> Json:
    return unit(plan, "Role", "prod-churn-training")


def bucket(plan: Json) -> Json:
    return unit(plan, "DataBucket", "churn-data-customers-333333333333")


def statement(holder: Json, sid: str) -> Json:
    return next(
        item
        for item in units(holder)
        if item.get("$type") == "Statement" and item.get("sid") == sid
    )


def allowed(plan: Json, **values: Any) -> Json:
    return {
        "$type": "Statement",
        "sid": "Planted",
        "effect": "Allow",
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::churn-data-customers-333333333333/*"],
        "principals": None,
        "condition": {},
        "not_actions": [],
        **values,
    }


def job_statements(plan: Json) -> list[Json]:
    found: list[Json] = training_role(plan)["policies"][0]["document"]["statements"]
    return found


def test_an_unchanged_plan_has_no_differences(stored: Json) -> None:
    assert not compare_permissions(stored, copy.deepcopy(stored))


def test_a_new_action_is_named_with_role_resource_and_condition(
    planted: Callable[[Edit], PermissionDiff],
) -> None:
    extra = {"actions": ["s3:DeleteObject"], "condition": {"Bool": {"aws:SecureTransport": True}}}
    [found] = planted(lambda p: job_statements(p).append(allowed(p, **extra))).widened
    assert (found.subject, found.kind, found.change) == (JOB, "identity", "allowed")
    assert found.actions == ("s3:DeleteObject",)
    assert found.resources == ("arn:aws:s3:::churn-data-customers-333333333333/*",)
    assert found.condition == "Bool aws:SecureTransport true"


@pytest.mark.parametrize("wider", ["*", "arn:aws:s3:::*", "arn:aws:s3:::somebody-else/*"])
def test_a_wider_resource(planted: Callable[[Edit], PermissionDiff], wider: str) -> None:
    def edit(plan: Json) -> None:
        reading = next(s for s in job_statements(plan) if "s3:GetObject" in s["actions"])
        reading["resources"] = [wider]

    result = planted(edit)
    assert {item.subject for item in result.widened} == {JOB}
    assert all(item.resources == (wider,) for item in result.widened)
    assert result.refused() == (JOB,)
    assert result.refused([JOB]) == ()


def test_a_dropped_condition(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        next(s for s in job_statements(plan) if s["condition"])["condition"] = {}

    result = planted(edit)
    assert {(item.subject, item.condition) for item in result.widened} == {(JOB, "")}
    assert not result.narrowed


def test_another_value_of_a_condition_is_told_without_those_that_were_there(
    planted: Callable[[Edit], PermissionDiff],
) -> None:
    insider = "arn:aws:iam::333333333333:role/insider"

    def edit(plan: Json) -> None:
        admitting = next(s for s in bucket(plan)["policy"]["statements"] if s["effect"] == "Allow")
        admitting["condition"]["ArnEquals"]["aws:PrincipalArn"].append(insider)

    [found] = planted(edit).widened
    assert (found.subject, found.kind) == (BUCKET, "resource")
    assert found.condition == f"ArnEquals aws:PrincipalArn {insider}"


def test_a_wider_trust(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        training_role(plan)["trust"]["statements"][0]["principals"] = {
            "Service": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]
        }

    [found] = planted(edit).widened
    assert (found.subject, found.kind) == (JOB, "trust")
    assert found.principals == ("Service lambda.amazonaws.com",)


def test_a_denial_that_is_gone(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        policy = bucket(plan)["policy"]
        policy["statements"] = [s for s in policy["statements"] if s["sid"] != "DenyPlainHttp"]

    result = planted(edit)
    assert {(item.subject, item.change) for item in result.widened} == {
        (BUCKET, "no longer denied")
    }


def test_a_denial_with_another_exception(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        outside = statement(bucket(plan), "DenyOutsideOrganization")
        outside["condition"]["StringNotEqualsIfExists"]["aws:PrincipalOrgID"] = [
            "o-a1b2c3d4e5",
            "o-zzzzzzzzzz",
        ]

    assert {item.change for item in planted(edit).widened} == {"no longer denied"}


def test_a_wider_boundary(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        boundary = plan["stage_0"][2]["boundary"]["document"]["statements"]
        boundary.append(allowed(plan, actions=["iam:CreateUser"], resources=["*"]))

    [found] = planted(edit).widened
    assert (found.subject, found.kind) == ("stage-0/333333333333/boundary", "boundary")


def test_a_role_without_its_boundary(planted: Callable[[Edit], PermissionDiff]) -> None:
    [found] = planted(lambda p: training_role(p).update(permissions_boundary=None)).widened
    assert (found.subject, found.change) == (JOB, "unbounded")


def test_a_role_under_somebody_else_s_boundary(planted: Callable[[Edit], PermissionDiff]) -> None:
    other = "arn:aws:iam::333333333333:policy/theirs"
    [found] = planted(lambda p: training_role(p).update(permissions_boundary=other)).widened
    assert found.change == "bounded by another policy" and other in found.resources


def test_a_wider_deployer(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        for item in units(plan["stage_0"][1]["bootstrap"]):
            if item.get("$type") == "ManagedPolicy":
                wide = allowed(plan, actions=["iam:*"], resources=["*"])
                item["document"]["statements"].append(wide)

    found = planted(edit).widened
    assert "stage-0/222222222222/CloudFormationExecutionRole" in {item.subject for item in found}
    assert {item.actions for item in found} == {("iam:*",)}


EXCEPTED = ["cloudtrail:*", "iam:*"]


def guard_rails() -> Json:
    return {
        "policies": [
            {
                "targets": ["222222222222", "333333333333"],
                "rails": [
                    {"statement": allowed({}, effect="Deny", actions=["cloudtrail:StopLogging"])},
                    {"statement": allowed({}, effect="Deny", actions=[], not_actions=EXCEPTED)},
                ],
            }
        ]
    }


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda rails: rails["policies"][0]["rails"].pop(0), {"no longer denied"}),
        (lambda rails: rails["policies"][0]["targets"].pop(0), {"unbounded"}),
        (lambda rails: rails["policies"].clear(), {"unbounded"}),
        (
            lambda rails: rails["policies"][0]["rails"][1]["statement"].update(
                not_actions=[*EXCEPTED, "s3:*"]
            ),
            {"no longer denied"},
        ),
    ],
)
def test_a_guard_rail_that_is_gone(
    stored: Json, edit: Callable[[Json], Any], expected: set[str]
) -> None:
    old, new = ({**stored, "guard_rails": guard_rails()} for _ in range(2))
    edit(new["guard_rails"])
    found = compare_permissions(old, new)
    assert {item.change for item in found.widened} == expected
    assert not compare_permissions(new, old).widened


def test_moves_splits_and_merges_are_no_change(planted: Callable[[Edit], PermissionDiff]) -> None:
    def edit(plan: Json) -> None:
        policies = training_role(plan)["policies"]
        parts: list[Json] = []
        for item in policies[0]["document"]["statements"]:
            for action in item["actions"]:
                for resource in item["resources"]:
                    one = {**item, "sid": f"S{len(parts)}", "actions": [action]}
                    parts.append({**one, "resources": [resource]})
        policies.insert(0, copy.deepcopy(policies[0]))
        policies[0]["document"]["statements"] = parts[::2]
        policies[1]["document"]["statements"] = parts[1::2]

    assert not planted(edit)


def test_what_a_wildcard_covered_before_is_no_widening(
    planted: Callable[[Edit], PermissionDiff],
) -> None:
    def edit(plan: Json) -> None:
        for item in job_statements(plan):
            item["resources"] = [
                f"{r.removesuffix('*')}2026/*" if r.endswith("/*") else r for r in item["resources"]
            ]

    result = planted(edit)
    assert not result.widened and result.narrowed


def changed(edit: Callable[[Json], None]) -> PermissionDiff:
    spec = example_spec("churn")
    whole = spec.model_dump(mode="json", exclude_unset=True)
    edit(whole)
    return compare_permissions(
        to_json(plan(spec)), to_json(plan(ProjectSpec.model_validate(whole)))
    )


def test_a_renamed_model_brings_new_roles_and_no_widening() -> None:
    result = changed(lambda spec: spec["models"][0].update(name="attrition"))
    assert result.widened == ()
    assert "prod/training/AttritionTraining/TrainingRole" in result.refused()
    assert result.reaching_new and result.narrowed
    assert len(result.newcomers) < 25


def test_a_new_writer_of_data_is_a_widening() -> None:
    result = changed(lambda spec: spec["datasets"][0]["writers"].append(OUTSIDER))
    assert {item.subject for item in result.widened} == {
        "data/data-state/CustomersBucket",
        "data/data-state/CustomersKey",
    }
    assert all(OUTSIDER in item.condition for item in result.widened)


def test_a_new_size_changes_no_permission() -> None:
    def edit(spec: Json) -> None:
        spec["models"][0]["serving"]["instances"]["max"] = 6

    assert not changed(edit)


def test_a_name_of_a_new_resource_hides_nobody_else_s_resource(
    planted: Callable[[Edit], PermissionDiff],
) -> None:
    """What only looks like something new of the project is a widening all the same."""

    def edit(plan: Json) -> None:
        bucket(plan)["name"] = "brand-new"
        job_statements(plan).append(
            allowed(
                plan,
                resources=[
                    "arn:aws:s3:::somebody-else/brand-new/*",
                    "arn:aws:sqs:eu-west-1:999999999999:brand-new",
                    "arn:aws:s3:::brand-new/*",
                ],
                actions=["s3:PutObject"],
            )
        )

    result = planted(edit)
    assert [item.resources for item in result.widened if item.subject == JOB] == [
        ("arn:aws:s3:::somebody-else/brand-new/*", "arn:aws:sqs:eu-west-1:999999999999:brand-new")
    ]
    assert [item.resources for item in result.reaching_new] == [("arn:aws:s3:::brand-new/*",)]
