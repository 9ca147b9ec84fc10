"""Decides the stack of one endpoint."""

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.catalogue.price_book import price_book
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import MIN_INSTANCES_GUARDED, EndpointPlan, plan_endpoint
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.instance_choice import choose_hosting_type
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.network import (
    NetworkAttachment,
)
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import (
    serving_deployment_role_arn,
)
from groundplan.blueprints.plan.stacks import (
    ServingStackPlan,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    InstancesSpec,
    ModelSpec,
    RealtimeServing,
)
from groundplan.blueprints.spec.instance import HostingInstanceChoice

SHADOW_MINUTES = 60
"""Time for which a new version answers copies of requests, where the spec names none."""


def serving_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
    depends_on: tuple[str, ...],
) -> ServingStackPlan:
    return ServingStackPlan(
        stack=environment_stack(
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


def capture_percent(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> int:
    own = context.overrides(environment, model).capture
    capture = own if own is not None else _serving_spec(model).capture
    return capture.percent if capture is not None else 0


def _instance_type(choice: HostingInstanceChoice, region: str, path: str) -> str:
    if isinstance(choice, str):
        return choice  # without a look at prices
    return choose_hosting_type(choice, region, price_book(), spec_path=path).instance_type


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
    instance_type = _instance_type(choice, place.region, path)
    check_offered(instance_type, place.region, "hosting", spec_path=f"{path}.instance")
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
    key = context.environment_key_alias_arn(environment)
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
        capture_percent=capture_percent(context, environment, model),
        capture_uri=f"s3://{context.work_bucket(environment)}/{model.name}/capture/",
        strategy=rollout.strategy,
        percent=None if rollout.strategy == "all_at_once" else percent,
        bake_minutes=rollout.bake_minutes,
        shadow_minutes=(rollout.shadow_minutes or SHADOW_MINUTES) if rollout.shadow_first else None,
        p99_ms=alarms.p99_ms,
        error_rate=alarms.error_rate,
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        spec_path=path,
    )
