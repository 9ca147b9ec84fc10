"""Releases that fail in all the ways that AWS knows, and what the endpoint serves then."""

from typing import Any

import pytest

from groundplan.pipelines import PipelineError, release_pipeline


def assert_undone(prod: Any, facts: Any) -> None:
    assert prod.served == facts.old
    assert prod.parameters == {"ModelVersion": facts.old, "ShadowModelVersion": "none"}
    assert prod.status == "UPDATE_COMPLETE" or "ROLLBACK_COMPLETE" in prod.status
    assert prod.locks == {} and prod.live == {}
    assert prod.detail_types == ["Release Failed"]
    assert prod.events[0]["Detail"]["rolled_back_to"] == facts.old
    [message] = prod.messages
    assert message.startswith("churn: release to prod FAILED: ")
    assert f"Rolled back to: {facts.old}. The endpoint serves now: {facts.old}." in message


def test_an_update_that_a_guardrail_takes_back_in_silence_has_failed(
    world: Any, facts: Any
) -> None:
    prod = world()
    prod.updates = ["silent"]
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert output["Cause"] == (
        f"step deploy: RolledBack: endpoint churn-prod-churn serves {facts.old} by config config-1 "
        f"(InService) instead of {facts.new}; stack churn-prod-serving-churn is UPDATE_COMPLETE"
    )
    assert prod.rollouts == ["planned", "all_at_once"]
    assert_undone(prod, facts)


def test_an_update_that_the_stack_takes_back_has_failed(world: Any, facts: Any) -> None:
    prod = world()
    prod.updates = ["rolled back"]
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert "is UPDATE_ROLLBACK_COMPLETE" in output["Cause"]
    assert prod.rollouts == ["planned"]
    assert_undone(prod, facts)


def test_an_endpoint_that_is_not_in_service_has_not_been_released(world: Any, facts: Any) -> None:
    prod = world()
    prod.after["Deploy look"] = lambda: setattr(prod, "endpoint_status", "UpdateRollbackFailed")
    prod.after["Rollback look"] = lambda: setattr(prod, "endpoint_status", "InService")
    output = prod.run()

    assert "(UpdateRollbackFailed) instead of" in output["Cause"]
    assert_undone(prod, facts)


def test_a_stack_that_is_stuck_before_the_release_is_repaired(world: Any, facts: Any) -> None:
    prod = world()
    prod.status = "UPDATE_ROLLBACK_FAILED"
    prod.continues = ["stuck"]
    output = prod.run()

    assert output["repaired"] == "yes"
    assert prod.running.path.count("Repair continue") == 2
    assert prod.served == facts.new


def test_a_rollback_that_fails_itself_is_continued(world: Any, facts: Any) -> None:
    prod = world()
    prod.updates, prod.continues = ["stuck"], ["stuck", "stuck"]
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert "is UPDATE_ROLLBACK_FAILED" in output["Cause"]
    assert prod.running.path.count("Mend continue") == 3
    assert_undone(prod, facts)


def test_a_rollback_that_never_works_is_told(world: Any, facts: Any) -> None:
    prod = world()
    prod.updates, prod.continues = ["stuck"], ["stuck"] * 3
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert prod.status == "UPDATE_ROLLBACK_FAILED"
    assert prod.running.path.count("Mend continue") == 3
    assert "Rolled back to: nothing" in prod.messages[0]
    assert f"The endpoint serves now: {facts.old}." in prod.messages[0]
    assert prod.locks == {}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("UPDATE_ROLLBACK_FAILED", "RollbackFailed"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "StackBusy"),
        ("DELETE_FAILED", "StackBeyondRepair"),
        ("REVIEW_IN_PROGRESS", "StackBeyondRepair"),
        ("ROLLBACK_COMPLETE", "StackBeyondRepair"),
    ],
)
def test_a_stack_that_nobody_can_repair_ends_the_release(
    world: Any, facts: Any, status: str, error: str
) -> None:
    prod = world()
    prod.status, prod.continues = status, ["stuck"] * 6
    output = prod.run()

    assert output["Error"] == error
    assert f"stack churn-prod-serving-churn is {status}" in output["Cause"]
    assert prod.served == facts.old and prod.locks == {}


def test_waits_for_a_deployment_that_is_under_way(world: Any, facts: Any) -> None:
    prod = world()
    prod.status = "UPDATE_COMPLETE later"
    output = prod.run()

    assert output["repaired"] == "no"
    assert prod.running.path.count("Repair look") == 2
    assert prod.served == facts.new


def test_an_update_that_is_refused_is_told(world: Any, facts: Any) -> None:
    prod = world()
    prod.broken["Deploy update"] = "CloudFormation.AccessDeniedException"
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert output["Cause"].endswith("; CloudFormation.AccessDeniedException: it does not work")
    assert_undone(prod, facts)


def test_an_update_that_never_ends_is_given_up(world: Any, facts: Any) -> None:
    prod = world()
    prod.after["Deploy look"] = lambda: setattr(prod, "status", "UPDATE_IN_PROGRESS")
    prod.after["Mend look"] = lambda: setattr(prod, "status", "UPDATE_COMPLETE")
    output = prod.run()

    assert output["Error"] == "UpdateTimedOut"
    assert_undone(prod, facts)


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        ({"predictions": [0.2500004]}, "answer.predictions[0] is 0.2500004 instead of 0.25"),
        ({"predictions": [0.25, 1]}, "answer.predictions has 2 items instead of 1"),
        ({"predictions": ["0.25"]}, "answer.predictions[0] is 0.25 instead of 0.25"),
        ({"predictions": [0.25], "note": "x"}, "answer.note is x instead of missing"),
        ({}, "answer.predictions is missing instead of [0.25]"),
        ("broken", 'answer is broken instead of {"predictions":[0.25]}'),
    ],
)
def test_a_version_that_answers_otherwise_is_rolled_back(
    world: Any, facts: Any, answer: Any, difference: str
) -> None:
    prod = world(tolerance=1e-7)
    right = prod.answers
    prod.answers = lambda body: answer if body["instances"] == [{"age": 30}] else right(body)
    output = prod.run()

    assert output["Error"] == "SkewFound"
    assert output["Cause"] == f"step skew: SkewFound: 1 of 2 cases differ: case 1: {difference}"
    assert prod.rollouts == ["planned", "all_at_once"]
    assert_undone(prod, facts)


def test_answers_within_the_tolerance_are_the_same(world: Any, facts: Any) -> None:
    prod = world()
    prod.answers = lambda body: (
        {"predictions": [0.2500004]}
        if body["instances"] == [{"age": 30}]
        else {"predictions": [[1.0, 0.75], None]}
    )
    prod.run()

    assert prod.served == facts.new


def test_an_endpoint_that_does_not_answer_is_rolled_back(world: Any, facts: Any) -> None:
    prod = world()
    prod.broken["Skew invoke"] = "SageMakerRuntime.ModelErrorException"
    output = prod.run()

    assert output["Cause"] == (
        "step skew: SkewFound: 2 of 2 cases differ: case 1 is not answered: "
        "SageMakerRuntime.ModelErrorException: it does not work; case 2 is not answered: "
        "SageMakerRuntime.ModelErrorException: it does not work"
    )
    assert_undone(prod, facts)


@pytest.mark.parametrize("cases", [0, 21])
def test_a_version_without_usable_cases_is_rolled_back(world: Any, facts: Any, cases: int) -> None:
    prod = world()
    prod.cases = facts.cases | {"cases": facts.cases["cases"][:1] * cases}
    output = prod.run()

    assert output["Error"] == "NoCases"
    assert f"must hold 1 to 20 cases, got {cases}" in output["Cause"]
    assert_undone(prod, facts)


@pytest.mark.parametrize(
    ("uri", "told"), [("", "none"), ("s3://other/c.json", "s3://other/c.json")]
)
def test_a_version_without_cases_of_its_own_is_rolled_back(
    world: Any, facts: Any, uri: str, told: str
) -> None:
    prod = world()
    prod.packages[facts.new]["CustomerMetadataProperties"] = {"groundplan.cases_uri": uri}
    output = prod.run()

    assert output["Cause"] == (
        f"step skew: NoCases: the version has no stored cases below s3://models/: {told}"
    )
    assert_undone(prod, facts)


def test_an_alarm_while_it_bakes_rolls_back(world: Any, facts: Any) -> None:
    prod = world()
    prod.after["Bake look"] = lambda: prod.after.update(
        {"Bake look": lambda: prod.alarms.update({facts.alarms[1]: "ALARM"})}
    )
    output = prod.run()

    assert output["Error"] == "AlarmInBake"
    assert output["Cause"] == f"step bake: AlarmInBake: in alarm: {facts.alarms[1]}"
    assert prod.running.path.count("Bake look") == 2
    assert_undone(prod, facts)


def test_an_alarm_in_the_shadow_takes_the_shadow_away(world: Any, facts: Any) -> None:
    prod = world(target_shadow_first=True)
    prod.alarms[facts.alarms[0]] = "ALARM"
    output = prod.run()

    assert output["Error"] == "AlarmInBake"
    assert prod.rollouts == ["planned", "all_at_once"]
    assert_undone(prod, facts)


def test_an_alarm_that_is_not_there_watches_nothing(world: Any, facts: Any) -> None:
    prod = world()
    del prod.alarms[facts.alarms[0]]
    output = prod.run()

    assert output["Cause"] == f"step bake: AlarmMissing: no alarm: {facts.alarms[0]}"
    assert_undone(prod, facts)


def test_bakes_for_as_long_as_it_is_told_without_alarms_too(world: Any) -> None:
    for alarms in ((), ("churn-prod-churn-errors",)):
        prod = world(target_alarm_names=alarms, target_bake_seconds=150)
        prod.run()

        assert prod.running.waited[-3:] == [60, 60, 30]
        assert prod.visited("Bake look") == bool(alarms)


def test_a_failed_first_release_is_removed_but_not_in_production(world: Any, facts: Any) -> None:
    staging, production = world(stage="staging"), world()
    for place in (staging, production):
        place.serve("none", "none")
        place.answers = lambda body: "wrong"
        assert place.run()["Error"] == "SkewFound"
        assert place.locks == {}

    assert staging.served == "none"
    assert "Rolled back to: none. The endpoint serves now: none." in staging.messages[0]
    assert production.served == facts.new
    assert (
        f"Rolled back to: nothing. The endpoint serves now: {facts.new}. Without an earlier version "
        "an endpoint in production is left as it is."
    ) in production.messages[0]


def test_fails_on_two_endpoints_of_one_model(world: Any) -> None:
    settings = world().settings
    for targets, got in (((), "'none'"), (settings.targets * 2, "'churn, churn'")):
        with pytest.raises(PipelineError) as caught:
            release_pipeline(type(settings)(**_fields(settings) | {"targets": targets}))

        assert str(caught.value) == (
            "settings.targets: a release machine needs endpoints, one for each model, "
            f"got {got}; name every model once"
        )


@pytest.mark.parametrize("names", [("a",) * 101, ("a,b",)])
def test_fails_on_alarms_that_cannot_be_watched(world: Any, names: tuple[str, ...]) -> None:
    with pytest.raises(PipelineError) as caught:
        release_pipeline(world(target_alarm_names=names).settings)

    assert str(caught.value) == (
        "settings.targets[churn].alarm_names: must be at most 100 names without a comma, "
        f"got {len(names)}; watch a composite alarm over them, or rename it"
    )


def _fields(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in type(settings).__dataclass_fields__}
