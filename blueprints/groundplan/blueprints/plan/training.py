"""Decides an environment's training: roles, state machine, schedules and alarms of each model."""

import json

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.approvals import approved_on_registration
from groundplan.blueprints.plan.context import Context, serving_image, training_image
from groundplan.blueprints.plan.custom_steps import with_own_steps
from groundplan.blueprints.plan.data_versions import releases_uri
from groundplan.blueprints.plan.evaluation import (
    as_text,
    fairness_settings,
    metric_bounds,
    regression_bounds,
    tuning_settings,
)
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.plan.pipeline import (
    PipelinePlan,
    plan_pipeline,
    schedule_group_name,
)
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import Duty, RolePlan
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan, plan_ladder
from groundplan.blueprints.plan.stacks import ModelTrainingPlan, StackPlan, TrainingStackPlan
from groundplan.blueprints.plan.tracking import (
    tracking_role,
    tracking_settings,
    tracking_substitutions,
)
from groundplan.blueprints.plan.training_roles import (
    processing_role,
    training_role,
    training_types,
)
from groundplan.blueprints.plan.training_schedules import (
    pipeline_alarms,
    pipeline_schedules,
    schedule_queue_name,
    schedule_role,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    IsolatedNetwork,
    ModelSpec,
    TrainingSpec,
)
from groundplan.pipelines import (
    Pipeline,
    PipelineError,
    TrainingPipelineSettings,
    compile_for,
    definition,
    training_pipeline,
)


def plan_training_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    attachment: NetworkAttachment,
    network: tuple[Duty, ...],
    *,
    depends_on: tuple[str, ...],
) -> TrainingStackPlan:
    """Decide the training stack of the environment that trains.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    return TrainingStackPlan(
        stack=StackPlan(
            id="training",
            name=context.stack_name(environment.name, "training"),
            scope=environment.name,
            place=place,
            description=f"Training of {context.project} in {environment.name}",
            termination_protection=False,
            tags=context.tags(environment.name),
            depends_on=depends_on,
        ),
        models=tuple(
            _model(context, environment, place, model, attachment, network)
            for model in context.spec.models
        ),
    )


def _model(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    network: tuple[Duty, ...],
) -> ModelTrainingPlan:
    trains = training_role(context, environment, place, model, network)
    processes = processing_role(context, environment, place, model, network)
    settings = pipeline_settings(context, environment, place, model, attachment, trains, processes)
    label = camel(model.name)
    pipeline = _pipeline(context, environment, place, model, attachment, settings)
    return ModelTrainingPlan(
        model=model.name,
        training=SpotTrainingPlan(
            id=f"{label}Training",
            training_role=trains,
            processing_role=processes,
            ladder=settings.ladder,
            checkpoint_uri=f"{settings.work_uri}checkpoints/",
            tracking_role=tracking_role(context, environment, place, model),
        ),
        pipeline=pipeline,
        alarms=pipeline_alarms(context, environment, place, model, pipeline),
    )


def pipeline_log_group(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the log group of a model's training pipeline.

    The prefix keeps the policy by which log delivery is allowed within its size.
    """
    return f"/aws/vendedlogs/states/{context.pipeline_name(environment.name, model.name)}"


def pipeline_settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    training_role: RolePlan,
    processing_role: RolePlan,
) -> TrainingPipelineSettings:
    training, own = model.training, context.overrides(environment, model)
    types = training_types(context, environment, model)
    spot = training.spot
    runtime = round(training.max_runtime_hours * 3600)
    wait = runtime
    if spot is not None:
        wait = 2 * runtime if spot.max_wait_hours is None else round(spot.max_wait_hours * 3600)
    path = context.training_path(model)
    for type_name in types:
        check_offered(type_name, place.region, "training", spec_path=f"{path}.instance")
    check_offered(
        model.evaluation.instance,
        place.region,
        "processing",
        spec_path=path.replace(".training", ".evaluation.instance"),
    )
    dataset = context.dataset(training.dataset)
    processing = instance_types()[model.evaluation.instance]
    count = own.training_instance_count or training.instance_count
    if count > 1 and isinstance(context.network(environment), IsolatedNetwork):
        raise PlanError(
            f"{path}.instance_count",
            "the isolated network lets no traffic pass between instances yet",
            got=count,
            fix="use 1, or an existing network whose security group allows it",
        )
    return TrainingPipelineSettings(
        project=context.project,
        environment=environment.name,
        model=model.name,
        region=place.region,
        account=place.account,
        partition=place.partition,
        job_prefix=name("job-prefix", context.project, environment.name, model.name),
        training_role_arn=training_role.arn,
        processing_role_arn=processing_role.arn,
        image_registry_account=context.tooling.account,
        image_repository=context.repository(training_image(model)),
        serving_image_repository=context.repository(serving_image(model)),
        dataset_uri=context.dataset_uri(dataset),
        releases_uri=releases_uri(context.dataset_bucket(dataset))
        if dataset.versioning == "dvc"
        else None,
        artifacts_uri=f"s3://{context.artifacts}/models/{model.name}/",
        evaluations_uri=f"s3://{context.artifacts}/evaluations/{model.name}/",
        work_uri=f"s3://{context.work_bucket(environment)}/{model.name}/",
        artifacts_kms_key_id=context.tooling_key_alias_arn,
        work_kms_key_id=context.environment_key_alias_arn(environment),
        volume_kms_key_id=context.environment_key_alias_arn(environment),
        ladder=plan_ladder(
            types,
            spot=spot is not None,
            fallback_on_demand=spot is not None and spot.fallback == "on_demand",
            spec_path=f"{path}.instance",
        ),
        instance_count=count,
        volume_gib=training.volume_gib,
        patience_seconds=60 * spot.patience_minutes if spot is not None else wait,
        max_wait_seconds=wait,
        max_runtime_seconds=runtime,
        hyperparameters=_hyperparameters(training),
        tuning=tuning_settings(training.tuning),
        training_entrypoint=training.entrypoint,
        processing_instance_type=model.evaluation.instance,
        processing_volume_key=not processing.local_nvme,
        processing_volume_gib=model.evaluation.volume_gib,
        processing_max_runtime_seconds=round(model.evaluation.max_runtime_hours * 3600),
        evaluation_entrypoint=model.evaluation.entrypoint,
        quality_rules=json.dumps(
            [rule.model_dump(mode="json", exclude_defaults=True) for rule in dataset.quality],
            sort_keys=True,
            separators=(",", ":"),
        ),
        bounds=metric_bounds(model, "held_out"),
        future_bounds=metric_bounds(model, "future"),
        regressions=regression_bounds(model, "held_out"),
        future_regressions=regression_bounds(model, "future"),
        fairness=fairness_settings(model.evaluation.fairness),
        tracking=tracking_settings(context, environment, place, model),
        model_package_group_arn=context.registry_arn(model.name),
        approve_on_registration=approved_on_registration(context),
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        event_bus_arn=context.event_bus_arn(environment),
        subnet_ids=placeholders(attachment.subnet_ids, "SubnetId"),
        security_group_ids=placeholders(attachment.security_group_ids, "SecurityGroupId"),
        tags=tuple(sorted(context.tags(environment.name).items())),
    )


def _hyperparameters(training: TrainingSpec) -> tuple[tuple[str, str], ...]:
    given = {key: as_text(value) for key, value in training.hyperparameters.items()}
    if training.spot is not None:
        given.setdefault("checkpoint_minutes", str(training.spot.checkpoint_minutes))
    return tuple(sorted(given.items()))


def placeholders(ids: tuple[Ref | str, ...], stem: str) -> tuple[str, ...]:
    """Return ids as a definition holds them: a placeholder where only AWS knows the id."""
    return tuple(
        item if isinstance(item, str) else f"${{{stem}{index}}}" for index, item in enumerate(ids)
    )


def substitutions(attachment: NetworkAttachment) -> dict[str, Ref]:
    """Return what the placeholders of a network's ids stand for."""
    pairs = [*_named(attachment.subnet_ids, "SubnetId")]
    pairs += _named(attachment.security_group_ids, "SecurityGroupId")
    return dict(pairs)


def _named(ids: tuple[Ref | str, ...], stem: str) -> list[tuple[str, Ref]]:
    return [(f"{stem}{index}", item) for index, item in enumerate(ids) if isinstance(item, Ref)]


def _check_orchestrator(context: Context, pipeline: Pipeline) -> None:
    """Refuse what the project's orchestrator cannot express, before it is met there.

    Raises:
        PlanError: If there is such a step.
    """
    orchestrator = context.spec.pipelines.orchestrator
    if orchestrator == "step_functions":
        return
    try:
        compile_for(orchestrator, pipeline)
    except PipelineError as exc:
        raise PlanError(
            "pipelines.orchestrator",
            f"{orchestrator} cannot run {pipeline.name}: {exc.path}: {exc.problem}",
            got=exc.got,
            fix=f"{exc.fix}, or use step_functions",
        ) from exc


def _pipeline(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    settings: TrainingPipelineSettings,
) -> PipelinePlan:
    standard = training_pipeline(settings)
    pipeline = context.edited(with_own_steps(context, model, standard))
    _check_orchestrator(context, pipeline)
    machine = context.pipeline_name(environment.name, model.name)
    arn = place.arn("states", f"stateMachine:{machine}")
    schedules = pipeline_schedules(context, environment, model)
    queue = schedule_queue_name(context, environment, model) if schedules else None
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
            role_parts=(environment.name, model.name, "pipeline"),
            spec_path=context.training_path(model),
        ),
        log_group_arn=place.arn(
            "logs", f"log-group:{pipeline_log_group(context, environment, model)}"
        ),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        substitutions={**substitutions(attachment), **tracking_substitutions(context)},
        schedule_role=schedule_role(context, environment, place, model, arn, queue)
        if queue is not None
        else None,
        schedule_group=name(
            "schedule-group", schedule_group_name(context.project, environment.name), model.name
        )
        if schedules
        else None,
        schedules=schedules,
        dead_letter_queue_name=queue,
        spec_path=context.training_path(model),
    )
