"""Decides an environment's training: roles, state machine, schedules and alarms of each model."""

import json

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.alarms import AlarmsPlan, plan_alarm, plan_alarms
from groundplan.blueprints.plan.context import Context, serving_image, training_image
from groundplan.blueprints.plan.duties import (
    ENCRYPT,
    encrypt_volumes,
    list_bucket,
    pull_images,
    put_metrics,
    read_key,
    read_objects,
    write_key,
    write_logs,
    write_objects,
)
from groundplan.blueprints.plan.encryption_key import key_duty, via
from groundplan.blueprints.plan.exceptions import JOBS, NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.pipeline import (
    PipelinePlan,
    SchedulePlan,
    plan_pipeline,
    schedule_group_name,
)
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan, plan_ladder
from groundplan.blueprints.plan.stacks import ModelTrainingPlan, StackPlan, TrainingStackPlan
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ModelSpec,
    ScheduleTrigger,
    TrainingSpec,
)
from groundplan.pipelines import (
    MetricBound,
    TrainingPipelineSettings,
    definition,
    training_pipeline,
)

LOG_DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
"""What a state machine's logging needs (Step Functions developer guide, logging to CloudWatch)."""
TRACE_ACTIONS = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
PROCESSING_RULE = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
"""Rule by which Step Functions is told of the end of a processing job."""


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


def pipeline_log_group(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the log group of a model's training pipeline.

    The prefix keeps the policy by which log delivery is allowed within its size.
    """
    return f"/aws/vendedlogs/states/{context.pipeline_name(environment.name, model.name)}"


def schedule_queue_name(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the name of the queue of starts that failed."""
    return name("state-machine", context.project, environment.name, model.name, "failed-starts")


def _model(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    network: tuple[Duty, ...],
) -> ModelTrainingPlan:
    training_role = _training_role(context, environment, place, model, network)
    processing_role = _processing_role(context, environment, place, model, network)
    settings = _settings(
        context, environment, place, model, attachment, training_role, processing_role
    )
    label = _label(model)
    pipeline = _pipeline(
        context, environment, place, model, attachment, settings,
        (training_role.arn, processing_role.arn),
    )  # fmt: skip
    return ModelTrainingPlan(
        model=model.name,
        training=SpotTrainingPlan(
            id=f"{label}Training",
            training_role=training_role,
            processing_role=processing_role,
            ladder=settings.ladder,
            checkpoint_uri=f"{settings.work_uri}checkpoints/",
        ),
        pipeline=pipeline,
        alarms=_alarms(context, environment, place, model, pipeline),
    )


# Roles


def _training_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    network: tuple[Duty, ...],
) -> RolePlan:
    work = context.work_bucket(environment)
    checkpoints = f"{model.name}/checkpoints/"
    duties = (
        *_read_data(context, model, "training reads its data"),
        write_objects(
            "WriteModel",
            context.tooling,
            context.artifacts,
            f"models/{model.name}/",
            reason="training leaves its model in the tooling account",
        ),
        write_key(
            "EncryptModel",
            context.tooling_key_alias_arn,
            context.region,
            reason="models are encrypted under the tooling account's key",
        ),
        read_objects(
            "ReadCheckpoints",
            place,
            work,
            checkpoints,
            reason="an interrupted run goes on from its checkpoint",
        ),
        write_objects(
            "WriteCheckpoints",
            place,
            work,
            checkpoints,
            reason="a spot interruption must cost minutes only",
        ),
        list_bucket(
            "ListCheckpoints",
            place,
            work,
            checkpoints,
            reason="SageMaker copies what is there when a run begins",
        ),
        write_key(
            "EncryptCheckpoints",
            _key_alias_arn(context, environment, place),
            place.region,
            reason="checkpoints are encrypted under the environment's key",
        ),
        encrypt_volumes(_key_alias_arn(context, environment, place)),
        *pull_images(context.tooling, [context.repository(training_image(model))]),
        write_logs(place, ["/aws/sagemaker/TrainingJobs"]),
        put_metrics(["/aws/sagemaker/TrainingJobs"]),
        *network,
    )
    return _job_role(context, environment, place, model, "training", "Trains", duties)


def _processing_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    network: tuple[Duty, ...],
) -> RolePlan:
    work = context.work_bucket(environment)
    reports = ("quality", "evaluation")
    duties = (
        *_read_data(context, model, "checks and evaluation read the data"),
        read_objects(
            "ReadModel",
            context.tooling,
            context.artifacts,
            f"models/{model.name}/",
            reason="evaluation loads the model that was trained",
        ),
        list_bucket(
            "ListModel",
            context.tooling,
            context.artifacts,
            f"models/{model.name}/",
            reason="SageMaker lists an input before it copies it",
        ),
        read_key(
            "DecryptModel",
            context.tooling_key_alias_arn,
            context.region,
            reason="models are encrypted under the tooling account's key",
        ),
        Duty(
            id="WriteReports",
            actions=("s3:AbortMultipartUpload", "s3:PutObject"),
            resources=tuple(
                place.bucket_arn(work, f"{model.name}/{report}/*") for report in reports
            ),
            reason="checks and evaluation leave their reports",
            wildcard=OBJECTS,
        ),
        write_key(
            "EncryptReports",
            _key_alias_arn(context, environment, place),
            place.region,
            reason="reports are encrypted under the environment's key",
        ),
        encrypt_volumes(_key_alias_arn(context, environment, place)),
        *pull_images(context.tooling, [context.repository(training_image(model))]),
        write_logs(place, ["/aws/sagemaker/ProcessingJobs"]),
        put_metrics(["/aws/sagemaker/ProcessingJobs"]),
        *network,
    )
    return _job_role(
        context, environment, place, model, "processing", "Checks the data and evaluates", duties
    )


def _read_data(context: Context, model: ModelSpec, reason: str) -> tuple[Duty, ...]:
    dataset = context.dataset(model.training.dataset)
    place, bucket = context.place(dataset.account), context.dataset_bucket(dataset)
    return (
        read_objects("ReadData", place, bucket, "", reason=reason),
        list_bucket("ListData", place, bucket, "", reason="SageMaker lists what it copies"),
        read_key(
            "DecryptData",
            context.dataset_key_alias_arn(dataset),
            place.region,
            reason="the dataset is encrypted under its own key",
        ),
    )


def _job_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    purpose: str,
    verb: str,
    duties: tuple[Duty, ...],
) -> RolePlan:
    return plan_role(
        id=f"{purpose.capitalize()}Role",
        role_name=context.role_name(environment.name, model.name, purpose),
        place=place,
        path=iam_path(context.project),
        description=f"{verb} {model.name} in {environment.name}",
        trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=_path(context, model),
    )


# Pipeline


def _settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    training_role: RolePlan,
    processing_role: RolePlan,
) -> TrainingPipelineSettings:
    training, own = model.training, context.overrides(environment, model)
    choice = own.training_instance if own.training_instance is not None else training.instance
    if isinstance(choice, str):
        types: tuple[str, ...] = (choice,)
    else:
        types = choice if isinstance(choice, tuple) else choice.prefer
    spot = training.spot
    runtime = round(training.max_runtime_hours * 3600)
    wait = runtime
    if spot is not None:
        wait = 2 * runtime if spot.max_wait_hours is None else round(spot.max_wait_hours * 3600)
    dataset = context.dataset(training.dataset)
    processing = instance_types()[model.evaluation.instance]
    count = own.training_instance_count
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
        dataset_uri=f"s3://{context.dataset_bucket(dataset)}/",
        artifacts_uri=f"s3://{context.artifacts}/models/{model.name}/",
        work_uri=f"s3://{context.work_bucket(environment)}/{model.name}/",
        artifacts_kms_key_id=context.tooling_key_alias_arn,
        work_kms_key_id=_key_alias_arn(context, environment, place),
        volume_kms_key_id=_key_alias_arn(context, environment, place),
        ladder=plan_ladder(
            types,
            spot=spot is not None,
            fallback_on_demand=spot is not None and spot.fallback == "on_demand",
            spec_path=f"{_path(context, model)}.instance",
        ),
        instance_count=training.instance_count if count is None else count,
        volume_gib=training.volume_gib,
        patience_seconds=60 * spot.patience_minutes if spot is not None else wait,
        max_wait_seconds=wait,
        max_runtime_seconds=runtime,
        hyperparameters=_hyperparameters(training),
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
        bounds=tuple(
            MetricBound(metric=gate.metric, min=gate.min, max=gate.max)
            for gate in model.evaluation.gates
        ),
        model_package_group_arn=context.registry_arn(model.name),
        subnet_ids=_placeholders(attachment.subnet_ids, "SubnetId"),
        security_group_ids=_placeholders(attachment.security_group_ids, "SecurityGroupId"),
        tags=tuple(sorted(context.tags(environment.name).items())),
    )


def _hyperparameters(training: TrainingSpec) -> tuple[tuple[str, str], ...]:
    given = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in training.hyperparameters.items()
    }
    if training.spot is not None:
        given.setdefault("checkpoint_minutes", str(training.spot.checkpoint_minutes))
    return tuple(sorted(given.items()))


def _placeholders(ids: tuple[Ref | str, ...], stem: str) -> tuple[str, ...]:
    return tuple(
        item if isinstance(item, str) else f"${{{stem}{index}}}" for index, item in enumerate(ids)
    )


def _substitutions(attachment: NetworkAttachment) -> dict[str, Ref]:
    pairs = [*_named(attachment.subnet_ids, "SubnetId")]
    pairs += _named(attachment.security_group_ids, "SecurityGroupId")
    return dict(pairs)


def _named(ids: tuple[Ref | str, ...], stem: str) -> list[tuple[str, Ref]]:
    return [(f"{stem}{index}", item) for index, item in enumerate(ids) if isinstance(item, Ref)]


def _pipeline(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    settings: TrainingPipelineSettings,
    job_roles: tuple[str, ...],
) -> PipelinePlan:
    machine = context.pipeline_name(environment.name, model.name)
    arn = place.arn("states", f"stateMachine:{machine}")
    schedules = _schedules(context, environment, model)
    queue = schedule_queue_name(context, environment, model) if schedules else None
    return plan_pipeline(
        id=f"{_label(model)}Pipeline",
        name=machine,
        place=place,
        definition=definition(training_pipeline(settings)),
        role=_pipeline_role(context, environment, place, model, settings, job_roles),
        log_group_arn=place.arn(
            "logs", f"log-group:{pipeline_log_group(context, environment, model)}"
        ),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        substitutions=_substitutions(attachment),
        schedule_role=_schedule_role(context, environment, place, model, arn, queue)
        if queue is not None
        else None,
        schedule_group=name(
            "schedule-group", schedule_group_name(context.project, environment.name), model.name
        )
        if schedules
        else None,
        schedules=schedules,
        dead_letter_queue_name=queue,
        spec_path=_path(context, model),
    )


def _pipeline_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    settings: TrainingPipelineSettings,
    job_roles: tuple[str, ...],
) -> RolePlan:
    dataset = context.dataset(model.training.dataset)
    data_place, work = context.place(dataset.account), context.work_bucket(environment)
    training_jobs = place.arn("sagemaker", f"training-job/{settings.job_prefix}-*")
    processing_jobs = place.arn("sagemaker", f"processing-job/{settings.job_prefix}-*")
    images = sorted({settings.image_repository, settings.serving_image_repository})
    group = context.registry_arn(model.name)
    duties = (
        Duty(
            id="ResolveImages",
            actions=("ecr:DescribeImages",),
            resources=tuple(context.tooling.arn("ecr", f"repository/{item}") for item in images),
            reason="a run names its images by digest",
        ),
        Duty(
            id="ReadDataVersions",
            actions=("s3:ListBucketVersions",),
            resources=(data_place.bucket_arn(context.dataset_bucket(dataset)),),
            reason="a run's fingerprint begins with the version of its data",
        ),
        Duty(
            id="RunTrainingJobs",
            actions=(
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:StopTrainingJob",
            ),
            resources=(training_jobs,),
            reason="the ladder starts, watches and stops training jobs",
            wildcard=JOBS,
        ),
        Duty(
            id="RunProcessingJobs",
            actions=(
                "sagemaker:CreateProcessingJob",
                "sagemaker:DescribeProcessingJob",
                "sagemaker:StopProcessingJob",
            ),
            resources=(processing_jobs,),
            reason="checks and evaluation are processing jobs",
            wildcard=JOBS,
        ),
        Duty(
            id="TagJobs",
            actions=("sagemaker:AddTags",),
            resources=(processing_jobs, training_jobs),
            reason="every job carries the project's tags",
            condition={
                "StringEquals": {
                    "sagemaker:TaggingAction": ["CreateProcessingJob", "CreateTrainingJob"]
                }
            },
            wildcard=JOBS,
        ),
        Duty(
            id="PassJobRoles",
            actions=("iam:PassRole",),
            resources=job_roles,
            reason="jobs run with roles of their own",
            condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        Duty(
            id="WaitForProcessingJobs",
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=(place.arn("events", f"rule/{PROCESSING_RULE}"),),
            reason="Step Functions learns of a job's end by a rule of its own",
        ),
        Duty(
            id="ReadReports",
            actions=("s3:GetObject",),
            resources=tuple(
                place.bucket_arn(work, f"{model.name}/{report}/*")
                for report in ("quality", "evaluation")
            ),
            reason="gates decide on the reports of checks and evaluation",
            wildcard=OBJECTS,
        ),
        read_key(
            "DecryptReports",
            _key_alias_arn(context, environment, place),
            place.region,
            reason="reports are encrypted under the environment's key",
        ),
        Duty(
            id="RegisterModel",
            actions=("sagemaker:CreateModelPackage",),
            resources=(
                group,
                group.replace(":model-package-group/", ":model-package/") + "/*",
            ),
            reason="a model that passes its gates is registered, pending approval",
            wildcard=JOBS,
        ),
        Duty(
            id="DeliverLogs",
            actions=LOG_DELIVERY_ACTIONS,
            resources=("*",),
            reason="Step Functions sets up the delivery of its log with the machine's role",
            wildcard=NO_NARROWER,
        ),
        Duty(
            id="Trace",
            actions=TRACE_ACTIONS,
            resources=("*",),
            reason="executions are traced",
            wildcard=NO_NARROWER,
        ),
    )
    machine = context.pipeline_name(environment.name, model.name)
    return plan_role(
        id="Role",
        role_name=context.role_name(environment.name, model.name, "pipeline"),
        place=place,
        path=iam_path(context.project),
        description=f"Runs the training pipeline of {model.name} in {environment.name}",
        trust=service_trust(
            "states.amazonaws.com", place, place.arn("states", f"stateMachine:{machine}")
        ),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=_path(context, model),
    )


# Schedules and alarms


def _schedules(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> tuple[SchedulePlan, ...]:
    group = name(
        "schedule-group", schedule_group_name(context.project, environment.name), model.name
    )
    found = [item for item in context.spec.pipelines.triggers if isinstance(item, ScheduleTrigger)]
    return tuple(
        SchedulePlan(
            id=f"Schedule{index}",
            name=name("schedule", context.project, environment.name, model.name, str(index)),
            expression=_cron(trigger.cron),
            time_zone=trigger.time_zone,
            group_name=group,
            input="{}",
        )
        for index, trigger in enumerate(found)
    )


def _cron(text: str) -> str:
    """Return a five-field cron as EventBridge Scheduler writes it: one day field is ``?``."""
    minute, hour, day, month, weekday = text.split(" ")
    if weekday == "*":
        weekday = "?"
    else:
        day = "?"
    return f"cron({minute} {hour} {day} {month} {weekday} *)"


def _schedule_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    machine_arn: str,
    queue: str,
) -> RolePlan:
    group = name(
        "schedule-group", schedule_group_name(context.project, environment.name), model.name
    )
    return plan_role(
        id="ScheduleRole",
        role_name=context.role_name(environment.name, model.name, "schedule"),
        place=place,
        path=iam_path(context.project),
        description=f"Starts the training of {model.name} in {environment.name} at set times",
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
                _key_alias_arn(context, environment, place),
                ENCRYPT,
                reason="the queue is encrypted under the environment's key",
                condition=via("sqs", place.region),
            ),
        ),
        permissions_boundary=context.boundary(place),
        spec_path="pipelines.triggers",
    )


def _alarms(
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
    return plan_alarms(alarms, topic_arn=place.arn("sns", topic), id=f"{_label(model)}Alarms")


def _key_alias_arn(context: Context, environment: EnvironmentSpec, place: Place) -> str:
    return place.arn("kms", f"alias/{context.key_alias(environment.name)}")


def _path(context: Context, model: ModelSpec) -> str:
    return f"models[{context.spec.models.index(model)}].training"


def _label(model: ModelSpec) -> str:
    return "".join(part.capitalize() for part in model.name.split("-"))
