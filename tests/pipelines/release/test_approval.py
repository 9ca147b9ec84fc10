"""Who may approve a release, and what happens when nobody does."""

from dataclasses import replace
from typing import Any

import pytest

from groundplan.pipelines import PipelineError, definition, release_pipeline

MALLORY = "arn:aws:sts::111111111111:assumed-role/developer/mallory"
LOOK = "Approval look"


def written(by: str) -> dict[str, Any]:
    return {"IamIdentity": {"Arn": by}}


def stage(name: str, status: str) -> dict[str, str]:
    return {"Stage": name, "StageStatus": status}


def test_waits_for_the_life_cycle_stage_and_keeps_the_approver(world: Any, facts: Any) -> None:
    prod = world(approval=facts.by_life_cycle)
    package = prod.packages[facts.new]
    package |= {"ModelLifeCycle": stage("Staging", "Approved"), "LastModifiedBy": written(MALLORY)}

    def approve() -> None:
        package["ModelLifeCycle"] = stage("Production", "Approved")
        package["LastModifiedBy"] = written(facts.ann)
        package["LastModifiedTime"] = "2026-11-21T09:30:00Z"

    prod.after[LOOK] = lambda: prod.after.update({LOOK: approve})
    output = prod.run()

    assert prod.running.path.count(LOOK) == 2
    assert (output["approver"], output["approved_at"]) == (facts.ann, "2026-11-21T09:30:00Z")
    assert prod.served == facts.new


@pytest.mark.parametrize(
    "writer",
    [
        MALLORY,
        "arn:aws:sts::222222222222:assumed-role/approver/ann",
        "arn:aws:sts::111111111111:assumed-role/approver-2/ann",
        "arn:aws:sts::111111111111:assumed-role/developer/approver",
        "arn:aws:iam::111111111111:user/approver",
    ],
)
def test_nobody_elses_approval_counts(world: Any, facts: Any, writer: str) -> None:
    prod = world(approval=replace(facts.by_life_cycle, expires_seconds=600))
    prod.packages[facts.new]["LastModifiedBy"] = written(writer)
    output = prod.run()

    assert output["Error"] == "ApprovalExpired"
    assert output["Cause"] == (
        f"step approval: ApprovalExpired: {facts.new} is, after 600 s, approved only by "
        f"{writer}, who may not"
    )
    assert prod.served == facts.old and prod.locks == {}


def test_an_approval_that_never_comes_expires(world: Any, facts: Any) -> None:
    prod = world(approval=replace(facts.by_life_cycle, expires_seconds=600))
    del prod.packages[facts.new]["ModelLifeCycle"]
    output = prod.run()

    assert output["Error"] == "ApprovalExpired"
    assert "after 600 s, without life-cycle stage Production Approved" in output["Cause"]
    assert prod.running.waited == [300, 300]
    assert prod.detail_types == ["Release Failed"]
    assert "Nothing was changed." in prod.messages[0]


@pytest.mark.parametrize(
    "answer",
    [
        {"ModelLifeCycle": stage("Production", "Rejected")},
        {"ModelApprovalStatus": "Rejected"},
    ],
)
def test_a_rejection_ends_the_release_whoever_wrote_it(
    world: Any, facts: Any, answer: dict[str, Any]
) -> None:
    prod = world(approval=facts.by_life_cycle)
    prod.packages[facts.new]["ModelLifeCycle"] = stage("Staging", "Approved")
    prod.after[LOOK] = lambda: prod.packages[facts.new].update(
        answer | {"LastModifiedBy": written(MALLORY)}
    )
    output = prod.run()

    assert output["Error"] == "ApprovalRefused"
    assert output["Cause"].endswith(f"{MALLORY} rejected {facts.new}")


def test_waits_for_the_status_where_people_approve_by_it(world: Any, facts: Any) -> None:
    staging = world(stage="staging", approval=facts.by_status)
    package = staging.packages[facts.new]
    package["ModelApprovalStatus"] = "PendingManualApproval"
    staging.after["Approved look"] = lambda: staging.after.update(
        {"Approved look": lambda: package.update(ModelApprovalStatus="Approved")}
    )
    output = staging.run()

    assert output["approver"] == facts.ann
    assert staging.running.waited[0] == 324  # 259,200 s by at most 800 looks


def test_automatic_staging_takes_approved_versions_only(world: Any, facts: Any) -> None:
    staging = world(stage="staging")
    staging.packages[facts.new] |= {"LastModifiedBy": {}}
    assert staging.run()["approver"] == "somebody unknown"

    staging.packages[facts.new]["ModelApprovalStatus"] = "PendingManualApproval"
    assert staging.run()["Error"] == "ApprovalExpired"


def test_fails_on_an_approver_that_is_no_role(world: Any, facts: Any) -> None:
    wrong = replace(facts.by_status, approver_roles=("arn:aws:iam::111111111111:user/ann",))

    with pytest.raises(PipelineError) as caught:
        definition(release_pipeline(world(approval=wrong).settings))

    assert str(caught.value) == (
        "steps[approved].approver_roles[0]: no ARN of a role, "
        "got 'arn:aws:iam::111111111111:user/ann'; use arn:aws:iam::ACCOUNT:role/NAME"
    )
