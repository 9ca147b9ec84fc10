"""What the vision example is sized to, and its budgets, exist; each difference is found."""

from dataclasses import replace
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("deployed", ["vision"], indirect=True)
SERVING = "plate-vision-prod-serving-plate-reader"
ENDPOINT = "plate-vision-prod-plate-reader"


def test_the_sized_numbers_are_deployed(sized: Any) -> None:
    stack = sized.stack(SERVING)
    assert sized.check(stack, ENDPOINT).mismatches == ()
    at = sized.client(stack.stack.place)("application-autoscaling")
    which = {"ServiceNamespace": "sagemaker", "ResourceId": f"endpoint/{ENDPOINT}/variant/primary"}
    shown = at.describe_scheduled_actions(**which)["ScheduledActions"]
    assert {item["ScheduledActionName"]: item["ScalableTargetAction"] for item in shown} == {
        item.name: {"MinCapacity": item.min_instances} for item in stack.endpoint.scaling.scheduled
    }
    assert len(shown) > 3
    assert {item["Timezone"] for item in shown} == {"America/New_York"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"max_instances": 13}, "scaling.max_instances: planned 13, found 12"),
        (
            {"target_invocations_per_minute": 1.5},
            "scaling.target_invocations_per_minute: planned 1.5, found 2142.05",
        ),
        (
            {"scale_out_cooldown_seconds": 1},
            "scaling.scale_out_cooldown_seconds: planned 1, found 420",
        ),
        ({"scheduled": ()}, "scaling.scheduled: planned [], found [["),
    ],
)
def test_fails_on_another_size(sized: Any, change: dict[str, Any], expected: str) -> None:
    stack = sized.stack(SERVING)
    scaling = replace(stack.endpoint.scaling, **change)
    [found] = sized.check(
        replace(stack, endpoint=replace(stack.endpoint, scaling=scaling)), ENDPOINT
    ).mismatches
    assert found.startswith(f"{SERVING}/Endpoint: {expected}")


def test_fails_on_another_alarm_of_capacity(sized: Any) -> None:
    stack = sized.stack(SERVING)
    [alarm] = stack.endpoint.capacity_alarms
    endpoint = replace(stack.endpoint, capacity_alarms=(replace(alarm, threshold=1.0),))
    [found] = sized.check(replace(stack, endpoint=endpoint), ENDPOINT).mismatches
    assert found.startswith(f"{SERVING}/Endpoint: capacity_alarms.Capacity.threshold: planned 1.0")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"limit": "1.00"}, "limit: planned 1.0, found 8400.0"),
        ({"name": "other"}, None),
        ({"kind": "USAGE"}, 'kind: planned ["USAGE", "MONTHLY"], found ["COST", "MONTHLY"]'),
        ({"accounts": ()}, "accounts: planned {}, found {"),
        ({"notifications": ()}, "notifications: planned [], found [["),
        ({"unit": "EUR"}, 'unit: planned "EUR", found "USD"'),
    ],
)
def test_fails_on_another_budget(
    deployed: Any, change: dict[str, Any], expected: str | None
) -> None:
    stack = deployed.stack("plate-vision-prod-budgets")
    [budget] = stack.budgets
    assert deployed.check(stack).mismatches == ()
    found = deployed.check(replace(stack, budgets=(replace(budget, **change),))).mismatches
    if expected is None:
        assert len(found) > 3
    else:
        assert [item.startswith(f"{stack.stack.name}/Costs: {expected}") for item in found] == [
            True
        ]
