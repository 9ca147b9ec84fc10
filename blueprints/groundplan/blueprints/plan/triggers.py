"""Decides what starts training by itself besides the clock: pushes, data and drift.

Events cross accounts from bus to bus only. The account that something happens in forwards it to the
project's bus of the environment that trains, and a rule there starts a state machine.
"""

from collections.abc import Sequence
from typing import TypeVar

from groundplan.blueprints.plan.context import TOOLING, Context, training_image
from groundplan.blueprints.plan.delivery import delivery_queue, delivery_stack
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.pipeline import plan_pipeline
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.release_events import project_rule
from groundplan.blueprints.plan.stacks import (
    ArrivalPlan,
    DeliveryStackPlan,
    TriggersStackPlan,
)
from groundplan.blueprints.plan.training_schedules import pipeline_alarms
from groundplan.blueprints.plan.undelivered import plan_undelivered_events
from groundplan.blueprints.spec import (
    DatasetSpec,
    DataTrigger,
    DriftTrigger,
    EnvironmentSpec,
    ModelSpec,
    PushTrigger,
)
from groundplan.pipelines import definition
from groundplan.pipelines.arrival import ArrivalPipelineSettings, arrival_pipeline
from groundplan.pipelines.drift import DRIFT_DETECTED

WATCHED = ("future/", "test/", "train/")
"""Folders of a dataset that training reads."""

Trigger = TypeVar("Trigger", PushTrigger, DataTrigger, DriftTrigger)


def build_rules(context: Context, queue_arn: str) -> tuple[EventRulePlan, ...]:
    """Return the rule of the tooling account that forwards finished builds of training images.

    None unless pushes start training: CI deploys the builds, which build what was pushed.
    """
    if not _triggers(context, PushTrigger):
        return ()
    return (
        project_rule(
            context,
            context.tooling,
            TOOLING,
            ("built",),
            f"Tells {context.training.name} of finished builds of training images",
            _built(context, context.spec.models),
            context.event_bus_arn(context.training),
            queue_arn,
        ),
    )


def data_triggers(
    context: Context, scope: str, datasets: Sequence[DatasetSpec]
) -> tuple[DeliveryStackPlan, ...]:
    """Decide the stack that forwards arrivals in an account's datasets, if they start training.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    named = {trigger.dataset for trigger in _triggers(context, DataTrigger)}
    watched = [dataset for dataset in datasets if dataset.name in named]
    if not watched:
        return ()
    place = context.place(watched[0].account)
    alias = f"alias/{context.key_alias(scope, watched[0].name)}"
    rules = tuple(
        project_rule(
            context,
            place,
            scope,
            (dataset.name, "arrived"),
            f"Tells {context.training.name} of arrivals in {dataset.name}",
            _arrived(context, dataset),
            context.event_bus_arn(context.training),
            place.arn("sqs", delivery_queue(context, scope)),
        )
        for dataset in watched
    )
    return (
        delivery_stack(
            context,
            scope,
            place,
            rules,
            key_alias=alias,
            description=f"Tells where {context.project} trains of new data",
            depends_on="data-state",
        ),
    )


def training_triggers(
    context: Context, environment: EnvironmentSpec, place: Place
) -> tuple[TriggersStackPlan, ...]:
    """Decide the stack by which events start the training of an environment, if any do.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    queue = name("state-machine", context.project, environment.name, "triggers-undelivered")
    queue_arn = place.arn("sqs", queue)
    arrivals = tuple(
        _arrival(context, environment, place, model, 60 * trigger.debounce_minutes)
        for trigger in _triggers(context, DataTrigger)
        for model in context.spec.models
        if model.training.dataset == trigger.dataset
    )
    machines = {arrival.model: arrival.pipeline.arn for arrival in arrivals}
    rules = []
    for model in context.spec.models:
        training = place.arn(
            "states", f"stateMachine:{context.pipeline_name(environment.name, model.name)}"
        )
        if _triggers(context, PushTrigger):
            built = _built(context, [model])
            version = {"code_version": "$.detail.additional-information.source.location"}
            rules.append(
                (model, "push", f"Trains {model.name} on new code", built, training, version)
            )
        if model.name in machines:
            arrived = _arrived(context, context.dataset(model.training.dataset))
            machine = machines[model.name]
            rules.append((model, "data", f"Waits for data of {model.name}", arrived, machine, {}))
        if _triggers(context, DriftTrigger):
            drifted = _drifted(context, model)
            rules.append((model, "drift", f"Trains {model.name} on drift", drifted, training, {}))
    if not rules:
        return ()
    planned = tuple(
        project_rule(
            context,
            place,
            environment.name,
            (model.name, purpose),
            description,
            pattern,
            target,
            queue_arn,
            bus_name=context.event_bus_name(environment),
            input=input,
        )
        for model, purpose, description, pattern, target, input in rules
    )
    alias = f"alias/{context.key_alias(environment.name)}"
    topic = _topic_arn(context, environment, place)
    return (
        TriggersStackPlan(
            stack=environment_stack(
                context, environment, place, "triggers", "What starts the training",
                depends_on=("state", "training"),
            ),
            arrivals=arrivals,
            undelivered=plan_undelivered_events(
                name=queue,
                place=place,
                encryption_key_alias=alias,
                rules=[rule.arn for rule in planned],
                topic_arn=topic,
            ),
            rules=planned,
        ),
    )  # fmt: skip


def _triggers(context: Context, kind: type[Trigger]) -> list[Trigger]:
    return [item for item in context.spec.pipelines.triggers if isinstance(item, kind)]


def _built(context: Context, models: Sequence[ModelSpec]) -> Json:
    """Return the pattern of a finished build of one of the models' training images."""
    images = sorted({training_image(model) for model in models})
    builds = [name("codebuild-project", context.project, "image", image) for image in images]
    return {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "account": [context.tooling.account],
        "detail": {"build-status": ["SUCCEEDED"], "project-name": builds},
    }


def _arrived(context: Context, dataset: DatasetSpec) -> Json:
    """Return the pattern of a new object in a dataset."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "account": [context.place(dataset.account).account],
        "detail": {
            "bucket": {"name": [context.dataset_bucket(dataset)]},
            "object": {
                "key": [{"prefix": f"{context.dataset_folder(dataset)}{item}"} for item in WATCHED]
            },
        },
    }


def _drifted(context: Context, model: ModelSpec) -> Json:
    """Return the pattern of drift of a model, in whatever environment it was found."""
    return {
        "source": [context.event_source],
        "detail-type": [DRIFT_DETECTED],
        "detail": {"model": [model.name]},
    }


def _arrival(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    quiet_seconds: int,
) -> ArrivalPlan:
    machine = name("state-machine", context.project, environment.name, model.name, "arrival")
    training = context.pipeline_name(environment.name, model.name)
    standard = arrival_pipeline(
        ArrivalPipelineSettings(
            project=context.project,
            environment=environment.name,
            model=model.name,
            partition=place.partition,
            lock_table=context.lock_table_name(environment),
            dataset_uri=context.dataset_uri(context.dataset(model.training.dataset)),
            quiet_seconds=quiet_seconds,
            training_machine_arn=place.arn("states", f"stateMachine:{training}"),
            topic_arn=_topic_arn(context, environment, place),
        )
    )
    pipeline = context.edited(standard)
    planned = plan_pipeline(
        id=f"{camel(model.name)}Arrival",
        name=machine,
        place=place,
        definition=definition(pipeline),
        role=machine_role(
            context,
            environment,
            place,
            pipeline,
            machine=machine,
            role_parts=(environment.name, model.name, "arrival"),
            spec_path="pipelines.triggers",
        ),
        log_group_arn=place.arn("logs", f"log-group:/aws/vendedlogs/states/{machine}"),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        spec_path="pipelines.triggers",
    )
    return ArrivalPlan(
        model=model.name,
        pipeline=planned,
        alarms=pipeline_alarms(context, environment, place, model, planned),
    )


def _topic_arn(context: Context, environment: EnvironmentSpec, place: Place) -> str:
    return place.arn("sns", name("topic", context.project, environment.name, "alerts"))
