"""Decides a state machine: its definition, role, log and schedules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.exceptions import DEAD_LETTER_QUEUE, CheckException
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.policy import ROOT_ONLY, PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan

DEFINITION_BYTES = 1024 * 1024
"""Most bytes of a state machine definition (Step Functions quotas)."""
START_ATTEMPTS = 10
"""Times that a schedule tries again to start an execution."""
START_WITHIN_SECONDS = 3600
"""Age at which a start that did not succeed goes to the dead-letter queue."""
FAILED_START_DAYS = 14
"""Days that a failed start is kept, SQS's longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePlan:
    """A schedule that starts the pipeline."""

    id: str
    """Id within the unit."""

    name: str
    """Physical name."""

    expression: str
    """EventBridge Scheduler expression, such as ``cron(0 3 ? * MON *)``."""

    time_zone: str
    """IANA name of the time zone."""

    group_name: str
    """Schedule group."""

    input: str
    """Input of the execution, JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePlan:
    """A Step Functions state machine with everything that it needs to run by itself."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the state machine."""

    definition: str
    """Amazon States Language, JSONata; ``${Name}`` stands for a substitution."""

    substitutions: tuple[tuple[str, Ref], ...]
    """Values that only AWS assigns, by the name that stands for them in the definition."""

    role: RolePlan
    """Role of the executions."""

    log_group_arn: str
    """Log group of the executions."""

    schedule_role: RolePlan | None
    """Role by which the schedules start executions; ``None`` without schedules."""

    schedule_group: str | None
    """Schedule group; ``None`` without schedules."""

    schedules: tuple[SchedulePlan, ...]
    """When the pipeline starts by itself."""

    dead_letter_queue_name: str | None
    """Queue of starts that failed; ``None`` without schedules."""

    dead_letter_queue_policy: PolicyDocument | None
    """What the queue refuses; ``None`` without schedules."""

    encryption_key_alias: str
    """Alias of the key of the queue."""

    exceptions: tuple[CheckException, ...]
    """Rules of static checkers that it does not follow on purpose."""


def plan_pipeline(
    *,
    name: str,
    place: Place,
    definition: Mapping[str, object],
    role: RolePlan,
    log_group_arn: str,
    encryption_key_alias: str,
    id: str = "Pipeline",
    substitutions: Mapping[str, Ref] | None = None,
    schedule_role: RolePlan | None = None,
    schedule_group: str | None = None,
    schedules: Sequence[SchedulePlan] = (),
    dead_letter_queue_name: str | None = None,
    spec_path: str = "pipelines",
) -> PipelinePlan:
    """Decide a state machine.

    Args:
        name: Physical name.
        place: Account and region.
        definition: Amazon States Language.
        role: Role of the executions.
        log_group_arn: Log group of the executions.
        encryption_key_alias: Alias of the key of the dead-letter queue.
        id: Id of the unit within its stack.
        substitutions: Refs by the name that stands for them in ``definition``.
        schedule_role: Role by which schedules start executions.
        schedule_group: Group of the schedules.
        schedules: When the pipeline starts by itself.
        dead_letter_queue_name: Queue of starts that failed.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If the definition exceeds Step Functions' 1 MB.
    """
    text = json.dumps(definition, sort_keys=False, separators=(",", ":"))
    if len(text.encode()) > DEFINITION_BYTES:
        raise PlanError(
            spec_path,
            f"a state machine definition is at most {DEFINITION_BYTES} bytes long",
            got=len(text.encode()),
            fix="use fewer instance types or steps",
        )
    return PipelinePlan(
        id=id,
        name=name,
        arn=place.arn("states", f"stateMachine:{name}"),
        definition=text,
        substitutions=tuple(sorted((substitutions or {}).items())),
        role=role,
        log_group_arn=log_group_arn,
        schedule_role=schedule_role,
        schedule_group=schedule_group,
        schedules=tuple(schedules),
        dead_letter_queue_name=dead_letter_queue_name,
        dead_letter_queue_policy=_tls_only(place.arn("sqs", dead_letter_queue_name))
        if dead_letter_queue_name is not None
        else None,
        encryption_key_alias=encryption_key_alias,
        exceptions=(CheckException(rule="AwsSolutions-SQS3", reason=DEAD_LETTER_QUEUE),)
        if dead_letter_queue_name is not None
        else (),
    )


def _tls_only(queue_arn: str) -> PolicyDocument:
    statement = Statement(
        sid="DenyPlainHttp",
        effect="Deny",
        actions=("sqs:*",),
        resources=(queue_arn,),
        principals=ROOT_ONLY,
        condition={"Bool": {"aws:SecureTransport": "false"}},
    )
    return PolicyDocument(statements=(statement,))


def schedule_group_name(project: str, environment: str) -> str:
    """Return the name of an environment's schedule group."""
    return name("schedule-group", project, environment)
