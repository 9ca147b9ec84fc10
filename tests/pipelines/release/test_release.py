"""Whole releases, executed with services that the tests play."""

from typing import Any

NO_CHANGE = "Nothing was changed."


def test_releases_proves_records_and_tidies_up(world: Any, facts: Any) -> None:
    prod = world()
    output = prod.run(reason="better")

    assert output == {
        "endpoint": "churn-prod-churn",
        "model_package_arn": facts.new,
        "previous": facts.old,
        "config_name": prod.endpoint,
        "approver": facts.ann,
        "approved_at": "2026-11-21T03:00:00Z",
        "skew_cases": 2,
        "repaired": "no",
    }
    assert prod.served == facts.new
    assert prod.live == {"/groundplan/churn/prod/churn/live": facts.new}
    assert prod.locks == {}
    assert prod.rollouts == ["planned"]
    [event] = prod.events
    assert (event["Source"], event["DetailType"]) == ("groundplan.churn", "Release Succeeded")
    assert event["Detail"]["model_package_arn"] == facts.new
    assert event["Detail"]["reason"] == "better"
    [message] = prod.messages
    assert message.startswith("churn: released to prod: Endpoint churn-prod-churn serves ")
    assert "Reason: better." in message


def test_a_first_release_has_nothing_to_shadow(world: Any, facts: Any) -> None:
    prod = world(target_shadow_first=True)
    prod.serve("none", "none")
    output = prod.run()

    assert (output["previous"], prod.served) == ("none", facts.new)
    assert not prod.visited("Shadow update")


def test_a_version_answers_in_the_shadow_before_it_serves(world: Any, facts: Any) -> None:
    prod = world(target_shadow_first=True, target_shadow_seconds=86_400)
    seen: list[Any] = []
    prod.after["Shadow bake look"] = lambda: seen.append(
        (prod.served, prod.parameters["ShadowModelVersion"], dict(prod.locks))
    )
    prod.run()

    [(served, shadow, locks)] = seen
    assert (served, shadow) == (facts.old, facts.new)
    assert locks["release-churn-prod-churn"]["holder"] == {"S": facts.me}
    assert prod.served == facts.new
    assert prod.parameters["ShadowModelVersion"] == "none"
    assert sum(prod.running.waited) >= 86_400
    assert prod.running.path.count("Shadow bake look") <= 152


def test_an_emergency_goes_all_at_once_and_waits_for_nothing(world: Any, facts: Any) -> None:
    prod = world(approval=facts.by_life_cycle, target_shadow_first=True)
    prod.packages[facts.new]["ModelLifeCycle"] = {"Stage": "Staging", "StageStatus": "Approved"}
    output = prod.run(emergency="yes", reason="the old one lies")

    assert prod.served == facts.new
    assert prod.rollouts == ["all_at_once"]
    assert output["approver"] == facts.ann
    assert not prod.visited("ake look") and not prod.visited("Approval look")
    assert prod.visited("Skew invoke")
    assert prod.events[0]["Detail"]["emergency"] == "yes"


def test_an_emergency_too_needs_an_approved_version(world: Any, facts: Any) -> None:
    prod = world()
    prod.packages[facts.new]["ModelApprovalStatus"] = "PendingManualApproval"
    output = prod.run(emergency="yes")

    assert output["Error"] == "ApprovalExpired"
    assert prod.served == facts.old


def test_a_stack_that_has_the_version_already_is_no_error(world: Any, facts: Any) -> None:
    prod = world()
    prod.serve(facts.new, "none")
    config = prod.endpoint
    output = prod.run()

    assert output["config_name"] == config
    assert prod.rollouts == []
    assert prod.detail_types == ["Release Succeeded"]


def test_a_call_that_timed_out_may_have_begun(world: Any, facts: Any, service_error: Any) -> None:
    prod = world()
    update = prod._on_updateStack

    def lost(arguments: dict[str, Any]) -> None:
        if not prod.status.endswith("later"):
            update(arguments)
        raise service_error("States.Timeout", "no answer")

    prod._on_updateStack = lost
    prod.run()

    assert prod.served == facts.new
    assert prod.detail_types == ["Release Succeeded"]
    updates = [given for call, given in prod.running.calls if call.endswith("updateStack")]
    assert len({given["ClientRequestToken"] for given in updates}) == 1 < len(updates)


def test_fails_on_a_model_that_is_not_served_here(world: Any) -> None:
    prod = world()
    output = prod.run(model="fraud")

    assert output["Error"] == "UnknownKey"
    assert "fraud" in output["Cause"] and "churn" in output["Cause"]
    assert NO_CHANGE in prod.messages[0]
    assert prod.detail_types == ["Release Failed"]


def test_fails_on_a_version_of_another_group(world: Any, facts: Any) -> None:
    prod = world()
    other = facts.new.replace("/churn-churn/", "/churn-churn-2/")
    prod.packages[other] = prod.packages[facts.new]
    output = prod.run(version=other)

    assert output["Error"] == "WrongGroup"
    assert output["Cause"] == (
        f"step approved: WrongGroup: version {other} is not of group {facts.group}"
    )
    assert prod.served == facts.old


def test_what_fails_after_the_proof_undoes_nothing(world: Any, facts: Any) -> None:
    prod = world()
    prod.broken["Record"] = "Ssm.AccessDeniedException"
    output = prod.run()

    assert output["Error"] == "RecordFailed"
    assert prod.served == facts.new
    assert prod.events == [] and prod.locks == {}
    assert "The version is served and proved" in prod.messages[0]
    assert f"The endpoint serves now: {facts.new}." in prod.messages[0]


def test_tidying_up_may_fail(world: Any, facts: Any) -> None:
    prod = world()
    prod.broken["Collect endpoint"] = "SageMaker.SageMakerException"
    output = prod.run()

    assert output["model_package_arn"] == facts.new
    assert "Old configs deleted: none, tidying up failed" in prod.messages[0]
