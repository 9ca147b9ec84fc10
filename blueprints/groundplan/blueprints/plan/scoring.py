"""Decides an environment's batch scoring: roles, state machine, schedule and alarms of each model."""

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan, plan_batch_capacity
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.plan.pipeline import PipelinePlan, SchedulePlan, plan_pipeline
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.scoring_roles import (
    SCORED,
    batch_execution_role,
    batch_job_role,
    predictions,
    scoring_log_group,
    transform_role,
)
from groundplan.blueprints.plan.stacks import ModelScoringPlan, ScoringStackPlan
from groundplan.blueprints.plan.training import placeholders, substitutions
from groundplan.blueprints.plan.training_schedules import (
    cron_expression,
    pipeline_alarms,
    schedule_group,
    schedule_queue_name,
    schedule_role,
)
from groundplan.blueprints.spec import BatchServing, DatasetSpec, EnvironmentSpec, ModelSpec
from groundplan.blueprints.spec.rules.batch import DEFAULT_VCPUS, scored_dataset, scorers
from groundplan.pipelines import (
    BatchSettings,
    ScoringPipelineSettings,
    TransformSettings,
    definition,
    scoring_pipeline,
)

PURPOSE = "scoring"
DEFAULT_INSTANCE = "ml.m5.large"
ATTEMPTS = 3
"""Times that a job is tried when its spare capacity is taken back."""
CONTENT_TYPES = {"csv": "text/csv"}
GIB = 1024


def scored_models(context: Context, environment: EnvironmentSpec) -> tuple[ModelSpec, ...]:
    """Return the models that score whole datasets in an environment."""
    return tuple(
        model
        for model in context.spec.models
        if isinstance(model.serving, BatchServing) and environment in scorers(context.spec, model)
    )


def uses_batch(context: Context, environment: EnvironmentSpec) -> bool:
    """Return whether an environment has jobs of AWS Batch."""
    return any(_serving(model).prefer == "cost" for model in scored_models(context, environment))


def scoring_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    attachment: NetworkAttachment,
    depends_on: tuple[str, ...],
) -> ScoringStackPlan | None:
    """Decide the scoring stack of an environment; there is none where nothing is scored.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    models = scored_models(context, environment)
    if not models:
        return None
    capacity = _capacity(context, environment, place, attachment, models)
    return ScoringStackPlan(
        stack=environment_stack(
            context, environment, place, PURPOSE, "Batch scoring", depends_on=depends_on
        ),
        capacity=capacity,
        models=tuple(
            _model(context, environment, place, model, attachment, capacity) for model in models
        ),
    )


def _serving(model: ModelSpec) -> BatchServing:
    if not isinstance(model.serving, BatchServing):
        raise TypeError(f"{model.name}: scores no datasets")
    return model.serving


def _path(context: Context, model: ModelSpec) -> str:
    return f"models[{context.spec.models.index(model)}].serving"


def _capacity(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    attachment: NetworkAttachment,
    models: tuple[ModelSpec, ...],
) -> BatchCapacityPlan | None:
    cheap = [model for model in models if _serving(model).prefer == "cost"]
    if not cheap:
        return None
    return plan_batch_capacity(
        parts=(context.project, environment.name, PURPOSE),
        place=place,
        max_vcpus=sum(_serving(model).vcpus or DEFAULT_VCPUS for model in cheap),
        network=attachment,
        tags=context.tags(environment.name),
        spec_path=f"{_path(context, cheap[0])}.prefer",
    )


def _model(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    capacity: BatchCapacityPlan | None,
) -> ModelScoringPlan:
    dataset = scored_dataset(context.spec, model)
    if dataset is None:
        raise TypeError(f"{model.name}: its dataset is in no spec that is valid")
    roles, scoring = _scoring(context, environment, place, model, dataset, capacity)
    pipeline = _pipeline(
        context, environment, place, model, attachment,
        _settings(context, environment, place, model, dataset, attachment, scoring),
    )  # fmt: skip
    return ModelScoringPlan(
        model=model.name,
        roles=roles,
        pipeline=pipeline,
        alarms=pipeline_alarms(context, environment, place, model, pipeline),
    )


def _scoring(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    dataset: DatasetSpec,
    capacity: BatchCapacityPlan | None,
) -> tuple[tuple[RolePlan, ...], TransformSettings | BatchSettings]:
    serving = _serving(model)
    if capacity is not None and serving.prefer == "cost":
        program = batch_job_role(context, environment, place, model, dataset)
        starts = batch_execution_role(context, environment, place, model)
        vcpus = serving.vcpus or DEFAULT_VCPUS
        memory = 2 * vcpus if serving.memory_gib is None else serving.memory_gib
        return (program, starts), BatchSettings(
            job_queue_arn=capacity.job_queue_arn,
            execution_role_arn=starts.arn,
            job_role_arn=program.arn,
            vcpus=vcpus,
            memory_mib=GIB * memory,
            attempts=ATTEMPTS,
            log_group=scoring_log_group(context, environment, model),
        )
    instance = serving.instance or DEFAULT_INSTANCE
    role = transform_role(context, environment, place, model, dataset, instance)
    check_offered(instance, place.region, "batch", spec_path=f"{_path(context, model)}.instance")
    return (role,), TransformSettings(
        execution_role_arn=role.arn,
        content_type=CONTENT_TYPES[dataset.format],
        instance_type=instance,
        instance_count=serving.instance_count or 1,
        volume_key=not instance_types()[instance].local_nvme,
    )


def _settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    dataset: DatasetSpec,
    attachment: NetworkAttachment,
    scoring: TransformSettings | BatchSettings,
) -> ScoringPipelineSettings:
    work = context.work_bucket(environment)
    return ScoringPipelineSettings(
        project=context.project,
        environment=environment.name,
        model=model.name,
        partition=place.partition,
        job_prefix=name("job-prefix", context.project, environment.name, model.name),
        model_package_group_arn=context.registry_arn(model.name),
        data_uri=f"{context.dataset_uri(dataset)}{SCORED}",
        predictions_uri=f"s3://{work}/{predictions(model)}",
        key_id=context.environment_key_alias_arn(environment),
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        max_runtime_seconds=round(_serving(model).max_runtime_hours * 3600),
        scoring=scoring,
        subnet_ids=placeholders(attachment.subnet_ids, "SubnetId"),
        security_group_ids=placeholders(attachment.security_group_ids, "SecurityGroupId"),
        tags=tuple(sorted(context.tags(environment.name).items())),
    )


def _pipeline(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    settings: ScoringPipelineSettings,
) -> PipelinePlan:
    machine = name("state-machine", context.project, environment.name, model.name, PURPOSE)
    arn = place.arn("states", f"stateMachine:{machine}")
    pipeline = context.edited(scoring_pipeline(settings))
    schedules = _schedules(context, environment, model)
    queue = schedule_queue_name(context, environment, model, PURPOSE) if schedules else None
    in_network = isinstance(settings.scoring, TransformSettings)
    return plan_pipeline(
        id=f"{camel(model.name)}Pipeline",
        name=machine,
        place=place,
        definition=definition(pipeline),
        role=machine_role(
            context,
            environment,
            place,
            pipeline,
            machine=machine,
            role_parts=(environment.name, model.name, "scoring-pipeline"),
            spec_path=_path(context, model),
        ),
        log_group_arn=place.arn("logs", f"log-group:/aws/vendedlogs/states/{machine}"),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        substitutions=substitutions(attachment) if in_network else {},
        schedule_role=None
        if queue is None
        else schedule_role(context, environment, place, model, arn, queue, PURPOSE),
        schedule_group=schedule_group(context, environment, model, PURPOSE) if schedules else None,
        schedules=schedules,
        dead_letter_queue_name=queue,
        spec_path=_path(context, model),
    )


def _schedules(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> tuple[SchedulePlan, ...]:
    schedule = _serving(model).schedule
    if schedule is None:
        return ()
    return (
        SchedulePlan(
            id="Schedule",
            name=name("schedule", context.project, environment.name, model.name, PURPOSE),
            expression=cron_expression(schedule.cron),
            time_zone=schedule.time_zone,
            group_name=schedule_group(context, environment, model, PURPOSE),
            input="{}",
        ),
    )
