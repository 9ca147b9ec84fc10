"""Decides when training starts by itself, and which alarms tell of its failures."""

from groundplan.blueprints.plan.alarms import AlarmsPlan, plan_alarm, plan_alarms
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.duties import (
    ENCRYPT,
)
from groundplan.blueprints.plan.encryption_key import key_duty, via
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.pipeline import (
    PipelinePlan,
    SchedulePlan,
    schedule_group_name,
)
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ModelSpec,
    ScheduleTrigger,
)


def schedule_queue_name(
    context: Context, environment: EnvironmentSpec, model: ModelSpec, purpose: str = ""
) -> str:
    """Return the name of the queue of starts that failed; ``purpose`` is empty for training."""
    return name(
        "state-machine", context.project, environment.name, model.name, purpose, "failed-starts"
    )


def schedule_group(
    context: Context, environment: EnvironmentSpec, model: ModelSpec, purpose: str = ""
) -> str:
    """Return the name of a model's schedule group; ``purpose`` is empty for training."""
    return name(
        "schedule-group",
        schedule_group_name(context.project, environment.name),
        model.name,
        purpose,
    )


def pipeline_schedules(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> tuple[SchedulePlan, ...]:
    group = schedule_group(context, environment, model)
    found = [item for item in context.spec.pipelines.triggers if isinstance(item, ScheduleTrigger)]
    return tuple(
        SchedulePlan(
            id=f"Schedule{index}",
            name=name("schedule", context.project, environment.name, model.name, str(index)),
            expression=cron_expression(trigger.cron),
            time_zone=trigger.time_zone,
            group_name=group,
            input="{}",
        )
        for index, trigger in enumerate(found)
    )


def cron_expression(text: str) -> str:
    """Return a five-field cron as EventBridge Scheduler writes it: one day field is ``?``."""
    minute, hour, day, month, weekday = text.split(" ")
    if weekday == "*":
        weekday = "?"
    else:
        day = "?"
    return f"cron({minute} {hour} {day} {month} {weekday} *)"


def schedule_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    machine_arn: str,
    queue: str,
    purpose: str = "",
) -> RolePlan:
    """Decide the role by which schedules start a state machine; ``purpose`` as in the names."""
    group = schedule_group(context, environment, model, purpose)
    return plan_role(
        id="ScheduleRole",
        role_name=context.role_name(environment.name, model.name, purpose, "schedule"),
        place=place,
        path=iam_path(context.project),
        description=(
            f"Starts the {purpose or 'training'} of {model.name} in {environment.name} at set times"
        ),
        trust=service_trust(
            "scheduler.amazonaws.com", place, place.arn("scheduler", f"schedule-group/{group}")
        ),
        duties=(
            Duty(
                id="StartPipeline",
                actions=("states:StartExecution",),
                resources=(machine_arn,),
                reason="the schedule starts the pipeline",
            ),
            Duty(
                id="KeepFailedStarts",
                actions=("sqs:SendMessage",),
                resources=(place.arn("sqs", queue),),
                reason="a start that fails for good is kept for a person to see",
            ),
            key_duty(
                "EncryptFailedStarts",
                context.environment_key_alias_arn(environment),
                ENCRYPT,
                reason="the queue is encrypted under the environment's key",
                condition=via("sqs", place.region),
            ),
        ),
        permissions_boundary=context.boundary(place),
        spec_path="pipelines.triggers",
    )


def pipeline_alarms(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    pipeline: PipelinePlan,
) -> AlarmsPlan:
    alarms = [
        plan_alarm(
            id=metric,
            name=name("alarm", pipeline.name, suffix),
            place=place,
            description=f"a run of {pipeline.name} {what}; see the execution's cause",
            namespace="AWS/States",
            metric=metric,
            dimensions={"StateMachineArn": pipeline.arn},
        )
        for metric, suffix, what in (
            ("ExecutionsFailed", "failed", "failed"),
            ("ExecutionsTimedOut", "timed-out", "took too long"),
        )
    ]
    if pipeline.dead_letter_queue_name is not None:
        alarms.append(
            plan_alarm(
                id="FailedStarts",
                name=name("alarm", pipeline.name, "failed-starts"),
                place=place,
                description=f"a schedule could not start {pipeline.name}; see the queue",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": pipeline.dead_letter_queue_name},
                statistic="Maximum",
            )
        )
    topic = name("topic", context.project, environment.name, "alerts")
    return plan_alarms(alarms, topic_arn=place.arn("sns", topic), id=f"{camel(model.name)}Alarms")
