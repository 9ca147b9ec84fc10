"""The execution policies against what each type's registry schema says its handlers call."""

from collections import defaultdict

from handler_calls import handlers

from groundplan.blueprints.plan.deployment_policies import HandlerDuty
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0
from groundplan.blueprints.prove.needs import deployment_calls

UNSET, WITHHELD = deployment_calls.NO_PROPERTY, deployment_calls.WITHHELD
BEYOND = {call for calls in deployment_calls.BEYOND.values() for call in calls}


def stage_0(mlflow: str = "app") -> Stage0Plan:
    return plan_stage_0(
        project="churn",
        place=Place(account="111111111111", region="eu-west-1"),
        scopes=("tooling", "data", "prod"),
        endpoints=(("prod", "churn"), ("prod", "sleeper")),
        components=(("prod", "sleeper"),),
        batch=("prod",),
        budgets=("tooling", "prod"),
        model_monitor=(("prod", "churn"),),
        mlflow=(mlflow, "prod"),
    )


def rows() -> list[HandlerDuty]:
    plan = stage_0()
    return [
        *plan.deployment_duties,
        *(
            row
            for row in stage_0("server").deployment_duties
            if "AWS::SageMaker::MlflowTrackingServer" in row.types
        ),
        *(row for rows in plan.serving_duties.values() for row in rows),
    ]


def test_every_call_of_a_handler_is_allowed_or_named_as_left_out() -> None:
    allowed: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        for kind in row.types:
            allowed[kind].update(row.duty.actions)
    missing = {
        kind: handlers()[kind] - actions - set(UNSET.get(kind, "").split())
        - set(WITHHELD.get(kind, "").split())
        for kind, actions in allowed.items()
    }  # fmt: skip
    assert {kind: calls for kind, calls in missing.items() if calls} == {}


def test_what_is_left_out_is_really_called_and_not_allowed() -> None:
    allowed = {
        (kind, action) for row in rows() for kind in row.types for action in row.duty.actions
    }
    for table in (UNSET, WITHHELD):
        for kind, actions in table.items():
            assert set(actions.split()) <= handlers()[kind]
            assert not [action for action in actions.split() if (kind, action) in allowed]


def test_every_allowed_action_is_called_for_a_type_of_its_row() -> None:
    surplus = {
        (row.duty.id, action)
        for row in rows()
        for action in row.duty.actions
        if not any(action in handlers()[kind] for kind in row.types)
    }
    expected = {action for _, action in surplus}
    assert expected - BEYOND - {"iam:PassRole"} == set()
    assert expected >= BEYOND


def test_each_row_names_types_that_exist() -> None:
    known = set(handlers())
    assert {kind for row in rows() for kind in row.types} <= known


def test_every_action_is_exact_and_every_wildcard_has_its_reason() -> None:
    for row in rows():
        assert row.duty.reason
        assert not [action for action in row.duty.actions if "*" in action]
        if any("*" in resource for resource in row.duty.resources):
            assert row.duty.wildcard
