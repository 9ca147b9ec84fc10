"""Decides an environment's stacks: state, network, training and one for each endpoint."""

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.alarms import plan_topic
from groundplan.blueprints.plan.context import SCOPE_TAG, Context, serving_image
from groundplan.blueprints.plan.data_bucket import plan_access_logs_bucket, plan_data_bucket
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.duties import (
    ENCRYPT,
    attach_to_network,
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
    KeyUse,
    for_aws_resource,
    plan_encryption_key,
    via,
)
from groundplan.blueprints.plan.endpoint import MIN_INSTANCES_GUARDED, EndpointPlan, plan_endpoint
from groundplan.blueprints.plan.key_uses import alarms_use, deployment_use, logs_use
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.network import (
    FlowLogPlan,
    NetworkAttachment,
    NetworkPlan,
    plan_network,
)
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import (
    Duty,
    RolePlan,
    bootstrap_qualifier,
    iam_path,
    plan_role,
    service_trust,
    serving_deployment_role_arn,
)
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    NetworkStackPlan,
    ServingStackPlan,
    StackPlan,
    StagePlan,
    StateStackPlan,
)
from groundplan.blueprints.plan.training import (
    pipeline_log_group,
    plan_training_stack,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ExistingNetwork,
    InstancesSpec,
    IsolatedNetwork,
    ModelSpec,
    NoNetwork,
    RealtimeServing,
)

RETENTION_DAYS = {"development": 30, "staging": 90, "production": 365}
"""Days that old versions of an environment's working data are kept, by stage."""


def plan_environment(context: Context, environment: EnvironmentSpec) -> StagePlan:
    """Decide the stage of one environment.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    place = context.place(environment.account)
    network = _network_stack(context, environment, place)
    attachment = _attachment(context, environment, network)
    stacks: list[AnyStackPlan] = [_state(context, environment, place)]
    if network is not None:
        stacks.append(network)
    after = ("state", "network") if network is not None else ("state",)
    if environment is context.training:
        stacks.append(
            plan_training_stack(
                context,
                environment,
                place,
                attachment,
                network_duties(context, environment),
                depends_on=after,
            )
        )
    stacks.extend(
        _serving_stack(context, environment, place, model, attachment, after)
        for model in context.served()
    )
    return StagePlan(id=environment.name, place=place, stacks=tuple(stacks))


def network_duties(context: Context, environment: EnvironmentSpec) -> tuple[Duty, ...]:
    """Return what attaching containers to the environment's network needs."""
    network = context.network(environment)
    place = context.place(environment.account)
    match network:
        case NoNetwork():
            return ()
        case ExistingNetwork():
            return attach_to_network(
                place,
                scope_tag=None,
                subnet_ids=network.subnet_ids,
                security_group_ids=network.security_group_ids,
            )
        case IsolatedNetwork():
            tag = (SCOPE_TAG, f"{context.project}-{environment.name}")
            return attach_to_network(place, scope_tag=tag)


def _stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    id: str,
    description: str,
    *,
    protected: bool = False,
    depends_on: tuple[str, ...] = (),
    execution_role_arn: str | None = None,
    policy: Json = None,
    endpoint: str | None = None,
) -> StackPlan:
    tags = context.tags(environment.name)
    if endpoint is not None:
        tags[ENDPOINT_TAG] = endpoint
    return StackPlan(
        id=id,
        name=context.stack_name(environment.name, id),
        scope=environment.name,
        place=place,
        description=f"{description} of {context.project} in {environment.name}",
        termination_protection=protected,
        tags=tags,
        depends_on=depends_on,
        execution_role_arn=execution_role_arn,
        policy=policy,
    )


# State


def _state(context: Context, environment: EnvironmentSpec, place: Place) -> StateStackPlan:
    retain = environment.stage == "production"
    logs = context.bucket(environment.name, "logs", place)
    groups = _log_groups(context, environment, place)
    key = _key(context, environment, place, groups, retain)
    work = context.work_bucket(environment)
    topic = plan_topic(
        id="Alerts",
        name=name("topic", context.project, environment.name, "alerts"),
        place=place,
        encryption_key_alias=key.alias,
        emails=(context.spec.owner,) if context.spec.owner is not None else (),
    )
    return StateStackPlan(
        stack=_stack(
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
            access_logs_bucket=logs,
            organization_id=context.spec.organization_id,
            noncurrent_days=RETENTION_DAYS[environment.stage],
            retain=retain,
        ),
        topic=topic,
        log_groups=groups,
        roles=_state_roles(context, environment, place),
    )


def _flow_log_group(context: Context, environment: EnvironmentSpec) -> str:
    return f"/groundplan/{context.project}/{environment.name}/flow-log"


def _log_groups(
    context: Context, environment: EnvironmentSpec, place: Place
) -> tuple[LogGroupPlan, ...]:
    named = []
    if environment is context.training:
        named += [
            (f"Pipeline{_label(model)}Logs", pipeline_log_group(context, environment, model))
            for model in context.spec.models
        ]
    named += [
        (f"Endpoint{_label(model)}Logs", context.endpoint_log_group(environment.name, model.name))
        for model in context.served()
    ]
    if isinstance(context.network(environment), IsolatedNetwork):
        named.append(("FlowLogs", _flow_log_group(context, environment)))
    return tuple(
        plan_log_group(
            id=id,
            name=group,
            place=place,
            encryption_key=EncryptionKeyPlan.ref("Key"),
            retention_days=context.spec.governance.log_retention_days,
        )
        for id, group in named
    )


def _key(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    groups: tuple[LogGroupPlan, ...],
    retain: bool,
) -> EncryptionKeyPlan:
    s3, volumes = via("s3", place.region), for_aws_resource()

    def roles(models: tuple[ModelSpec, ...], *purposes: str) -> tuple[str, ...]:
        return tuple(
            context.role_arn(place, environment.name, model.name, purpose)
            for model in models
            for purpose in purposes
        )

    serving = roles(context.served(), "serving")
    deployments = tuple(
        serving_deployment_role_arn(place, context.project, environment.name, model.name)
        for model in context.served()
    )
    grants: tuple[str, ...] = serving + deployments
    writers = serving
    uses = []
    if environment is context.training:
        jobs = roles(context.spec.models, "training", "processing")
        grants, writers = grants + jobs, writers + jobs
        machines = roles(context.spec.models, "pipeline")
        uses.append(
            KeyUse(id="ReadReports", roles=machines, actions=("kms:Decrypt",), condition=s3)
        )
        if context.spec.pipelines.triggers:
            schedules = roles(context.spec.models, "schedule")
            queue = via("sqs", place.region)
            uses.append(
                KeyUse(id="KeepFailedStarts", roles=schedules, actions=ENCRYPT, condition=queue)
            )
    if writers:
        uses += [
            KeyUse(id="Work", roles=writers, actions=ENCRYPT, condition=s3),
            KeyUse(
                id="EncryptVolumes", roles=grants, actions=("kms:CreateGrant",), condition=volumes
            ),
        ]
    uses.append(deployment_use(place, bootstrap_qualifier(context.project)))
    services = [alarms_use(place)]
    if groups:
        services.append(logs_use(place, [group.arn for group in groups]))
    return plan_encryption_key(
        alias=context.key_alias(environment.name),
        place=place,
        description=f"Working data of {context.project} in {environment.name}",
        uses=uses,
        services=services,
        organization_id=context.spec.organization_id,
        retain=retain,
        spec_path="models",
    )


def _state_roles(
    context: Context, environment: EnvironmentSpec, place: Place
) -> tuple[RolePlan, ...]:
    found = [_serving_role(context, environment, place, model) for model in context.served()]
    if isinstance(context.network(environment), IsolatedNetwork):
        found.append(_flow_log_role(context, environment, place))
    return tuple(found)


def _serving_role(
    context: Context, environment: EnvironmentSpec, place: Place, model: ModelSpec
) -> RolePlan:
    artifacts = f"models/{model.name}/"
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
        write_logs(place, [context.endpoint_log_group(environment.name, model.name)]),
        put_metrics(["/aws/sagemaker/Endpoints", "AWS/SageMaker"]),
        encrypt_volumes(place.arn("kms", f"alias/{context.key_alias(environment.name)}")),
        *network_duties(context, environment),
    ]
    if _capture_percent(context, environment, model) > 0:
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
                place.arn("kms", f"alias/{context.key_alias(environment.name)}"),
                place.region,
                reason="captured requests are encrypted under the environment's key",
            ),
        ]
    return plan_role(
        id=f"Serving{_label(model)}Role",
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
        duties=(write_logs(place, [_flow_log_group(context, environment)]),),
        permissions_boundary=context.boundary(place),
        spec_path="network",
    )


# Network


def _network_stack(
    context: Context, environment: EnvironmentSpec, place: Place
) -> NetworkStackPlan | None:
    network = context.network(environment)
    if not isinstance(network, IsolatedNetwork):
        return None
    scope = f"{context.project}-{environment.name}"
    others = [
        context.spec.account_id(key) for key in context.spec.accounts if key != environment.account
    ]
    return NetworkStackPlan(
        stack=_stack(
            context, environment, place, "network", "Isolated network", depends_on=("state",)
        ),
        network=plan_network(
            name=scope,
            place=place,
            cidr=network.vpc_cidr,
            zones=network.zones,
            allowed_accounts=others,
            organization_id=context.spec.organization_id,
            flow_log=FlowLogPlan(
                log_group_name=_flow_log_group(context, environment),
                role_arn=context.role_arn(place, environment.name, "flow-log"),
            ),
            scope_tag=(SCOPE_TAG, scope),
        ),
    )


def _attachment(
    context: Context, environment: EnvironmentSpec, stack: NetworkStackPlan | None
) -> NetworkAttachment:
    if stack is not None:
        plan: NetworkPlan = stack.network
        return NetworkAttachment(
            subnet_ids=plan.subnet_ids, security_group_ids=plan.security_group_ids
        )
    network = context.network(environment)
    if isinstance(network, ExistingNetwork):
        return NetworkAttachment(
            subnet_ids=network.subnet_ids, security_group_ids=network.security_group_ids
        )
    return NetworkAttachment(subnet_ids=(), security_group_ids=())


# Serving


def _serving_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    depends_on: tuple[str, ...],
) -> ServingStackPlan:
    return ServingStackPlan(
        stack=_stack(
            context,
            environment,
            place,
            f"serving-{model.name}",
            f"Endpoint of {model.name}",
            depends_on=depends_on,
            execution_role_arn=serving_deployment_role_arn(
                place, context.project, environment.name, model.name
            ),
            policy=_keep_endpoint() if environment.stage == "production" else None,
            endpoint=context.endpoint_name(environment.name, model.name),
        ),
        endpoint=_endpoint(context, environment, place, model, attachment),
    )


def _keep_endpoint() -> Json:
    everything: Json = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    keep: Json = {
        "Effect": "Deny",
        "Action": ["Update:Delete", "Update:Replace"],
        "Principal": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"ResourceType": ["AWS::SageMaker::Endpoint"]}},
    }
    return {"Statement": [everything, keep]}


def _serving_spec(model: ModelSpec) -> RealtimeServing:
    if not isinstance(model.serving, RealtimeServing):
        raise TypeError(f"{model.name}: the spec admits only realtime serving yet")
    return model.serving


def _capture_percent(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> int:
    own = context.overrides(environment, model).capture
    capture = own if own is not None else _serving_spec(model).capture
    return capture.percent if capture is not None else 0


def _endpoint(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
) -> EndpointPlan:
    serving, own = _serving_spec(model), context.overrides(environment, model)
    index = context.spec.models.index(model)
    path = f"models[{index}].serving"
    choice = own.serving_instance if own.serving_instance is not None else serving.instance
    instance_type = choice if isinstance(choice, str) else choice.prefer[0]
    known = instance_types()[instance_type]
    rollout = own.rollout if own.rollout is not None else serving.rollout
    alarms = own.alarms if own.alarms is not None else serving.alarms
    asked = own.instances if own.instances is not None else serving.instances
    guarded = rollout.strategy != "all_at_once" or environment.stage == "production"
    instances = asked or InstancesSpec(min=MIN_INSTANCES_GUARDED if guarded else 1)
    if environment.stage == "production" and instances.min < MIN_INSTANCES_GUARDED:
        raise PlanError(
            f"{path}.instances.min",
            f"production serves from at least {MIN_INSTANCES_GUARDED} instances in two zones",
            got=instances.min,
            fix=f"set it to {MIN_INSTANCES_GUARDED}, or override it for the other environments",
        )
    key = place.arn("kms", f"alias/{context.key_alias(environment.name)}")
    percent = rollout.percent if rollout.percent is not None else 10
    target = instances.target_invocations_per_minute
    return plan_endpoint(
        name=context.endpoint_name(environment.name, model.name),
        place=place,
        model=model.name,
        execution_role_arn=context.role_arn(place, environment.name, model.name, "serving"),
        instance_type=instance_type,
        live_parameter=f"/groundplan/{context.project}/{environment.name}/{model.name}/live",
        volume_key_alias_arn=None if known.local_nvme else key,
        capture_key_alias_arn=key,
        min_instances=instances.min,
        max_instances=instances.max,
        target_invocations_per_minute=target,
        network=attachment,
        capture_percent=_capture_percent(context, environment, model),
        capture_uri=f"s3://{context.work_bucket(environment)}/{model.name}/capture/",
        strategy=rollout.strategy,
        percent=None if rollout.strategy == "all_at_once" else percent,
        bake_minutes=rollout.bake_minutes,
        p99_ms=alarms.p99_ms,
        error_rate=alarms.error_rate,
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        spec_path=path,
    )


def _label(model: ModelSpec) -> str:
    return "".join(part.capitalize() for part in model.name.split("-"))
