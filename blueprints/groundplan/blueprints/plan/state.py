"""Decides an environment's state: what it must not lose, and what others refer to by name."""

from groundplan.blueprints.plan.access import Access, every
from groundplan.blueprints.plan.alarms import plan_topic
from groundplan.blueprints.plan.attachment import flow_log_group, network_duties
from groundplan.blueprints.plan.context import Context, serving_image
from groundplan.blueprints.plan.data_bucket import plan_access_logs_bucket, plan_data_bucket
from groundplan.blueprints.plan.duties import (
    encrypt_volumes,
    pull_images,
    put_metrics,
    read_key,
    read_objects,
    write_key,
    write_logs,
    write_objects,
)
from groundplan.blueprints.plan.encryption_key import (
    EncryptionKeyPlan,
    plan_encryption_key,
)
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.event_bus import plan_event_bus
from groundplan.blueprints.plan.key_uses import (
    alarms_use,
    deployment_use,
    logs_use,
    tables_use,
    undelivered_use,
)
from groundplan.blueprints.plan.lock_table import plan_lock_table
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.model_monitor import model_monitor_roles
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import (
    RolePlan,
    iam_path,
    plan_role,
    service_trust,
)
from groundplan.blueprints.plan.serving import (
    capture_percent,
    scales_to_zero,
    serving_instance,
)
from groundplan.blueprints.plan.stacks import AnyStackPlan, StateStackPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    IsolatedNetwork,
    ModelSpec,
)

RETENTION_DAYS = {"development": 30, "staging": 90, "production": 365}
"""Days that old versions of an environment's working data are kept, by stage."""


def state_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    stacks: tuple[AnyStackPlan, ...],
    roles: tuple[RolePlan, ...],
    access: Access,
) -> StateStackPlan:
    """Decide the state stack of an environment.

    Args:
        context: The project.
        environment: The environment.
        place: Its account and region.
        stacks: Its other stacks, whose log groups are made here, beside their key.
        roles: What :func:`state_roles` returns.
        access: What all roles do with the environment's key, bucket and bus.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    retain = environment.stage == "production"
    logs = context.bucket(environment.name, "logs", place)
    groups = _log_groups(context, environment, place, stacks, access)
    key = _key(context, environment, place, groups, stacks, access, retain=retain)
    work = context.work_bucket(environment)
    topic = plan_topic(
        id="Alerts",
        name=name("topic", context.project, environment.name, "alerts"),
        place=place,
        encryption_key_alias=key.alias,
        emails=(context.spec.owner,) if context.spec.owner is not None else (),
    )
    return StateStackPlan(
        stack=environment_stack(
            context, environment, place, "state", "Keys, buckets and roles", protected=True
        ),
        key=key,
        access_logs=plan_access_logs_bucket(name=logs, place=place, sources=(work,), retain=retain),
        work=plan_data_bucket(
            id="Work",
            name=work,
            place=place,
            encryption_key=key.arn,
            key_alias_arn=key.alias_arn,
            access=access.foreign_bucket_access(place, work),
            access_logs_bucket=logs,
            organization_id=context.spec.organization_id,
            noncurrent_days=RETENTION_DAYS[environment.stage],
            retain=retain,
        ),
        topic=topic,
        locks=plan_lock_table(
            name=context.lock_table_name(environment),
            place=place,
            encryption_key=key.arn,
            deletion_protection=retain,
        ),
        bus=plan_event_bus(
            name=context.event_bus_name(environment),
            place=place,
            description=f"Events of {context.project} in {environment.name}",
            sources=access.event_sources(place, context.event_bus_arn(environment)),
        ),
        log_groups=groups,
        roles=roles,
    )


def _log_groups(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    stacks: tuple[AnyStackPlan, ...],
    access: Access,
) -> tuple[LogGroupPlan, ...]:
    """Return a group for each state machine and endpoint, and each other one that roles write to."""
    named = {}
    for machine in every(stacks, PipelinePlan):
        purpose = machine.name.removeprefix(f"{context.project}-{environment.name}-")
        named[machine.log_group_arn.rpartition(":")[2]] = f"Pipeline{camel(purpose)}Logs"
    for model in context.served():
        group = context.endpoint_log_group(environment.name, model.name)
        named[group] = f"Endpoint{camel(model.name)}Logs"
        if scales_to_zero(context, environment, model):
            group = context.component_log_group(environment.name, model.name)
            named[group] = f"Component{camel(model.name)}Logs"
    own = f"/groundplan/{context.project}/{environment.name}/"
    for group in access.log_groups(place, own):
        named[group] = f"{camel(group.removeprefix(own).replace('/', '-'))}Logs"
    return tuple(
        plan_log_group(
            id=id,
            name=group,
            place=place,
            encryption_key=EncryptionKeyPlan.ref("Key"),
            retention_days=context.spec.governance.log_retention_days,
        )
        for group, id in named.items()
    )


def _key(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    groups: tuple[LogGroupPlan, ...],
    stacks: tuple[AnyStackPlan, ...],
    access: Access,
    *,
    retain: bool,
) -> EncryptionKeyPlan:
    alias = context.environment_key_alias_arn(environment)
    services = [alarms_use(place)]
    if groups:
        services.append(logs_use(place, [group.arn for group in groups]))
    if any(True for _ in every(stacks, UndeliveredEventsPlan)):
        services.append(undelivered_use(place))
    return plan_encryption_key(
        alias=context.key_alias(environment.name),
        place=place,
        description=f"Working data of {context.project} in {environment.name}",
        uses=(
            *access.key_uses(alias),
            deployment_use(context.deployment_role(place)),
            tables_use(place, context.deployment_role(place)),
        ),
        services=services,
        organization_id=context.spec.organization_id,
        retain=retain,
        spec_path="models",
    )


def state_roles(
    context: Context, environment: EnvironmentSpec, place: Place
) -> tuple[RolePlan, ...]:
    """Decide the roles that an environment has before anything is trained or served in it.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    found = [_serving_role(context, environment, place, model) for model in context.served()]
    found += model_monitor_roles(context, environment, place)
    if isinstance(context.network(environment), IsolatedNetwork):
        found.append(_flow_log_role(context, environment, place))
    return tuple(found)


def _serving_role(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec
) -> RolePlan:
    artifacts = f"models/{model.name}/"
    groups = [context.endpoint_log_group(environment.name, model.name)]
    namespaces = ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]
    if scales_to_zero(context, environment, model):
        groups.append(context.component_log_group(environment.name, model.name))
        namespaces.append("/aws/sagemaker/InferenceComponents")
    duties = [
        read_objects(
            "ReadModel",
            context.tooling,
            context.artifacts,
            artifacts,
            reason="containers load the model that they serve",
        ),
        read_key(
            "DecryptModel",
            context.tooling_key_alias_arn,
            context.region,
            reason="models are encrypted under the tooling account's key",
        ),
        *pull_images(context.tooling, [context.repository(serving_image(model))]),
        write_logs(place, groups),
        put_metrics(namespaces),
        *encrypt_volumes(
            context.environment_key_alias_arn(environment),
            (serving_instance(context, environment, model),),
        ),
        *network_duties(context, environment),
    ]
    if capture_percent(context, environment, model) > 0:
        work = context.work_bucket(environment)
        duties += [
            write_objects(
                "CaptureRequests",
                place,
                work,
                f"{model.name}/capture/",
                reason="the endpoint keeps a share of its requests for monitoring",
            ),
            write_key(
                "EncryptCapture",
                context.environment_key_alias_arn(environment),
                place.region,
                reason="captured requests are encrypted under the environment's key",
            ),
        ]
    return plan_role(
        id=f"Serving{camel(model.name)}Role",
        role_name=context.role_name(environment.name, model.name, "serving"),
        place=place,
        path=iam_path(context.project),
        description=f"Runs the containers of {model.name} in {environment.name}",
        trust=service_trust("sagemaker.amazonaws.com", place, place.arn("sagemaker", "*")),
        duties=duties,
        permissions_boundary=context.boundary(place),
        spec_path=f"models[{context.spec.models.index(model)}].serving",
    )


def _flow_log_role(context: Context, environment: EnvironmentSpec, place: Place) -> RolePlan:
    return plan_role(
        id="FlowLogRole",
        role_name=context.role_name(environment.name, "flow-log"),
        place=place,
        path=iam_path(context.project),
        description=f"Delivers the flow log of {environment.name}",
        trust=service_trust(
            "vpc-flow-logs.amazonaws.com", place, place.arn("ec2", "vpc-flow-log/*")
        ),
        duties=(write_logs(place, [flow_log_group(context, environment)]),),
        permissions_boundary=context.boundary(place),
        spec_path="network",
    )
