"""Decides the role of the monitoring job."""

from groundplan.blueprints.plan.attachment import network_duties
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
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
from groundplan.blueprints.plan.endpoint_parts import VARIANT
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty, RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec, MonitoringSpec

EVALUATIONS = "evaluations/"
"""Folder of the artefact bucket with what evaluation leaves, by model."""


def monitoring_role(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    *,
    spec_path: str,
) -> RolePlan:
    """Decide the role of a model's monitoring job.

    Raises:
        PlanError: If AWS would refuse it for its size.
    """
    work = context.work_bucket(environment)
    endpoint, evaluations = (
        context.endpoint_name(environment.name, model.name),
        f"{EVALUATIONS}{model.name}/",
    )
    captured = f"{model.name}/capture/{endpoint}/{VARIANT}/"
    listing = "SageMaker lists an input before it copies it"
    duties = (
        read_objects(
            "ReadCaptured", place, work, captured, reason="the endpoint's requests are checked"
        ),
        list_bucket("ListCaptured", place, work, captured, reason=listing),
        read_objects(
            "ReadBaseline",
            context.tooling,
            context.artifacts,
            evaluations,
            reason="they are compared with what the model's evaluation left",
        ),
        list_bucket(
            "ListBaseline", context.tooling, context.artifacts, evaluations, reason=listing
        ),
        read_key(
            "DecryptBaseline",
            context.tooling_key_alias_arn,
            context.region,
            reason="evaluations are encrypted under the tooling account's key",
        ),
        *_labels(context, monitoring, listing),
        write_objects(
            "WriteReports",
            place,
            work,
            f"{model.name}/monitoring/",
            reason="the job leaves its report",
        ),
        write_key(
            "EncryptReports",
            context.environment_key_alias_arn(environment),
            place.region,
            reason="requests and reports are encrypted under the environment's key",
        ),
        *encrypt_volumes(context.environment_key_alias_arn(environment), (monitoring.instance,)),
        *pull_images(context.tooling, [context.repository(MONITORING_IMAGE)]),
        write_logs(place, ["/aws/sagemaker/ProcessingJobs"]),
        put_metrics(["/aws/sagemaker/ProcessingJobs"]),
        *network_duties(context, environment),
    )
    return plan_role(
        id="JobRole",
        role_name=context.role_name(environment.name, model.name, "monitoring"),
        place=place,
        path=iam_path(context.project),
        description=f"Checks what {model.name} is asked and answers in {environment.name}",
        trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=spec_path,
    )


def _labels(context: Context, monitoring: MonitoringSpec, listing: str) -> tuple[Duty, ...]:
    if monitoring.labels is None:
        return ()
    dataset = context.dataset(monitoring.labels.dataset)
    place, bucket = context.place(dataset.account), context.dataset_bucket(dataset)
    prefix = f"{context.dataset_folder(dataset)}{monitoring.labels.prefix}/"
    return (
        read_objects("ReadLabels", place, bucket, prefix, reason="answers are judged by labels"),
        list_bucket("ListLabels", place, bucket, prefix, reason=listing),
        read_key(
            "DecryptLabels",
            context.dataset_key_alias_arn(dataset),
            place.region,
            reason="the labels' dataset is encrypted under its own key",
        ),
    )
