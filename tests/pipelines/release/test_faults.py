"""Every call of the release machine fails once for ever: nothing goes unnoticed or half-done."""

from typing import Any

import pytest

from groundplan.pipelines import definition_json, release_pipeline
from groundplan.stacks.rehearsal.asl import check_definition

BEFORE = ("Model", "Approved", "Approval", "Lock")
UNDONE = ("Shadow", "Renew", "Deploy", "Skew", "Bake")
"""Steps between the first look at the endpoint and the proof: what they have changed is undone."""
PROVED = ("Record", "Publish", "Notify")
PASSED_OVER = ("Collect", "Unlock")
LOCK_STAYS = ("Unlock", "Let go")


def prepared(world: Any, facts: Any, run: int) -> Any:
    """An endpoint with a left-over shadow and a release with every step.

    In run 0 all goes well. In run 1 the update gets stuck and is taken back. In run 2 a guardrail
    takes back both the update and what should undo it.
    """
    prod = world(
        approval=facts.by_life_cycle,
        target_shadow_first=True,
        target_shadow_seconds=60,
        target_bake_seconds=60,
    )
    prod.serve(facts.old, facts.old)
    prod.add_config([prod.add_model(facts.old)])
    prod.serve(facts.old, facts.old)
    prod.updates = ([], ["done", "stuck"], ["done", "silent", "silent"])[run]
    if run == 0:
        prod.status = "UPDATE_ROLLBACK_FAILED"
    return prod


@pytest.fixture(scope="module")
def passed() -> list[Any]:
    """The three runs without a fault, with their outputs; filled by the first test."""
    return []


def run_of(world: Any, facts: Any, task: str, passed: list[Any]) -> int:
    """The first run that passes ``task``."""
    while len(passed) < 3:
        prod = prepared(world, facts, len(passed))
        passed.append((prod, prod.run()))
    return next(run for run, (prod, _) in enumerate(passed) if task in prod.running.path)


def test_the_three_runs_end_as_they_should(world: Any, facts: Any) -> None:
    runs = [prepared(world, facts, run) for run in range(3)]
    ends = [(prod.run().get("Error"), prod.served) for prod in runs]

    assert ends == [(None, facts.new), ("RolledBack", facts.old), ("RolledBack", facts.old)]
    assert [prod.locks for prod in runs] == [{}, {}, {}]
    assert "Rolled back to: nothing." in runs[2].messages[0]


def test_every_task_is_retried_caught_and_timed(release_tasks: dict[str, Any]) -> None:
    assert len(release_tasks) > 40
    for name, task in release_tasks.items():
        assert task["Retry"] and task["TimeoutSeconds"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        assert len(name) <= 80


@pytest.mark.parametrize(
    ("stage", "approval"),
    [("staging", "none"), ("staging", "by_status"), ("production", "by_life_cycle")],
)
def test_the_definition_has_no_mistake_that_can_be_seen(
    world: Any, facts: Any, stage: str, approval: str
) -> None:
    settings = world(stage=stage, approval=getattr(facts, approval, None)).settings

    assert check_definition(definition_json(release_pipeline(settings))) == ()


def test_a_call_that_fails_for_ever_is_told_and_leaves_no_harm(
    world: Any, facts: Any, task: str, passed: list[Any]
) -> None:
    run = run_of(world, facts, task, passed)
    prod = prepared(world, facts, run)
    prod.broken[task] = "Some.ServiceException"
    output = prod.run()

    assert task in prod.running.path
    assert len(prod.messages) == (0 if task == "Warn" else 1)
    assert set(prod.locks) == ({"release-churn-prod-churn"} if task in LOCK_STAYS else set())
    if task.startswith(PASSED_OVER):
        assert output["model_package_arn"] == prod.served == facts.new
        assert prod.detail_types == ["Release Succeeded"]
    elif task.startswith(PROVED):
        assert output["Error"].startswith(task)
        assert prod.served == facts.new
        assert prod.detail_types == (["Release Succeeded"] if task == "Notify" else [])
        assert "only what follows a release is missing" in prod.messages[0]
    else:
        assert prod.served == facts.old
        assert prod.detail_types == ([] if task == "Warn bus" else ["Release Failed"])
        if run == 0:
            assert "it does not work" in output["Cause"]
            words = "Nothing was changed" if task.startswith(BEFORE) else "may have changed"
            assert words in prod.messages[0]
        else:
            assert output["Error"] in ("RolledBack", "DeployFailed")
            assert "step deploy: " in output["Cause"]
        if task.startswith(UNDONE):
            assert prod.parameters == {"ModelVersion": facts.old, "ShadowModelVersion": "none"}
            assert f"Rolled back to: {facts.old}." in prod.messages[0]


def test_a_call_that_fails_once_changes_nothing(
    world: Any, facts: Any, task: str, passed: list[Any]
) -> None:
    run = run_of(world, facts, task, passed)
    prod, (steady, output) = prepared(world, facts, run), passed[run]

    def fail() -> None:
        raise prod.error("Ssm.ThrottlingException", "slow down")

    prod.after[task] = fail

    assert prod.run() == output
    assert prod.running.path == steady.running.path
    assert prod.messages == steady.messages
    assert prod.after == {}
