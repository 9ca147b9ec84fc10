"""What starts training: which rules, where, and with what input."""

import json
from typing import Any

import pytest
from tests_support import found

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    DeliveryStackPlan,
    RegistryStackPlan,
    StateStackPlan,
    TriggersStackPlan,
)
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.spec import ProjectSpec

ACCOUNTS = {"tooling": "111111111111", "data": "222222222222", "dev": "333333333333"}
PUSH = {"kind": "push", "repository": "acme/small"}
DATA = {"kind": "data", "dataset": "rows", "debounce_minutes": 5}


def decided(*triggers: dict[str, Any], accounts: dict[str, str] = ACCOUNTS) -> Plan:
    return plan(
        ProjectSpec.model_validate(
            {
                "project": "small",
                "organization": "acme",
                "accounts": accounts,
                "environments": [
                    {"name": "dev", "account": list(accounts)[-1], "region": "eu-west-1"}
                ],
                "network": {"mode": "none"},
                "datasets": [{"name": "rows"}, {"name": "columns"}],
                "models": [
                    {"name": "one", "training": {"dataset": "rows", "image": "first"}},
                    {"name": "two", "training": {"dataset": "columns", "image": "second"}},
                ],
                "pipelines": {"triggers": list(triggers)},
                "delivery": {"repository": "acme/small"},
            }
        )
    )


def rules(decided: Plan, kind: type = TriggersStackPlan) -> dict[str, EventRulePlan]:
    stacks = [stack for stack in decided.stacks() if isinstance(stack, kind)]
    return {rule.name: rule for stack in stacks for rule in found(stack, EventRulePlan)}


def test_nothing_is_made_without_triggers() -> None:
    none = decided()
    assert not [s for s in none.stacks() if isinstance(s, (TriggersStackPlan, DeliveryStackPlan))]


def test_a_schedule_needs_no_event() -> None:
    only = decided({"kind": "schedule", "cron": "0 3 * * MON"})
    assert not rules(only) and not rules(only, DeliveryStackPlan)


@pytest.mark.parametrize("accounts", [ACCOUNTS, {"dev": "333333333333"}])
def test_a_push_trains_the_models_whose_image_was_built(accounts: dict[str, str]) -> None:
    pushed = decided(PUSH, accounts=accounts)
    tooling = accounts.get("tooling", "333333333333")
    [forward] = rules(pushed, DeliveryStackPlan).values()
    assert forward.bus_name is None
    assert forward.arn.split(":")[4] == tooling
    assert forward.target_arn == "arn:aws:events:eu-west-1:333333333333:event-bus/small-dev-events"
    starts = rules(pushed)
    assert list(starts) == ["small-dev-one-push", "small-dev-two-push"]
    for image, rule in zip(("first", "second"), starts.values(), strict=True):
        pattern: Any = rule.event_pattern
        assert pattern["detail"]["project-name"] == [f"small-image-{image}"]
        assert pattern["account"] == [tooling]
        assert rule.bus_name == "small-dev-events"
        assert rule.input_template == '{"code_version": <code_version>}'
    assert [rule.target_arn.rpartition(":")[2] for rule in starts.values()] == [
        "small-dev-one-training",
        "small-dev-two-training",
    ]


def test_data_starts_only_what_is_trained_on_it() -> None:
    arriving = decided(DATA)
    [forward] = rules(arriving, DeliveryStackPlan).values()
    pattern: Any = forward.event_pattern
    assert pattern["detail"]["bucket"] == {"name": ["small-data-rows-222222222222"]}
    [start] = rules(arriving).values()
    machines = {item.arn: item for item in found(arriving, PipelinePlan)}
    arrival = machines[start.target_arn]
    assert arrival.name == "small-dev-one-arrival"
    waits = [
        s["Seconds"] for s in json.loads(arrival.definition)["States"].values() if "Seconds" in s
    ]
    assert 300 in waits
    [call] = [duty for duty in arrival.role.duties if duty.id == "CallStart"]
    training = next(arn for arn, item in machines.items() if item.name == "small-dev-one-training")
    assert (call.actions, call.resources) == (("states:StartExecution",), (training,))


def test_the_bus_lets_exactly_the_forwarding_roles_of_other_accounts() -> None:
    both = decided(PUSH, DATA)
    senders = {rule.role.arn for rule in rules(both, DeliveryStackPlan).values()}
    [state] = [stack for stack in both.stacks() if isinstance(stack, StateStackPlan)]
    named = {
        role
        for statement in state.bus.statements
        for role in statement.condition["ArnEquals"]["aws:PrincipalArn"]  # type: ignore[union-attr]
    }
    assert len(senders) == 2
    assert named == senders
    alone = decided(PUSH, DATA, accounts={"dev": "333333333333"})
    [own] = [stack for stack in alone.stacks() if isinstance(stack, StateStackPlan)]
    assert own.bus.statements == ()


def test_keys_admit_the_queues_of_undelivered_events() -> None:
    both = decided(PUSH, DATA)

    def admits(policy: Any) -> bool:
        return any(
            statement.principals == {"Service": "events.amazonaws.com"}
            for statement in policy.statements
        )

    for stack in both.stacks():
        if isinstance(stack, (RegistryStackPlan, StateStackPlan)):
            assert admits(stack.key.policy)
        if isinstance(stack, DataStateStackPlan):
            assert [admits(item.key.policy) for item in stack.datasets] == [True, False]


def test_one_account_with_every_trigger_has_names_of_its_own() -> None:
    alone = decided(PUSH, DATA, accounts={"dev": "333333333333"})
    arns = [rule.arn for rule in found(alone, EventRulePlan)]
    queues = [queue.arn for queue in found(alone, UndeliveredEventsPlan)]
    assert len(arns) == len(set(arns)) == 5
    assert len(queues) == len(set(queues)) == 3
    [stage_0] = alone.stage_0
    passed = [item.duty for item in stage_0.deployment_duties if "AWS::Events::Rule" in item.types]
    assert any("events:PutRule" in duty.actions for duty in passed)


def test_an_account_that_only_holds_data_may_forward_its_events() -> None:
    quiet, loud = decided(), decided(DATA)
    for planned, may in ((quiet, False), (loud, True)):
        stage_0 = next(item for item in planned.stage_0 if item.scopes == ("data",))
        actions = {a for item in stage_0.deployment_duties for a in item.duty.actions}
        assert ("events:PutRule" in actions) == may
        assert ("iam:CreateRole" in actions) == may
