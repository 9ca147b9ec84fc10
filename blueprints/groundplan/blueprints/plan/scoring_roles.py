"""Decides the roles of batch scoring: a transform's containers', or those of a job of AWS Batch."""

from groundplan.blueprints.plan.attachment import network_duties
from groundplan.blueprints.plan.context import Context, serving_image
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
    write_task_logs,
)
from groundplan.blueprints.plan.names import Place, camel
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import DatasetSpec, EnvironmentSpec, ModelSpec

SCORED = "score/"
"""Folder of a dataset whose files are scored."""


def predictions(model: ModelSpec) -> str:
    """Return the prefix of a model's predictions in the work bucket."""
    return f"predictions/{model.name}/"


def scoring_log_group(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the log group of a model's jobs of AWS Batch."""
    return f"/groundplan/{context.project}/{environment.name}/scoring/{model.name}"


def transform_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    dataset: DatasetSpec,
    instance: str,
) -> RolePlan:
    """Decide the role of a transform's containers, which SageMaker reads and writes data with."""
    return _role(
        context, environment, place, model, "scoring",
        f"Scores with {model.name} in {environment.name}",
        service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        (
            *_data(context, environment, place, model, dataset),
            *encrypt_volumes(context.environment_key_alias_arn(environment), (instance,)),
            *pull_images(context.tooling, [context.repository(serving_image(model))]),
            write_logs(place, ["/aws/sagemaker/TransformJobs"]),
            put_metrics(["/aws/sagemaker/TransformJobs"]),
            *network_duties(context, environment),
        ),
    )  # fmt: skip


def batch_job_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    dataset: DatasetSpec,
) -> RolePlan:
    """Decide the role of the program in a job of AWS Batch."""
    return _role(
        context, environment, place, model, "scoring",
        f"Scores with {model.name} in {environment.name}",
        _tasks_trust(place),
        _data(context, environment, place, model, dataset),
    )  # fmt: skip


def batch_execution_role(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec
) -> RolePlan:
    """Decide the role by which Fargate starts a job: it pulls the image and writes the log."""
    return _role(
        context, environment, place, model, "scoring-start",
        f"Starts the containers that score with {model.name} in {environment.name}",
        _tasks_trust(place),
        (
            *pull_images(context.tooling, [context.repository(serving_image(model))]),
            write_task_logs(place, [scoring_log_group(context, environment, model)]),
        ),
    )  # fmt: skip


def _tasks_trust(place: Place) -> PolicyDocument:
    return service_trust("ecs-tasks.amazonaws.com", place, place.arn("ecs", "*"))


def _data(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    dataset: DatasetSpec,
) -> tuple[Duty, ...]:
    data_place, bucket = context.place(dataset.account), context.dataset_bucket(dataset)
    work, folder = context.work_bucket(environment), f"{context.dataset_folder(dataset)}{SCORED}"
    return (
        read_objects("ReadData", data_place, bucket, folder, reason="its files are scored"),
        list_bucket(
            "ListData", data_place, bucket, folder, reason="files are listed before they are read"
        ),
        read_key(
            "DecryptData",
            context.dataset_key_alias_arn(dataset),
            data_place.region,
            reason="the dataset is encrypted under its own key",
        ),
        read_objects(
            "ReadModel",
            context.tooling,
            context.artifacts,
            f"models/{model.name}/",
            reason="the version that scores is loaded",
        ),
        read_key(
            "DecryptModel",
            context.tooling_key_alias_arn,
            context.region,
            reason="models are encrypted under the tooling account's key",
        ),
        write_objects(
            "WritePredictions",
            place,
            work,
            f"{predictions(model)}dt=",
            reason="predictions are left in the environment's bucket",
        ),
        write_key(
            "EncryptPredictions",
            context.environment_key_alias_arn(environment),
            place.region,
            reason="predictions are encrypted under the environment's key",
        ),
    )


def _role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    purpose: str,
    description: str,
    trust: PolicyDocument,
    duties: tuple[Duty, ...],
) -> RolePlan:
    return plan_role(
        id=f"{camel(model.name)}{camel(purpose)}Role",
        role_name=context.role_name(environment.name, model.name, purpose),
        place=place,
        path=iam_path(context.project),
        description=description,
        trust=trust,
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=f"models[{context.spec.models.index(model)}].serving",
    )
