"""The release machine of an environment: approve, lock, deploy, prove, record, or roll back."""

from dataclasses import replace
from itertools import pairwise

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.release_failure import on_failure
from groundplan.pipelines.release_settings import ReleasePipelineSettings, ReleaseTarget
from groundplan.pipelines.release_success import (
    ENDPOINT,
    LOCK_ID,
    VERSION,
    approver,
    hosted,
    success,
)
from groundplan.pipelines.steps import (
    AcquireLock,
    Approval,
    Bake,
    Condition,
    DeployVersion,
    Lookup,
    ReadEndpoint,
    ReadModel,
    RepairStack,
    SkewTest,
    Step,
    UpdateEndpoint,
)
from groundplan.pipelines.values import (
    Join,
    NumberOutput,
    Parameter,
    TextOutput,
)

STACK = TextOutput("target", "stack_name")
NO_MODEL = "none"
LOCK_WAIT_SECONDS = 3600
MAX_ALARMS = 100  # of one DescribeAlarms
MARGIN_SECONDS = 3600  # calls, retries and the skew test, beside what is waited for
PARAMETERS = (
    ParameterSpec(name="model", default="", description="Name of the model in the spec."),
    ParameterSpec(name="version", default="", description="ARN of the model package."),
    ParameterSpec(
        name="emergency",
        default="no",
        description="yes: all at once, without shadow, bake and life-cycle approval, and before "
        "any other release.",
    ),
    ParameterSpec(name="reason", default="", description="Why; kept in the announcements."),
)


def release_pipeline(settings: ReleasePipelineSettings) -> Pipeline:
    """The steps from an approved version to an endpoint that is proved to serve it.

    What fails after the endpoint may have changed is undone: the version that it served before is
    deployed again, all at once. A failed first release removes the endpoint again, but never in
    production, where it stays and the notification says so. An emergency takes the lock from
    another release, which ends without touching anything more.

    Raises:
        PipelineError: If there is no endpoint, two have the same model, or alarms cannot be watched.
    """
    _check(settings)
    planned = Condition(output=Parameter("emergency"), comparison="equals", value="no")
    shadowed = (
        planned,
        Condition(output=TextOutput("target", "shadow_first"), comparison="equals", value="yes"),
        Condition(
            output=TextOutput("previous", "version"), comparison="not_equals", value=NO_MODEL
        ),
    )
    update = longest_update(settings)
    shadow = max(target.shadow_seconds for target in settings.targets)
    bake = max(target.bake_seconds for target in settings.targets)
    before = update + update + shadow + MARGIN_SECONDS
    lock = AcquireLock(
        id="lock",
        table_name=settings.lock_table,
        lock_id=LOCK_ID,
        lease_seconds=before,
        wait_seconds=LOCK_WAIT_SECONDS,
        takeover=Parameter("emergency"),
    )
    component = hosted(settings)
    wake = max(target.wake_seconds for target in settings.targets)
    itself = settings.updates_endpoints
    deploy = _deploy(settings, component, update)
    alarms = TextOutput("target", "alarm_names")
    steps: tuple[Step, ...] = (
        Lookup(
            id="target",
            key=Parameter("model"),
            rows=tuple(_row(target, hosts=component != "") for target in settings.targets),
        ),
        Lookup(
            id="mode",
            key=Parameter("emergency"),
            rows=(("no", (("rollout", "planned"),)), ("yes", (("rollout", "all_at_once"),))),
        ),
        ReadModel(id="model", model_package_arn=VERSION),
        *_approvals(settings, planned),
        lock,
        *(() if itself else (RepairStack(id="repair", stack_name=STACK, wait_seconds=update),)),
        ReadEndpoint(
            id="previous",
            endpoint_name=ENDPOINT,
            inference_component=component,
            required=Join((TextOutput("target", "set_up"), VERSION)) if itself else "",
        ),
        replace(
            deploy,
            id="shadow",
            when=shadowed,
            version=TextOutput("previous", "version"),
            shadow_version=VERSION,
            rollout="planned",
        ),
        Bake(
            id="shadow_bake",
            when=shadowed,
            alarm_names=TextOutput("target", "shadow_alarm_names"),
            seconds=TextOutput("target", "shadow_seconds"),
        ),
        # The shadow may have taken days; nobody may have taken over meanwhile.
        replace(
            lock,
            id="renew",
            lease_seconds=update + wake + bake + MARGIN_SECONDS,
            wait_seconds=0,
            renew=True,
            takeover="no",
        ),
        deploy,
        SkewTest(
            id="skew",
            endpoint_name=ENDPOINT,
            cases_uri=TextOutput("model", "cases_uri"),
            cases_bucket=settings.cases_bucket,
            tolerance=settings.tolerance,
            inference_component=component,
            wake_seconds=wake,
        ),
        Bake(
            id="bake",
            when=(planned,),
            alarm_names=alarms,
            seconds=TextOutput("target", "bake_seconds"),
        ),
        *success(settings),
    )
    expires = settings.approval.expires_seconds if settings.approval else 0
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-release",
        partition=settings.partition,
        parameters=PARAMETERS,
        steps=_chained(steps),
        on_failure=on_failure(settings, tuple(step.id for step in steps), update),
        outputs=(
            ("endpoint", ENDPOINT),
            ("model_package_arn", TextOutput("deploy", "version")),
            ("previous", TextOutput("previous", "version")),
            ("config_name", TextOutput("deploy", "config_name")),
            ("approver", approver(settings)),
            ("approved_at", approver(settings, "approved_at")),
            ("skew_cases", NumberOutput("skew", "cases")),
            *(() if itself else (("repaired", TextOutput("repair", "repaired")),)),
        ),
        timeout_seconds=(
            expires + LOCK_WAIT_SECONDS + before + 4 * update + wake + bake + 4 * MARGIN_SECONDS
        ),
    )


def _shadows(settings: ReleasePipelineSettings) -> bool:
    return any(target.shadow_first for target in settings.targets)


def _deploy(
    settings: ReleasePipelineSettings, component: TextOutput | str, update: int
) -> DeployVersion | UpdateEndpoint:
    if settings.updates_endpoints:
        return UpdateEndpoint(
            id="deploy",
            endpoint_name=ENDPOINT,
            settings=TextOutput("target", "settings"),
            model_package_group_arn=TextOutput("target", "group_arn"),
            version=VERSION,
            shadows=_shadows(settings),
            rollout=TextOutput("mode", "rollout"),
            network=settings.network,
            wait_seconds=update,
        )
    return DeployVersion(
        id="deploy",
        stack_name=STACK,
        endpoint_name=ENDPOINT,
        inference_component=component,
        version=VERSION,
        rollout=TextOutput("mode", "rollout"),
        wait_seconds=update,
    )


def longest_update(settings: ReleasePipelineSettings) -> int:
    """Seconds that the slowest endpoint's update may take."""
    return max(target.update_seconds for target in settings.targets)


def _check(settings: ReleasePipelineSettings) -> None:
    models = [target.model for target in settings.targets]
    if not models or len(set(models)) < len(models):
        raise PipelineError(
            "settings.targets",
            "a release machine needs endpoints, one for each model",
            got=", ".join(models) or "none",
            fix="name every model once",
        )
    for target in settings.targets:
        if settings.updates_endpoints and (not target.settings or target.inference_component):
            raise PipelineError(
                f"settings.targets[{target.model}].settings",
                "a machine that updates endpoints itself needs them for each, and none with an "
                "inference component",
                got=target.inference_component or None,
                fix="give each target its settings",
            )
        alarms = (*target.alarm_names, *target.shadow_alarm_names)
        if len(alarms) > MAX_ALARMS or "," in "".join(alarms):
            raise PipelineError(
                f"settings.targets[{target.model}].alarm_names",
                f"must be at most {MAX_ALARMS} names without a comma",
                got=len(alarms),
                fix="watch a composite alarm over them, or rename it",
            )


def _row(target: ReleaseTarget, *, hosts: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    return target.model, (
        ("group_arn", target.model_package_group_arn),
        ("stack_name", target.stack_name),
        ("endpoint_name", target.endpoint_name),
        ("live_parameter", target.live_parameter),
        ("alarm_names", ",".join(target.alarm_names)),
        ("shadow_alarm_names", ",".join((*target.alarm_names, *target.shadow_alarm_names))),
        ("bake_seconds", str(target.bake_seconds)),
        ("shadow_first", "yes" if target.shadow_first else "no"),
        ("shadow_seconds", str(target.shadow_seconds)),
        *((("inference_component", target.inference_component),) if hosts else ()),
        *((("settings", target.settings), ("set_up", target.set_up)) if target.settings else ()),
    )


def _approvals(settings: ReleasePipelineSettings, planned: Condition) -> tuple[Step, ...]:
    """Every version is approved by its status; the life cycle is a second approval."""
    status = Approval(
        id="approved",
        model_package_arn=VERSION,
        model_package_group_arn=TextOutput("target", "group_arn"),
        by="status",
        expires_seconds=0,
    )
    asked = settings.approval
    if asked is None:
        return (status,)
    waiting = replace(
        status,
        approver_roles=asked.approver_roles,
        expires_seconds=asked.expires_seconds,
        poll_seconds=asked.poll_seconds,
    )
    if asked.by == "status":
        return (waiting,)
    stage = asked.life_cycle_stage
    return (
        status,
        replace(waiting, id="approval", by="life_cycle", stage=stage, when=(planned,)),
    )


def _chained(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Each step waits for the one before it."""
    return (
        steps[0],
        *(replace(step, after=(before.id,)) for before, step in pairwise(steps)),
    )
