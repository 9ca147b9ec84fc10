"""A deployed project is what was planned, and no planned field escapes the checks."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.stacks.rehearsal.checks import UNCOVERED
from groundplan.stacks.rehearsal.checks.stack_check import GROUPS

STAGING = "churn-staging-churn"
NO_PROPERTY = ("id", "exceptions", "duties", "place")
"""Fields that decide no property: construct ids, acknowledgments, sources of policies."""


def test_everything_planned_exists_on_day_0(deployed: Any) -> None:
    checks = [deployed.check(item) for item in (*deployed.plan.stage_0, *deployed.plan.stacks())]
    assert [mismatch for check in checks for mismatch in check.mismatches] == []
    assert all(check.checked > 10 for check in checks)
    assert sum(check.checked for check in checks) > 1000


def test_everything_planned_exists_after_a_release(released: Any) -> None:
    stack = released.stack("churn-staging-serving-churn")
    check = released.check(stack, STAGING)
    assert check.mismatches == ()
    assert check.checked > 50


def test_fails_when_an_endpoint_serves_before_its_release(released: Any) -> None:
    found = released.check(released.stack("churn-staging-serving-churn")).mismatches
    name = 'churn-staging-serving-churn/Endpoint: name: planned null, found "churn-staging-churn"'
    assert name in found
    assert any("Endpoint: scaling: planned [], found [{" in item for item in found)
    assert any("Endpoint: resources: planned []" in item for item in found)


def test_fails_when_a_released_endpoint_is_missing(released: Any) -> None:
    stack = released.stack("churn-prod-serving-churn")
    found = released.check(stack, stack.endpoint.name).mismatches
    assert ('churn-prod-serving-churn/Endpoint: status: planned "InService", found null') in found


def test_fails_when_an_update_took_another_way_than_planned(released: Any) -> None:
    stack = released.stack("churn-staging-serving-churn")
    rollout = replace(stack.endpoint.rollout, strategy="linear", percent=25)
    changed = replace(stack, endpoint=replace(stack.endpoint, rollout=rollout))
    assert released.check(changed, STAGING).mismatches == (
        'churn-staging-serving-churn/Endpoint: rollout.strategy: planned "LINEAR", found "CANARY"',
        "churn-staging-serving-churn/Endpoint: rollout.percent: planned 25, found 50",
    )


def test_no_planned_field_escapes(released: Any, seen_answers: Any) -> None:
    """Whatever is changed in a plan differs from what is deployed, or is named as uncovered."""
    escaped = []
    seen: set[type] = set()
    for stack in (*released.plan.stacks(), released.stage_0("333333333333")):
        for path, mutant in _mutants(stack, seen):
            name = stack.endpoint.name if hasattr(stack, "endpoint") else ""
            serves = [name] if name == STAGING else []
            found = released.check(mutant, *serves, seen=seen_answers).mismatches
            if not found and not _uncovered(path):
                escaped.append(".".join(path))
    assert not escaped, "\n".join(escaped)
    assert len(seen) > 14


def test_planned_values_that_no_api_shows_are_named(deployed: Any) -> None:
    [stack] = [item for item in deployed.plan.stacks() if item.stack.name == "churn-data-state"]
    found = deployed.check(stack)
    assert "DataBucket retain: no API shows it; the teardown does" in found.uncovered
    assert set(found.uncovered) < set(UNCOVERED)


def _uncovered(path: tuple[str, ...]) -> bool:
    kind = path[0].removesuffix("Plan")
    parts = [".".join(path[1:end]) for end in range(2, len(path) + 1)]
    return any(item.startswith(f"{kind} {part}:") for item in UNCOVERED for part in parts)


def _mutants(stack: Any, seen: set[type]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the stack with one field of one unit changed, each type of unit once."""
    if isinstance(stack, Stage0Plan):
        seen.add(Stage0Plan)
        for path, changed in _changed(stack):
            yield ("Stage0Plan", *path), changed
        return
    for place in fields(stack):
        value = getattr(stack, place.name)
        held = value if isinstance(value, tuple) else (value,)
        for index, unit in enumerate(held):
            for path, changed in _changed_units(unit, seen):
                whole = (*held[:index], changed, *held[index + 1 :])
                new = whole if isinstance(value, tuple) else changed
                yield path, replace(stack, **{place.name: new})


def _changed_units(unit: Any, seen: set[type]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(unit, GROUPS):
        for place in fields(unit):
            inner = getattr(unit, place.name)
            if is_dataclass(inner):
                for path, changed in _changed_units(inner, seen):
                    yield path, replace(unit, **{place.name: changed})
    elif is_dataclass(unit) and _worth(unit) and type(unit) not in seen:
        seen.add(type(unit))
        for path, changed in _changed(unit):
            yield (type(unit).__name__, *path), changed


def _worth(unit: Any) -> bool:
    """Whether this is the one of its type that has the most to show."""
    name = getattr(unit, "name", "")
    if type(unit).__name__ == "DataBucketPlan":
        return unit.access_logs_bucket is not None
    if type(unit).__name__ == "EndpointPlan":
        return bool(name == STAGING)
    if isinstance(unit, StackPlan):
        return unit.policy is not None
    if type(unit).__name__ == "PipelinePlan":
        return bool(unit.schedules and unit.substitutions)
    if type(unit).__name__ == "EventRulePlan":
        return bool(unit.input_paths)
    if type(unit).__name__ == "EventBusPlan":
        return bool(unit.statements)
    return True


def _changed(plan: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield a plan with one field changed, for each field and each field of its parts."""
    for place in fields(plan):
        if place.name in NO_PROPERTY:
            continue
        value = getattr(plan, place.name)
        if is_dataclass(value) and not isinstance(value, PolicyDocument | Ref):
            for path, changed in _changed(value):
                yield (place.name, *path), replace(plan, **{place.name: changed})
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            if place.name != "alarms":  # one alarm more than planned does no harm
                yield (place.name,), replace(plan, **{place.name: value[1:]})
            if not isinstance(value[0], Ref | Statement):
                for path, changed in _changed(value[0]):
                    new = (changed, *value[1:])
                    yield (place.name, *path), replace(plan, **{place.name: new})
        elif value not in ((), None) or "Plan" not in str(place.type):  # other tests have those
            yield (place.name,), replace(plan, **{place.name: _other(value)})


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() if value.startswith("{") and ": <" in value:  # a template of an input
            return value.replace("{", '{"other": "something", ', 1)
        case str() if value.startswith('{"'):
            return json.dumps({**json.loads(value), "other": "something"})
        case str():
            return f"{value}x"
        case None:
            return "something"
        case Ref():
            return Ref(value.unit, "other")
        case PolicyDocument():
            return PolicyDocument(statements=value.statements[1:])
        case tuple():
            return (_other(value[0]), *value[1:]) if value else ("something",)
        case dict():
            return {**value, "other": "something"}
    raise TypeError(f"no other value than {value!r}")
