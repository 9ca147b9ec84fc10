"""Decides what follows from drift: a rule on the alarms, and the state machine that it starts."""

from collections.abc import Sequence
from dataclasses import replace

from groundplan.blueprints.plan.alarms import AlarmsPlan
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.event_rule import plan_event_rule, plan_rule_role, rule_arn
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.pipeline import plan_pipeline
from groundplan.blueprints.plan.stacks import DriftReactionPlan, ModelMonitoringPlan
from groundplan.blueprints.plan.training_schedules import pipeline_alarms
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan, plan_undelivered_events
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec, MonitoringSpec
from groundplan.pipelines import DriftPipelineSettings, definition, drift_pipeline

PURPOSE = "drift"


def drift_reaction(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    alarms: AlarmsPlan,
    *,
    spec_path: str,
) -> DriftReactionPlan | None:
    """Decide what the alarms on a model's drift start; nothing where people are told only.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    if monitoring.on_drift != "retrain":
        return None
    parts = (environment.name, model.name)
    machine = name("state-machine", context.project, *parts, PURPOSE)
    target = place.arn("states", f"stateMachine:{machine}")
    rule = name("rule", context.project, *parts, "drift-alarm")
    standard = drift_pipeline(
        DriftPipelineSettings(
            project=context.project,
            environment=environment.name,
            model=model.name,
            partition=place.partition,
            lock_table=context.lock_table_name(environment),
            cooldown_seconds=3600 * monitoring.cooldown_hours,
            bus_arn=context.event_bus_arn(context.training),
            topic_arn=_topic(context, environment, place),
        )
    )
    pipeline = context.edited(standard)
    plan = plan_pipeline(
        id="Reaction",
        name=machine,
        place=place,
        definition=definition(pipeline),
        role=machine_role(
            context,
            environment,
            place,
            pipeline,
            machine=machine,
            role_parts=(*parts, "drift-pipeline"),
            spec_path=spec_path,
        ),
        log_group_arn=place.arn("logs", f"log-group:/aws/vendedlogs/states/{machine}"),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        spec_path=spec_path,
    )
    return DriftReactionPlan(
        pipeline=plan,
        alarms=replace(
            pipeline_alarms(context, environment, place, model, plan), id="ReactionAlarms"
        ),
        rule=plan_event_rule(
            id="DriftRule",
            name=rule,
            place=place,
            description=f"Starts what follows from drift of {model.name}",
            event_pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "detail": {
                    "alarmName": [alarm.name for alarm in alarms.alarms],
                    "state": {"value": ["ALARM"]},
                },
            },
            target_arn=target,
            role=plan_rule_role(
                rule=rule_arn(place, rule),
                role_name=context.role_name(*parts, "drift-alarm"),
                place=place,
                project=context.project,
                target_arn=target,
                permissions_boundary=context.boundary(place),
                description=f"Starts what follows from drift of {model.name}",
            ),
            dead_letter_queue_arn=place.arn("sqs", _queue(context, environment)),
        ),
    )


def plan_undelivered(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    models: Sequence[ModelMonitoringPlan],
) -> UndeliveredEventsPlan | None:
    """Decide the queue of alarms that started nothing; there is none without reactions."""
    rules = [model.reaction.rule.arn for model in models if model.reaction is not None]
    if not rules:
        return None
    return plan_undelivered_events(
        name=_queue(context, environment),
        place=place,
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        rules=rules,
        topic_arn=_topic(context, environment, place),
    )


def _queue(context: Context, environment: EnvironmentSpec) -> str:
    return name("state-machine", context.project, environment.name, PURPOSE, "undelivered")


def _topic(context: Context, environment: EnvironmentSpec, place: Place) -> str:
    return place.arn("sns", name("topic", context.project, environment.name, "alerts"))
