"""Releases to one endpoint exclude each other."""

from typing import Any

import pytest

from groundplan.pipelines import Pipeline, definition
from groundplan.pipelines.steps import AcquireLock, ReleaseLock
from groundplan.pipelines.values import Either, TextOutput

LOCK = "release-churn-prod-churn"
OTHER = "arn:aws:states:eu-west-1:333333333333:execution:churn-prod-release:run-2"


def held(by: str, until: str) -> dict[str, Any]:
    return {LOCK: {"holder": {"S": by}, "expires_at": {"N": until}}}


def test_the_second_of_two_releases_waits_for_the_first(world: Any, facts: Any) -> None:
    prod = world()
    seconds: list[Any] = []

    def race() -> None:
        """Another execution begins while this one deploys."""
        second = world()
        second.locks = prod.locks
        seconds.extend([second.run(OTHER), second])

    prod.after["Deploy look"] = race
    prod.run()

    output, second = seconds
    assert output["Error"] == "Locked"
    assert output["Cause"] == (
        f"step lock: Locked: another execution holds lock {LOCK} of table churn-prod-locks, "
        "after 3600 s of waiting"
    )
    assert second.served == facts.old and second.rollouts == []
    assert prod.served == facts.new and prod.locks == {}


def test_a_lock_that_comes_free_is_taken(world: Any, facts: Any) -> None:
    prod = world()
    prod.locks = held(OTHER, facts.far)
    prod.after["Lock take"] = lambda: prod.after.update({"Lock take": prod.locks.clear})
    prod.run()

    assert prod.served == facts.new
    assert prod.running.path.count("Lock take") == 2


def test_a_lease_that_is_over_is_taken_over(world: Any, facts: Any) -> None:
    prod = world()
    prod.locks = held(OTHER, "1000000000")
    prod.run()

    assert prod.served == facts.new and prod.locks == {}


def test_whoever_lost_the_lease_touches_nothing_more(world: Any, facts: Any) -> None:
    prod = world()
    prod.after["Renew take"] = lambda: prod.locks.update(held(OTHER, facts.far))
    output = prod.run()

    assert output["Error"] == "Locked"
    assert prod.rollouts == [] and not prod.visited("Rollback update")
    assert prod.locks[LOCK]["holder"]["S"] == OTHER
    assert "Rolled back to: nothing." in prod.messages[0]


def test_an_emergency_goes_before_another_release(world: Any, facts: Any) -> None:
    prod = world(target_shadow_first=True)
    newest = facts.new.replace("/2", "/3")
    prod.packages[newest] = prod.packages[facts.new]
    ends: list[Any] = []

    def interrupt() -> None:
        first = prod.running
        ends.append(prod.run(OTHER, version=newest, emergency="yes"))
        prod.running = first

    prod.after["Shadow bake look"] = interrupt
    output = prod.run()

    assert ends[0]["model_package_arn"] == newest
    assert output["Error"] == "Locked" and "step renew: " in output["Cause"]
    assert prod.served == newest and prod.live["/groundplan/churn/prod/churn/live"] == newest
    assert prod.parameters["ShadowModelVersion"] == "none" and prod.locks == {}


def test_a_failed_release_does_not_roll_back_over_the_next_one(world: Any, facts: Any) -> None:
    prod = world()
    prod.answers = lambda body: "wrong"
    prod.after["Skew read"] = lambda: prod.locks.update(held(OTHER, facts.far))
    output = prod.run()

    assert output["Error"] == "SkewFound"
    assert prod.served == facts.new and not prod.visited("Rollback update")
    assert f"The endpoint serves now: {facts.new}." in prod.messages[0]


def test_a_lock_that_was_somebody_elses_in_between_is_lost(world: Any, facts: Any) -> None:
    prod = world()
    prod.answers = lambda body: "wrong"
    prod.after["Skew read"] = prod.locks.clear
    output = prod.run()

    assert output["Error"] == "SkewFound"
    assert not prod.visited("Rollback update")


@pytest.mark.parametrize(("until", "acquired"), [("1", "yes"), ("9999999999", "no")])
def test_a_cool_down_lets_one_through(world: Any, machine: Any, until: str, acquired: str) -> None:
    services = world()
    services.locks = {"cool-down-churn": {"holder": {"S": OTHER}, "expires_at": {"N": until}}}
    pipeline = Pipeline(
        name="p",
        steps=(
            AcquireLock(
                id="cool",
                required=False,
                table_name="locks",
                lock_id="cool-down-churn",
                lease_seconds=86_400,
                wait_seconds=0,
            ),
            ReleaseLock(id="back", table_name="locks", lock_id="other", after=("cool",)),
        ),
        outputs=(
            ("acquired", Either(TextOutput("cool", "acquired"), "?")),
            ("released", TextOutput("back", "released")),
        ),
        timeout_seconds=60,
    )
    built = {"putItem": services._on_putItem, "deleteItem": services._on_deleteItem}

    output = machine(definition(pipeline), built).run()
    assert output == {"acquired": acquired, "released": "no"}
