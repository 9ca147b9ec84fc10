"""Decides how Model Monitor watches an endpoint: the schedule, and the role of its jobs."""

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.catalogue.analyzers import ANALYZER_ACCOUNTS, ANALYZER_REPOSITORY
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.attachment import network_duties
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.duties import (
    encrypt_volumes,
    list_bucket,
    pull_images,
    put_metrics,
    read_objects,
    write_key,
    write_logs,
    write_objects,
)
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.plan.role import RolePlan, iam_path, plan_role, service_trust
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec, MonitoringSpec
from groundplan.pipelines import ModelMonitorPipelineSettings

CLOSED = "closed to accounts that did not use it before 2026-07-30"
EXPRESSIONS = {"hourly": "cron(0 * ? * * *)", "daily": "cron(0 1 ? * * *)"}
"""When Model Monitor begins a run, in UTC."""
PERIOD_SECONDS = {"hourly": 3600, "daily": 86_400}
VOLUME_GIB = 30
ROLE = "model-monitor"
"""Last part of the name of the jobs' role."""


def watched_by_model_monitor(
    context: Context, environment: EnvironmentSpec
) -> tuple[tuple[ModelSpec, MonitoringSpec], ...]:
    """Return the models whose endpoints Model Monitor watches in an environment."""
    return tuple(
        (model, monitoring)
        for model, monitoring in context.watched(environment)
        if monitoring.provider == "model_monitor"
    )


def plan_model_monitor(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
) -> MonitoringSchedulePlan | None:
    """Decide Model Monitor's schedule for an endpoint; there is none where it does not watch.

    Raises:
        PlanError: If its image or the instance type is not known in the region.
    """
    for other, monitoring in watched_by_model_monitor(context, environment):
        if other is model:
            return _schedule(context, environment, place, model, monitoring, attachment)
    return None


def _schedule(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    attachment: NetworkAttachment,
) -> MonitoringSchedulePlan:
    path = f"models[{context.spec.models.index(model)}].monitoring"
    check_offered(monitoring.instance, place.region, "processing", spec_path=f"{path}.instance")
    registry = _registry(place, path)
    key = context.environment_key_alias_arn(environment)
    own = f"s3://{context.work_bucket(environment)}/{_folder(model)}"
    schedule = schedule_name(context, environment, model)
    return MonitoringSchedulePlan(
        id="ModelMonitor",
        name=schedule,
        arn=place.arn("sagemaker", f"monitoring-schedule/{schedule}"),
        endpoint_name=context.endpoint_name(environment.name, model.name),
        image_uri=f"{registry.account}.dkr.ecr.{place.region}.amazonaws.com/{ANALYZER_REPOSITORY}",
        role_arn=context.role_arn(place, environment.name, model.name, ROLE),
        expression=EXPRESSIONS[monitoring.schedule],
        statistics_uri=f"{own}baseline/statistics.json",
        constraints_uri=f"{own}baseline/constraints.json",
        reports_uri=f"{own}reports/",
        key_alias_arn=key,
        instance_type=monitoring.instance,
        volume_gib=VOLUME_GIB,
        volume_key_alias_arn=None if instance_types()[monitoring.instance].local_nvme else key,
        max_runtime_seconds=round(monitoring.max_runtime_hours * 3600),
        network=attachment,
    )


def schedule_name(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the name of Model Monitor's schedule for a model's endpoint."""
    return name("monitoring-schedule", context.project, environment.name, model.name)


def check_cron(monitoring: MonitoringSpec) -> str:
    """Return when a run of Model Monitor has surely ended, and its outcome is looked at."""
    if monitoring.schedule == "hourly":
        return "cron(55 * * * ? *)"
    return f"cron(30 {min(23, 1 + -(-monitoring.max_runtime_hours // 1)):.0f} * * ? *)"


def model_monitor_settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
) -> ModelMonitorPipelineSettings:
    """Return what the state machine that looks at the outcome has to know."""
    return ModelMonitorPipelineSettings(
        project=context.project,
        environment=environment.name,
        model=model.name,
        partition=place.partition,
        endpoint_name=context.endpoint_name(environment.name, model.name),
        schedule_name=schedule_name(context, environment, model),
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        max_age_seconds=2 * PERIOD_SECONDS[monitoring.schedule],
    )


def model_monitor_roles(
    context: Context, environment: EnvironmentSpec, place: Place
) -> tuple[RolePlan, ...]:
    """Decide the roles of Model Monitor's jobs, which exist before a schedule names them.

    Raises:
        PlanError: If AWS would refuse one for its size, or the image is not known in the region.
    """
    return tuple(
        _role(context, environment, place, model, monitoring.instance)
        for model, monitoring in watched_by_model_monitor(context, environment)
    )


def _role(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec, instance: str
) -> RolePlan:
    path = f"models[{context.spec.models.index(model)}].monitoring"
    work, key = context.work_bucket(environment), context.environment_key_alias_arn(environment)
    captured, folder = f"{model.name}/capture/", _folder(model)
    listing = "SageMaker lists an input before it copies it"
    duties = (
        read_objects(
            "ReadCaptured", place, work, captured, reason="the endpoint's requests are checked"
        ),
        list_bucket("ListCaptured", place, work, captured, reason=listing),
        read_objects(
            "ReadBaseline",
            place,
            work,
            f"{folder}baseline/",
            reason="they are checked against the constraints and statistics of a baseline",
        ),
        list_bucket("ListBaseline", place, work, f"{folder}baseline/", reason=listing),
        write_objects(
            "WriteReports", place, work, f"{folder}reports/", reason="the job leaves its reports"
        ),
        write_key(
            "EncryptReports",
            key,
            place.region,
            reason="requests and reports are encrypted under the environment's key",
        ),
        *encrypt_volumes(key, (instance,)),
        *pull_images(_registry(place, path), [ANALYZER_REPOSITORY]),
        write_logs(place, ["/aws/sagemaker/ProcessingJobs"]),
        put_metrics(["/aws/sagemaker/ProcessingJobs"]),
        *network_duties(context, environment),
    )
    return plan_role(
        id=f"ModelMonitor{camel(model.name)}Role",
        role_name=context.role_name(environment.name, model.name, ROLE),
        place=place,
        path=iam_path(context.project),
        description=f"Runs Model Monitor's jobs on {model.name} in {environment.name}",
        trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=path,
    )


def _folder(model: ModelSpec) -> str:
    return f"{model.name}/model-monitor/"


def _registry(place: Place, path: str) -> Place:
    account = ANALYZER_ACCOUNTS.get(place.region)
    if account is None:
        raise PlanError(
            f"{path}.provider",
            "Model Monitor's image is not known in this region",
            got=place.region,
            fix=f"use 'evidently', or one of {', '.join(sorted(ANALYZER_ACCOUNTS))}",
        )
    return Place(account=account, region=place.region)
