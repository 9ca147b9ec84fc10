"""Decides the release machine of an environment, and what tells environments of new versions."""

from groundplan.blueprints.plan.alarms import plan_alarm, plan_alarms
from groundplan.blueprints.plan.approvals import approval_for
from groundplan.blueprints.plan.context import TOOLING, Context
from groundplan.blueprints.plan.delivery import delivery_queue, delivery_stack
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.endpoint_update import RELEASED_TAG, endpoint_settings
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.machine_role import machine_role
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.pipeline import PipelinePlan, plan_pipeline
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.release_events import (
    delivery_rules,
    release_rules,
)
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    DeliveryStackPlan,
    ReleaseStackPlan,
    ServingStackPlan,
)
from groundplan.blueprints.plan.training import placeholders, substitutions
from groundplan.blueprints.plan.triggers import build_rules
from groundplan.blueprints.plan.undelivered import plan_undelivered_events
from groundplan.blueprints.spec import EnvironmentSpec
from groundplan.pipelines import (
    Pipeline,
    ReleasePipelineSettings,
    ReleaseTarget,
    definition,
    release_pipeline,
)
from groundplan.pipelines.steps import Network

NO_ATTACHMENT = NetworkAttachment(subnet_ids=(), security_group_ids=())
UPDATE_MARGIN_SECONDS = 7200
"""What an update of a stack takes beside the endpoint's own: new instances, and a rollback."""

WAKE_MARGIN_SECONDS = 900
"""What waking takes beside the start of an instance: an alarm and a policy act before."""


def release_machine_name(context: Context, environment: EnvironmentSpec) -> str:
    """Return the name of an environment's release machine."""
    return name("state-machine", context.project, environment.name, "release")


def release_settings(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    stacks: tuple[AnyStackPlan, ...],
    attachment: NetworkAttachment = NO_ATTACHMENT,
) -> ReleasePipelineSettings:
    """Return what the release machine of an environment is built from.

    Args:
        context: The project.
        environment: The environment.
        place: Its account and region.
        stacks: Its stacks, of which those of endpoints are released to.
        attachment: Where its endpoints attach. Default: no network.
    """
    return ReleasePipelineSettings(
        project=context.project,
        environment=environment.name,
        stage=environment.stage,
        partition=place.partition,
        lock_table=context.lock_table_name(environment),
        bus_arn=context.event_bus_arn(environment),
        topic_arn=_topic_arn(context, environment, place),
        approval=approval_for(context, environment),
        targets=tuple(
            _target(context, item) for item in stacks if isinstance(item, ServingStackPlan)
        ),
        cases_bucket=context.artifacts,
        endpoint_tag=RELEASED_TAG if context.engine == "pulumi" else ENDPOINT_TAG,
        network=Network(
            subnet_ids=placeholders(attachment.subnet_ids, "SubnetId"),
            security_group_ids=placeholders(attachment.security_group_ids, "SecurityGroupId"),
        ),
    )


def release_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    stacks: tuple[AnyStackPlan, ...],
    attachment: NetworkAttachment = NO_ATTACHMENT,
) -> ReleaseStackPlan:
    """Decide the release stack of an environment that serves.

    Args:
        context: The project.
        environment: The environment.
        place: Its account and region.
        stacks: Its stacks, those of endpoints among them.
        attachment: Where its endpoints attach. Default: no network.

    Raises:
        PlanError: If AWS would refuse a policy or the state machine for its size.
    """
    machine = release_machine_name(context, environment)
    release = context.edited(
        release_pipeline(release_settings(context, environment, place, stacks, attachment))
    )
    known = substitutions(attachment) if context.engine == "pulumi" else {}
    after = ("network",) if known else ()
    pipeline = _machine(context, environment, place, machine, release, known)
    queue = name("state-machine", context.project, environment.name, "release-undelivered")
    rules = release_rules(context, environment, pipeline.arn, place.arn("sqs", queue))
    topic = _topic_arn(context, environment, place)
    return ReleaseStackPlan(
        stack=environment_stack(
            context, environment, place, "release", "Releases", depends_on=("state", *after)
        ),
        pipeline=pipeline,
        alarms=plan_alarms(
            [
                plan_alarm(
                    id=metric,
                    name=name("alarm", machine, suffix),
                    place=place,
                    description=f"a release to {environment.name} {what}; see the execution's "
                    "cause for what is served now",
                    namespace="AWS/States",
                    metric=metric,
                    dimensions={"StateMachineArn": pipeline.arn},
                )
                for metric, suffix, what in (
                    ("ExecutionsFailed", "failed", "failed"),
                    ("ExecutionsTimedOut", "timed-out", "took too long"),
                    ("ExecutionsAborted", "aborted", "was stopped by hand"),
                )
            ],
            topic_arn=topic,
            id="ReleaseAlarms",
        ),
        undelivered=plan_undelivered_events(
            name=queue,
            place=place,
            encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
            rules=[rule.arn for rule in rules],
            topic_arn=topic,
        ),
        rules=rules,
    )


def _machine(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    machine: str,
    pipeline: Pipeline,
    substitutions: dict[str, Ref],
) -> PipelinePlan:
    return plan_pipeline(
        id="Release",
        name=machine,
        place=place,
        definition=definition(pipeline),
        role=machine_role(
            context,
            environment,
            place,
            pipeline,
            machine=machine,
            role_parts=(environment.name, "release"),
            spec_path="models",
        ),
        log_group_arn=place.arn("logs", f"log-group:/aws/vendedlogs/states/{machine}"),
        encryption_key_alias=f"alias/{context.key_alias(environment.name)}",
        substitutions=substitutions,
        spec_path="models",
    )


def _target(context: Context, stack: ServingStackPlan) -> ReleaseTarget:
    endpoint, rollout = stack.endpoint, stack.endpoint.rollout
    component = endpoint.component
    settings = ""
    if context.engine == "pulumi":
        settings = endpoint_settings(endpoint, stack.stack.tags).text()
    return ReleaseTarget(
        model=endpoint.model,
        model_package_group_arn=context.registry_arn(endpoint.model),
        stack_name=stack.stack.name,
        endpoint_name=endpoint.name,
        live_parameter=endpoint.live_parameter,
        alarm_names=tuple(alarm.name for alarm in endpoint.alarms),
        shadow_alarm_names=tuple(alarm.name for alarm in endpoint.shadow_alarms),
        bake_seconds=rollout.wait_seconds,
        shadow_first=rollout.shadow_seconds is not None,
        shadow_seconds=rollout.shadow_seconds or 0,
        update_seconds=rollout.maximum_execution_seconds + UPDATE_MARGIN_SECONDS,
        inference_component=component.name if component is not None else "",
        wake_seconds=2 * component.wake.cooldown_seconds + WAKE_MARGIN_SECONDS
        if component is not None
        else 0,
        settings=settings,
        set_up=_set_up(stack) if settings else "",
    )


def _set_up(stack: ServingStackPlan) -> str:
    """Return how a person makes an endpoint that is not there; the version's ARN follows."""
    environment = stack.stack.scope
    return (
        f"make it with pulumi up --stack {environment}, then start the release again; before that: "
        f"pulumi config set --stack {environment} groundplan:modelVersion.{stack.endpoint.model} "
    )


def _topic_arn(context: Context, environment: EnvironmentSpec, place: Place) -> str:
    return place.arn("sns", name("topic", context.project, environment.name, "alerts"))


def delivery_stacks(context: Context) -> tuple[DeliveryStackPlan, ...]:
    """Decide the stack that tells environments of versions and builds, if any is to be told.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    place = context.tooling
    queue_arn = place.arn("sqs", delivery_queue(context, TOOLING))
    rules = (*delivery_rules(context, queue_arn), *build_rules(context, queue_arn))
    if not rules:
        return ()
    return (
        delivery_stack(
            context,
            TOOLING,
            place,
            rules,
            key_alias=f"alias/{context.key_alias(TOOLING)}",
            description=f"Tells the environments of {context.project} of approved models",
            depends_on="registry",
        ),
    )
