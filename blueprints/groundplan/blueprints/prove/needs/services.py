"""What needs follow from units that are no state machines: builds, rules, endpoints, schedules."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import bootstrap_qualifier
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts, Unit
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.needs.tables import jobs, sources

SAGEMAKER = "sagemaker.amazonaws.com"


def service_needs(facts: Facts) -> Iterator[Need]:
    """Yield what the units of a plan need besides state machines and their jobs."""
    for unit in facts.units:
        make = _ROWS.get(type(unit.value))
        if make is not None:
            yield from make(facts, unit, unit.value)


def _build(facts: Facts, unit: Unit, plan: ImageBuildPlan) -> Iterator[Need]:
    """A build reads its source, pushes an image and writes its log; a rule starts it."""
    place, role, work = unit.place, plan.role.arn, f"build {plan.name}"
    qualifier = bootstrap_qualifier(facts.plan.project)
    bucket, files = f"cdk-{qualifier}-assets-{place.account}-{place.region}", "*.zip"
    if plan.source_prefix is not None:
        bucket = name("bucket", facts.plan.project, TOOLING, "artifacts", place.account)
        files = f"{plan.source_prefix}*"
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        pattern = place.bucket_arn(bucket, files)
        yield emit.need(role, action, pattern, work=work, source=sources.CODEBUILD, whole=True)
    key = facts.encrypted.get(place.bucket_arn(bucket))
    yield from emit.use_key(role, key, "s3", jobs.READ_KEY, work=work, source=sources.S3_KMS)
    if plan.source_prefix is not None:
        yield from emit.use_key(
            facts.execution_role(unit), key, "s3", jobs.WRITE_KEY, work=f"source of {plan.name}",
            source=sources.S3_KMS,
        )  # fmt: skip
    looked_up = ("ecr:DescribeImages",) if "describe-images" in plan.buildspec else ()
    for action in (*jobs.PUSH, *looked_up):
        repository = emit.repository(place, plan.repository_uri)
        yield emit.need(role, action, repository, work=work, source=sources.ECR_PUSH)
    yield emit.registry_token(role, work=work)
    yield from emit.log(
        role, place, plan.log_group_name, jobs.TASK_LOG, work=work, source=sources.CODEBUILD
    )
    yield emit.assume("codebuild.amazonaws.com", role, place, plan.arn, work=work)
    starter, rule = plan.trigger_role.arn, place.arn("events", f"rule/{plan.rule_name}")
    work = f"rule {plan.rule_name}"
    yield emit.need(starter, "codebuild:StartBuild", plan.arn, work=work, source=sources.EVENTS)
    yield emit.assume("events.amazonaws.com", starter, place, rule, work=work)


def _rule(facts: Facts, unit: Unit, plan: EventRulePlan) -> Iterator[Need]:
    """A rule starts a state machine or reaches a bus, and keeps what it could not deliver."""
    work, target = f"rule {plan.name}", plan.target_arn
    action = "states:StartExecution" if ":states:" in target else "events:PutEvents"
    yield emit.need(plan.role.arn, action, target, work=work, source=sources.EVENTS)
    yield emit.assume("events.amazonaws.com", plan.role.arn, unit.place, plan.arn, work=work)
    yield emit.need(
        "events.amazonaws.com",
        "sqs:SendMessage",
        plan.dead_letter_queue_arn,
        work=work,
        source=sources.EVENTS_QUEUE,
        guards={"ArnEquals": {"aws:SourceArn": (plan.arn,)}},
        context={"aws:SourceAccount": unit.place.account},
    )


def _schedules(facts: Facts, unit: Unit, plan: PipelinePlan) -> Iterator[Need]:
    """A schedule starts its state machine, and keeps starts that failed."""
    if plan.schedule_role is None or plan.dead_letter_queue_name is None:
        return
    place, role, work = unit.place, plan.schedule_role.arn, f"schedules of {plan.name}"
    source, queue = sources.SCHEDULER, place.arn("sqs", plan.dead_letter_queue_name)
    yield emit.need(role, "states:StartExecution", plan.arn, work=work, source=source)
    yield emit.need(role, "sqs:SendMessage", queue, work=work, source=source)
    key = facts.encrypted.get(queue)
    yield from emit.use_key(role, key, "sqs", jobs.WRITE_KEY, work=work, source=sources.KMS_SQS)
    group = place.arn("scheduler", f"schedule-group/{plan.schedule_group}")
    yield emit.assume("scheduler.amazonaws.com", role, place, group, work=work)


def _endpoint(facts: Facts, unit: Unit, plan: EndpointPlan) -> Iterator[Need]:
    """An endpoint loads its model, writes its log and keeps what it captures."""
    place, role, work = unit.place, plan.execution_role_arn, f"endpoint {plan.name}"
    groups = facts.groups_of(plan.model)
    containers = ("InferenceSpecification", "Containers")
    models = sorted(facts.version(groups, *containers, "ModelDataUrl"))
    images = sorted(facts.version(groups, *containers, "Image"))
    yield from emit.read(facts, role, place, models, work=work, listed=False)
    yield from emit.pull(role, place, images, work=work)
    hosted = () if plan.component is None else (f"{jobs.COMPONENTS}/{plan.component.name}",)
    for group in (f"{jobs.ENDPOINTS}/{plan.name}", *hosted):
        yield from emit.log(role, place, group, jobs.LOG, work=work, source=sources.EXECUTION_ROLES)
    namespaces = (*jobs.ENDPOINT_NAMESPACES, *((jobs.COMPONENTS,) if hosted else ()))
    yield from emit.metrics(role, namespaces, work=work)
    volume = facts.key(unit, plan.volume_key_alias_arn)
    yield from emit.encrypt_volumes(role, volume, work=work)
    if plan.capture_percent > 0:
        yield from emit.write(facts, role, place, (plan.capture_uri,), work=work)
    yield from _attached(facts, unit, role, plan.network, work)
    yield emit.assume(SAGEMAKER, role, place, place.arn("sagemaker", "*"), work=work)
    yield from _deployed(facts, unit, plan, facts.execution_role(unit), groups)


def _deployed(
    facts: Facts, unit: Unit, plan: EndpointPlan, deployer: str, groups: tuple[str, ...]
) -> Iterator[Need]:
    """CloudFormation, or Pulumi, makes the model from a registered version, and the config with its key.

    The role is made once by an administrator, so that it admits whichever instance type the endpoint
    has later, also one whose volumes take a key.
    """
    work = f"stack {unit.stack.name}"
    for action in ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage"):
        for group in groups:
            versions = group.replace(":model-package-group/", ":model-package/") + "/*"
            sample = versions.replace("*", "1")
            yield emit.need(
                deployer, action, versions, sample=sample, work=work, source=sources.REGISTRY
            )
    if unit.stack.execution_role_arn is not None:  # a role of all stages has the grant anyway
        key = facts.key(unit, plan.capture_key_alias_arn)
        yield from emit.encrypt_volumes(deployer, key, work=work)


def _model_monitor(facts: Facts, unit: Unit, plan: MonitoringSchedulePlan) -> Iterator[Need]:
    """A job of Model Monitor compares captured requests with a baseline."""
    place, role, work = unit.place, plan.role_arn, f"monitoring schedule {plan.name}"
    captured = next(
        item.value.capture_uri
        for item in facts.of(EndpointPlan)
        if item.value.name == plan.endpoint_name
    )
    baseline = {uri.rpartition("/")[0] + "/" for uri in (plan.statistics_uri, plan.constraints_uri)}
    inputs = (captured, *sorted(baseline))
    yield from emit.read(facts, role, place, inputs, work=work, listed=True)
    yield from emit.write(facts, role, place, (plan.reports_uri,), work=work)
    yield from emit.pull(role, place, (plan.image_uri,), work=work)
    group = jobs.GROUPS["processing"]
    yield from emit.log(role, place, group, jobs.LOG, work=work, source=sources.EXECUTION_ROLES)
    yield from emit.metrics(role, (group,), work=work)
    volume = facts.key(unit, plan.volume_key_alias_arn)
    yield from emit.encrypt_volumes(role, volume, work=work)
    yield from _attached(facts, unit, role, plan.network, work)
    yield emit.assume(SAGEMAKER, role, place, place.arn("sagemaker", "*"), work=work)


def _attached(facts: Facts, unit: Unit, role: str, network: Any, work: str) -> Iterator[Need]:
    values = facts.stand_ins[unit.scope]
    subnets = [item if isinstance(item, str) else values[item] for item in network.subnet_ids]
    groups = [
        item if isinstance(item, str) else values[item] for item in network.security_group_ids
    ]
    yield from emit.attach(facts, role, unit.place, unit.scope, subnets, groups, work=work)


def _mlflow(facts: Facts, unit: Unit, plan: MlflowPlan) -> Iterator[Need]:
    """MLflow keeps what runs leave in a bucket."""
    place, role, work = unit.place, plan.role.arn, f"MLflow {plan.name}"
    store = (f"{plan.artifact_uri}/",)
    yield from emit.read(facts, role, place, store, work=work, listed=True)
    yield from emit.write(facts, role, place, store, work=work)
    yield emit.assume(SAGEMAKER, role, place, place.arn("sagemaker", "*"), work=work)


def _flow_log(facts: Facts, unit: Unit, plan: NetworkPlan) -> Iterator[Need]:
    """A flow log goes to its log group."""
    if plan.flow_log is None:
        return
    place, role, work = unit.place, plan.flow_log.role_arn, f"flow log of {plan.name}"
    group, source = plan.flow_log.log_group_name, sources.FLOW_LOGS
    yield from emit.log(role, place, group, jobs.LOG, work=work, source=source)
    flow_logs = place.arn("ec2", "vpc-flow-log/*")
    yield emit.assume("vpc-flow-logs.amazonaws.com", role, place, flow_logs, work=work)


_ROWS: Mapping[type, Callable[[Facts, Unit, Any], Iterator[Need]]] = {
    EndpointPlan: _endpoint,
    EventRulePlan: _rule,
    ImageBuildPlan: _build,
    MlflowPlan: _mlflow,
    MonitoringSchedulePlan: _model_monitor,
    NetworkPlan: _flow_log,
    PipelinePlan: _schedules,
}
