"""Decides the roles of a model's training jobs."""

from dataclasses import replace

from groundplan.blueprints.plan.context import Context, training_image
from groundplan.blueprints.plan.custom_steps import OWN_FOLDER, own_images, own_steps
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
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ModelSpec,
)

TRAINED_ON = "train/"
"""Folder of a dataset that is trained on."""


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
        *_read_data(context, model, TRAINED_ON, "training reads its data"),
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
        *encrypt_volumes(
            context.environment_key_alias_arn(environment),
            training_types(context, environment, model),
        ),
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
    duties = (
        *_read_data(context, model, "", "checks and evaluation read the data"),
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
        write_objects(
            "WriteReports",
            place,
            work,
            f"{model.name}/quality/",
            reason="checks leave their reports",
        ),
        write_objects(
            "WriteEvaluations",
            context.tooling,
            context.artifacts,
            f"evaluations/{model.name}/",
            reason="evaluations lie beside the models, where every environment can read the cases",
        ),
        write_key(
            "UseArtifactKey",
            context.tooling_key_alias_arn,
            context.region,
            reason="models and evaluations are encrypted under the tooling account's key",
        ),
        write_key(
            "EncryptReports",
            context.environment_key_alias_arn(environment),
            place.region,
            reason="reports are encrypted under the environment's key",
        ),
        *encrypt_volumes(
            context.environment_key_alias_arn(environment),
            (model.evaluation.instance, *(item.instance for _, item in own_steps(context, model))),
        ),
        *_own_reports(context, model, place, work),
        *pull_images(
            context.tooling,
            [
                context.repository(image)
                for image in dict.fromkeys((training_image(model), *own_images(context, model)))
            ],
        ),
        write_logs(place, ["/aws/sagemaker/ProcessingJobs"]),
        put_metrics(["/aws/sagemaker/ProcessingJobs"]),
        *network,
    )
    return _job_role(
        context, environment, place, model, "processing", "Checks the data and evaluates", duties
    )


def _own_reports(context: Context, model: ModelSpec, place: Place, work: str) -> tuple[Duty, ...]:
    own = [spec.name for _, spec in own_steps(context, model) if spec.replaces is None]
    duties = [
        write_objects(
            "WriteOwnReports",
            place,
            work,
            f"{model.name}/{OWN_FOLDER}/{name}/",
            reason="steps of the user's own leave their reports",
        )
        for name in own
    ]
    if not duties:
        return ()
    return (replace(duties[0], resources=tuple(duty.resources[0] for duty in duties)),)


def _read_data(context: Context, model: ModelSpec, folder: str, reason: str) -> tuple[Duty, ...]:
    dataset = context.dataset(model.training.dataset)
    place, bucket = context.place(dataset.account), context.dataset_bucket(dataset)
    folder = f"{context.dataset_folder(dataset)}{folder}"
    return (
        read_objects("ReadData", place, bucket, folder, reason=reason),
        list_bucket("ListData", place, bucket, folder, reason="SageMaker lists what it copies"),
        read_key(
            "DecryptData",
            context.dataset_key_alias_arn(dataset),
            place.region,
            reason="the dataset is encrypted under its own key",
        ),
    )


def training_types(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> tuple[str, ...]:
    """Return the instance types that a model is trained on, the first choice first."""
    own = context.overrides(environment, model).training_instance
    choice = own if own is not None else model.training.instance
    if isinstance(choice, str):
        return (choice,)
    return choice if isinstance(choice, tuple) else choice.prefer


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
