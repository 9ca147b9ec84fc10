"""Decides how an environment's endpoints are watched: job, state machine, schedule, alarms."""

import json
from dataclasses import replace

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.alarms import AlarmsPlan, plan_alarm, plan_alarms
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
from groundplan.blueprints.plan.drift import drift_reaction, plan_undelivered
from groundplan.blueprints.plan.endpoint import VARIANT
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.model_monitor import check_cron, model_monitor_settings
from groundplan.blueprints.plan.monitoring_role import monitoring_role
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.plan.pipeline import PipelinePlan, SchedulePlan, plan_pipeline
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import ModelMonitoringPlan, MonitoringStackPlan
from groundplan.blueprints.plan.training import placeholders, substitutions
from groundplan.blueprints.plan.training_schedules import (
    pipeline_alarms,
    schedule_group,
    schedule_queue_name,
    schedule_role,
)
from groundplan.blueprints.spec import EnvironmentSpec, FairnessSpec, ModelSpec, MonitoringSpec
from groundplan.pipelines import (
    MonitoringPipelineSettings,
    Pipeline,
    definition,
    metric_dimensions,
    metric_namespace,
    model_monitor_pipeline,
    monitoring_pipeline,
)
from groundplan.pipelines.steps.monitoring import Period

PURPOSE = "monitoring"
PERIODS: dict[str, Period] = {"hourly": "hour", "daily": "day", "weekly": "week"}
CRONS = {
    "hourly": "cron(20 * * * ? *)",
    "daily": "cron(30 1 * * ? *)",
    "weekly": "cron(30 1 ? * MON *)",
}
"""When the requests of a period, in UTC, have surely been written."""
SCHEDULED_INPUT = '{"until":"<aws.scheduler.scheduled-time>"}'
"""Input of a scheduled run: one that starts late still checks its own period."""
ALARM_PERIOD_SECONDS = 3600
MEANINGS = {
    "data_drift": "what it is asked differs from what it was trained on",
    "prediction_drift": "its answers differ from those to the held-out data",
    "target_drift": "the true answers differ from those in the training data",
    "quality": "its answers are worse than on the held-out data",
    "fairness": "its answers differ between groups by more than is allowed",
    "attribution_drift": "other features weigh in its answers than on the held-out data",
}


def monitoring_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    attachment: NetworkAttachment,
    depends_on: tuple[str, ...],
) -> MonitoringStackPlan | None:
    """Decide the monitoring stack of an environment; there is none where nothing is watched.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    watched = context.watched(environment)
    if not watched:
        return None
    models = tuple(
        _model(context, environment, place, model, monitoring, attachment)
        for model, monitoring in watched
    )
    return MonitoringStackPlan(
        stack=environment_stack(
            context, environment, place, PURPOSE, "Monitoring", depends_on=depends_on
        ),
        models=models,
        undelivered=plan_undelivered(context, environment, place, models),
    )


def _path(context: Context, model: ModelSpec) -> str:
    return f"models[{context.spec.models.index(model)}].monitoring"


def _model(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    attachment: NetworkAttachment,
) -> ModelMonitoringPlan:
    path = _path(context, model)
    role = None
    if monitoring.provider == "evidently":
        check_offered(monitoring.instance, place.region, "processing", spec_path=f"{path}.instance")
        role = monitoring_role(context, environment, place, model, monitoring, spec_path=path)
        settings = _settings(context, environment, place, model, monitoring, attachment, role)
        standard = monitoring_pipeline(settings)
    else:
        attachment = NetworkAttachment(subnet_ids=(), security_group_ids=())
        standard = model_monitor_pipeline(
            model_monitor_settings(context, environment, place, model, monitoring)
        )
    pipeline = _pipeline(context, environment, place, model, monitoring, attachment, standard)
    drift = _drift_alarms(context, environment, place, model, monitoring)
    return ModelMonitoringPlan(
        id=camel(model.name),
        model=model.name,
        role=role,
        pipeline=pipeline,
        alarms=replace(
            pipeline_alarms(context, environment, place, model, pipeline), id="PipelineAlarms"
        ),
        drift_alarms=drift,
        reaction=drift_reaction(
            context, environment, place, model, monitoring, drift, spec_path=path
        ),
    )


def _settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    attachment: NetworkAttachment,
    role: RolePlan,
) -> MonitoringPipelineSettings:
    endpoint = context.endpoint_name(environment.name, model.name)
    work = f"s3://{context.work_bucket(environment)}/{model.name}/"
    labels = monitoring.labels
    account = context.tooling.account
    return MonitoringPipelineSettings(
        project=context.project,
        environment=environment.name,
        model=model.name,
        partition=place.partition,
        endpoint_name=endpoint,
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        job_prefix=name("job-prefix", context.project, environment.name, model.name),
        processing_role_arn=role.arn,
        image_registry_account=account,
        image_registry_host=f"{account}.dkr.ecr.{place.region}.amazonaws.com",
        image_repository=context.repository(MONITORING_IMAGE),
        captured_uri=f"{work}capture/{endpoint}/{VARIANT}/",
        work_uri=work,
        labels_uri=f"{context.dataset_uri(context.dataset(labels.dataset))}{labels.prefix}/"
        if labels is not None
        else None,
        labels_after_days=labels.after_days if labels is not None else 0,
        work_kms_key_id=context.environment_key_alias_arn(environment),
        volume_kms_key_id=context.environment_key_alias_arn(environment),
        period=PERIODS[monitoring.schedule],
        options=job_options(model, monitoring),
        instance_type=monitoring.instance,
        volume_key=not instance_types()[monitoring.instance].local_nvme,
        max_runtime_seconds=round(monitoring.max_runtime_hours * 3600),
        subnet_ids=placeholders(attachment.subnet_ids, "SubnetId"),
        security_group_ids=placeholders(attachment.security_group_ids, "SecurityGroupId"),
        tags=tuple(sorted(context.tags(environment.name).items())),
    )


def job_options(model: ModelSpec, monitoring: MonitoringSpec) -> str:
    """Return the options of the job as one line of canonical JSON."""
    labels, fairness = monitoring.labels, model.evaluation.fairness
    options: dict[str, object] = {
        "checks": list(monitoring.checks),
        "significance": monitoring.significance,
        "drifted_share": monitoring.drifted_share,
        "min_rows": monitoring.min_rows,
        "ignore": list(monitoring.ignore),
    }
    if monitoring.prediction is not None:
        options["prediction"] = monitoring.prediction
    if labels is not None:
        options["label"] = labels.column
        options["labels"] = [labels.id_column, labels.label_column]
    if "fairness" in monitoring.checks and fairness is not None:
        options["positive"] = fairness.positive
        options["threshold"] = fairness.threshold
        options["fairness"] = {facet: _gaps(fairness) for facet in fairness.facets}
    return json.dumps(options, sort_keys=True, separators=(",", ":"))


def _gaps(fairness: FairnessSpec) -> dict[str, float]:
    bounds = {
        "fpr_gap": fairness.max_fpr_gap,
        "fnr_gap": fairness.max_fnr_gap,
        "demographic_parity_gap": fairness.max_demographic_parity_gap,
    }
    return {measure: bound for measure, bound in bounds.items() if bound is not None}


def _pipeline(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    attachment: NetworkAttachment,
    standard: Pipeline,
) -> PipelinePlan:
    path = _path(context, model)
    machine = name("state-machine", context.project, environment.name, model.name, PURPOSE)
    arn = place.arn("states", f"stateMachine:{machine}")
    queue = schedule_queue_name(context, environment, model, PURPOSE)
    group = schedule_group(context, environment, model, PURPOSE)
    pipeline = context.edited(standard)
    own = monitoring.provider == "evidently"
    return plan_pipeline(
        id="Pipeline",
        name=machine,
        place=place,
        definition=definition(pipeline),
        role=machine_role(
            context,
            environment,
            place,
            pipeline,
            machine=machine,
            role_parts=(environment.name, model.name, "monitoring-pipeline"),
            spec_path=path,
        ),
        log_group_arn=place.arn("logs", f"log-group:/aws/vendedlogs/states/{machine}"),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        substitutions=substitutions(attachment),
        schedule_role=schedule_role(context, environment, place, model, arn, queue, PURPOSE),
        schedule_group=group,
        schedules=(
            SchedulePlan(
                id="Schedule",
                name=name("schedule", context.project, environment.name, model.name, PURPOSE),
                expression=CRONS[monitoring.schedule] if own else check_cron(monitoring),
                time_zone="UTC",
                group_name=group,
                input=SCHEDULED_INPUT if own else "{}",
            ),
        ),
        dead_letter_queue_name=queue,
        spec_path=path,
    )


def _drift_alarms(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
) -> AlarmsPlan:
    """One alarm a check: it says which one it was, and goes out before the next run."""
    topic = name("topic", context.project, environment.name, "alerts")
    return plan_alarms(
        [
            plan_alarm(
                id=camel(check.replace("_", "-")),
                name=name(
                    "alarm", context.project, environment.name, model.name, check.replace("_", "-")
                ),
                place=place,
                description=f"{model.name} in {environment.name}: {MEANINGS[check]}; see the report"
                " of the newest run of its monitoring",
                namespace=metric_namespace(context.project),
                metric=check,
                dimensions=dict(metric_dimensions(environment.name, model.name)),
                statistic="Maximum",
                threshold=1,
                comparison="GreaterThanOrEqualToThreshold",
                period_seconds=ALARM_PERIOD_SECONDS,
            )
            for check in monitoring.checks
        ],
        topic_arn=place.arn("sns", topic),
        id="DriftAlarms",
    )
