"""What the release machine does when a step has failed: undo, say what is served, let go."""

from groundplan.pipelines.release_settings import ReleasePipelineSettings
from groundplan.pipelines.release_success import hosted
from groundplan.pipelines.steps import (
    AcquireLock,
    Condition,
    DeployVersion,
    EmitEvent,
    Lookup,
    Notify,
    ReadEndpoint,
    ReleaseLock,
    RepairStack,
    Step,
    UpdateEndpoint,
)
from groundplan.pipelines.values import Either, Execution, Failure, Join, Parameter, TextOutput

ENDPOINT = Either(TextOutput("target", "endpoint_name"), "")
STACK = Either(TextOutput("target", "stack_name"), "")
LOCK_ID = Join(("release-", ENDPOINT))
UNKNOWN = "unknown"
FIRST_CHANGES = ("repair", "shadow")
"""The first step of a machine that changes anything: the first of these that it has."""
PROVED = "record"
MARGIN_SECONDS = 3600
SAID = {
    "before": "Nothing was changed.",
    "during": "The endpoint may have changed.",
    "after": "The version is served and proved; only what follows a release is missing.",
}


def on_failure(
    settings: ReleasePipelineSettings, step_ids: tuple[str, ...], update_seconds: int
) -> tuple[Step, ...]:
    """The steps that follow the failure of one of ``step_ids``.

    Only what failed between the first change and the proof is undone, and only while this execution
    still holds the lock: after that the endpoint is somebody else's.
    """
    itself = settings.updates_endpoints
    no_earlier = "none" if itself or settings.stage == "production" else UNKNOWN
    undo = _is(Either(TextOutput("advice", "undo"), "yes"), "yes")
    held = _is(Either(TextOutput("hold", "acquired"), "no"), "yes")
    found = hosted(settings)
    component = Either(found, "") if isinstance(found, TextOutput) else ""
    known = Condition(
        output=Either(TextOutput("target", "endpoint_name"), ""), comparison="not_equals", value=""
    )
    return (
        Lookup(
            id="advice",
            key=Failure("step"),
            rows=tuple(_row(step_id, step_ids) for step_id in step_ids),
        ),
        AcquireLock(
            id="hold",
            when=(undo, _is(Either(TextOutput("lock", "acquired"), "no"), "yes")),
            required=False,
            renew=True,
            table_name=settings.lock_table,
            lock_id=LOCK_ID,
            lease_seconds=2 * update_seconds + MARGIN_SECONDS,
            wait_seconds=0,
        ),
        *(
            ()
            if itself
            else (
                RepairStack(id="mend", when=(held,), stack_name=STACK, wait_seconds=update_seconds),
            )
        ),
        _rollback(
            settings,
            (
                held,
                Condition(
                    output=Either(TextOutput("previous", "version"), no_earlier),
                    comparison="not_equals",
                    value=no_earlier,
                ),
            ),
            component,
            update_seconds,
        ),
        ReadEndpoint(
            id="served", when=(known,), endpoint_name=ENDPOINT, inference_component=component
        ),
        ReleaseLock(id="let_go", when=(known,), table_name=settings.lock_table, lock_id=LOCK_ID),
        EmitEvent(
            id="warn_bus",
            when=(_is(Either(TextOutput("advice", "released"), "no"), "no"),),
            bus_arn=settings.bus_arn,
            source=f"groundplan.{settings.project}",
            detail_type="Release Failed",
            detail=(
                ("environment", settings.environment),
                ("model", Parameter("model")),
                ("model_package_arn", Parameter("version")),
                ("execution", Execution("id")),
                ("endpoint", ENDPOINT),
                ("step", Failure("step")),
                ("error", Failure("error")),
                ("cause", Failure("cause")),
                ("rolled_back_to", Either(TextOutput("rollback", "version"), "")),
                ("serves", Either(TextOutput("served", "version"), UNKNOWN)),
                ("emergency", Parameter("emergency")),
                ("reason", Parameter("reason")),
            ),
        ),
        Notify(
            id="warn",
            topic_arn=settings.topic_arn,
            subject=f"{settings.project}: release to {settings.environment} FAILED"[:100],
            message=_message(settings),
        ),
    )


def _rollback(
    settings: ReleasePipelineSettings,
    when: tuple[Condition, ...],
    component: Either | str,
    update_seconds: int,
) -> DeployVersion | UpdateEndpoint:
    """What was served before is served again: by the stack, or by the config that is still there."""
    version = Either(TextOutput("previous", "version"), "none")
    if settings.updates_endpoints:
        return UpdateEndpoint(
            id="rollback",
            when=when,
            endpoint_name=ENDPOINT,
            settings=Either(TextOutput("target", "settings"), "{}"),
            version=version,
            shadows=any(target.shadow_first for target in settings.targets),
            config_name=Either(TextOutput("previous", "config_name"), ""),
            rollout="all_at_once",
            wait_seconds=update_seconds,
        )
    return DeployVersion(
        id="rollback",
        when=when,
        stack_name=STACK,
        endpoint_name=ENDPOINT,
        inference_component=component,
        version=version,
        rollout="all_at_once",
        wait_seconds=update_seconds,
    )


def _message(settings: ReleasePipelineSettings) -> Join:
    first = (
        " Without an earlier version an endpoint in production is left as it is."
        if settings.stage == "production" and not settings.updates_endpoints
        else ""
    )
    return Join(
        (
            "The release of ",
            Parameter("version"),
            " to endpoint ",
            Either(TextOutput("target", "endpoint_name"), f"of {settings.environment}"),
            " failed with ",
            Failure("error"),
            ": ",
            Failure("cause"),
            ". ",
            Either(TextOutput("advice", "said"), SAID["during"]),
            " Rolled back to: ",
            Either(TextOutput("rollback", "version"), "nothing"),
            ". The endpoint serves now: ",
            Either(TextOutput("served", "version"), UNKNOWN),
            f".{first} Execution: ",
            Execution("id"),
        )
    )


def _is(value: Either, text: str) -> Condition:
    return Condition(output=value, comparison="equals", value=text)


def _row(step_id: str, step_ids: tuple[str, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    index = step_ids.index(step_id)
    phase = "during"
    first = next(id for id in FIRST_CHANGES if id in step_ids)
    if index < step_ids.index(first):
        phase = "before"
    elif index >= step_ids.index(PROVED):
        phase = "after"
    return step_id, (
        ("undo", "yes" if phase == "during" else "no"),
        ("released", "yes" if phase == "after" else "no"),
        ("said", SAID[phase]),
    )
