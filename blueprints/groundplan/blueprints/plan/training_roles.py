"""Decides the roles of a model's training: its jobs', and its state machine's."""

from groundplan.blueprints.plan.context import Context, training_image
from groundplan.blueprints.plan.duties import (
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
from groundplan.blueprints.plan.exceptions import JOBS, NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ModelSpec,
)
from groundplan.pipelines import (
    TrainingPipelineSettings,
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


def training_role(
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
            context.environment_key_alias_arn(environment),
            place.region,
            reason="checkpoints are encrypted under the environment's key",
        ),
        encrypt_volumes(context.environment_key_alias_arn(environment)),
        *pull_images(context.tooling, [context.repository(training_image(model))]),
        write_logs(place, ["/aws/sagemaker/TrainingJobs"]),
        put_metrics(["/aws/sagemaker/TrainingJobs"]),
        *network,
    )
    return _job_role(context, environment, place, model, "training", "Trains", duties)


def processing_role(
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
            context.environment_key_alias_arn(environment),
            place.region,
            reason="reports are encrypted under the environment's key",
        ),
        encrypt_volumes(context.environment_key_alias_arn(environment)),
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
        spec_path=context.training_path(model),
    )


def pipeline_role(
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
            context.environment_key_alias_arn(environment),
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
        spec_path=context.training_path(model),
    )
