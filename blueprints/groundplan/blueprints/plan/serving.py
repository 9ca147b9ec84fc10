"""Decides the stack of one endpoint."""

from typing import TYPE_CHECKING, TypedDict, cast

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.catalogue.price_book import price_book
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import (
    MIN_INSTANCES_GUARDED,
    EndpointPlan,
    ScheduledActionPlan,
    plan_endpoint,
)
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.instance_choice import choose_hosting_type
from groundplan.blueprints.plan.model_monitor import plan_model_monitor
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
    SizingSpec,
)

if TYPE_CHECKING:
    from groundplan.blueprints.plan.sizing.serving import SizedServing

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
            )
            if context.engine == "cdk"
            else None,
            policy=_keep_endpoint() if environment.stage == "production" else None,
            endpoint=context.endpoint_name(environment.name, model.name),
        ),
        endpoint=_endpoint(context, environment, place, model, attachment),
        model_monitor=plan_model_monitor(context, environment, place, model, attachment),
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


def scales_to_zero(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> bool:
    """Return whether requests may fail while a model's endpoint wakes from zero instances."""
    own = context.overrides(environment, model).allow_errors_while_waking
    sizing = _serving_spec(model).sizing
    return own if own is not None else sizing is not None and sizing.allow_errors_while_waking


def is_sized(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> bool:
    """Return whether the number of instances follows from the model's traffic.

    Traffic is what users send, so it reaches production, or every environment of a project without
    production. Instances that an environment names itself take its place.
    """
    some = any(item.stage == "production" for item in context.spec.environments)
    return (
        _serving_spec(model).traffic is not None
        and (environment.stage == "production" or not some)
        and context.overrides(environment, model).instances is None
    )


def sized_serving(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> "SizedServing":
    """Return a model's endpoint in an environment, sized from its traffic; each is sized once.

    Raises:
        PlanError: If the model names no traffic, or its latency target cannot be met.
        InputError: If the profile is wrong, or the spec was read without it.
    """
    # Sizing needs numpy, which a project without traffic has no use for.
    from groundplan.blueprints.plan.sizing.serving import size_serving

    own, guarded = context.overrides(environment, model), _guarded(context, environment, model)
    to_zero = scales_to_zero(context, environment, model)
    key = (model.name, own.serving_instance, guarded, to_zero)
    if key not in context.sized:
        context.sized[key] = size_serving(
            _serving_spec(model),
            read=context.spec.read_file,
            region=context.region,
            prices=price_book(),
            production=guarded,
            instance=own.serving_instance,
            to_zero=to_zero,
            spec_path=_path(context, model),
        )
    return cast("SizedServing", context.sized[key])


def _path(context: Context, model: ModelSpec) -> str:
    return f"models[{context.spec.models.index(model)}].serving"


def _guarded(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> bool:
    """Return whether two instances are the fewest: in production, and to shift traffic in parts.

    Where errors are allowed while an endpoint wakes, two zones are no promise either.
    """
    if scales_to_zero(context, environment, model):
        return False
    rollout = context.overrides(environment, model).rollout or _serving_spec(model).rollout
    return rollout.strategy != "all_at_once" or environment.stage == "production"


def serving_instance(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    """Return the instance type that serves a model in an environment."""
    serving = _serving_spec(model)
    own = context.overrides(environment, model).serving_instance
    choice = own if own is not None else serving.instance
    if isinstance(choice, str):
        return choice  # without a look at prices
    if not choice.prefer and serving.traffic is not None:
        # The type that production needs, also where fewer instances of it serve.
        return sized_serving(context, environment, model).choice.instance_type
    path = _path(context, model)
    return choose_hosting_type(choice, context.region, price_book(), spec_path=path).instance_type


class _Sized(TypedDict, total=False):
    """What sizing decides beside the bounds."""

    capacity_per_minute: float
    scale_in_cooldown_seconds: int
    scale_out_cooldown_seconds: int
    scheduled: tuple[ScheduledActionPlan, ...]


def _sized(
    context: Context, environment: EnvironmentSpec, model: ModelSpec
) -> tuple[InstancesSpec, _Sized]:
    found = sized_serving(context, environment, model).endpoint
    # Where the profile holds one instance only because an endpoint has at least one, it may have none.
    fewest = 1 if scales_to_zero(context, environment, model) else 0
    bounds = InstancesSpec(
        min=found.min_instances,
        max=found.max_instances,
        target_invocations_per_minute=found.target_invocations_per_minute,
    )
    return bounds, _Sized(
        capacity_per_minute=round(found.capacity.rps * 60, 2),
        scale_in_cooldown_seconds=found.scale_in_cooldown_seconds,
        scale_out_cooldown_seconds=found.scale_out_cooldown_seconds,
        scheduled=tuple(
            ScheduledActionPlan(
                name=item.name,
                schedule=item.schedule,
                time_zone=item.time_zone,
                min_instances=item.min_instances if item.min_instances > fewest else 0,
            )
            for item in found.scheduled
        ),
    )


def _endpoint(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    attachment: NetworkAttachment,
) -> EndpointPlan:
    serving, own = _serving_spec(model), context.overrides(environment, model)
    path = _path(context, model)
    instance_type = serving_instance(context, environment, model)
    check_offered(instance_type, place.region, "hosting", spec_path=f"{path}.instance")
    known = instance_types()[instance_type]
    rollout = own.rollout if own.rollout is not None else serving.rollout
    alarms = own.alarms if own.alarms is not None else serving.alarms
    asked = own.instances if own.instances is not None else serving.instances
    guarded = _guarded(context, environment, model)
    instances, sized = asked or InstancesSpec(min=MIN_INSTANCES_GUARDED if guarded else 1), _Sized()
    if is_sized(context, environment, model):
        instances, sized = _sized(context, environment, model)
    latency = serving.latency if alarms.p99_ms is None else None
    to_zero = scales_to_zero(context, environment, model)
    if to_zero and not sized:
        starts = (serving.sizing or SizingSpec()).start_seconds
        sized = _Sized(scale_out_cooldown_seconds=-(-starts // 60) * 60)
    if environment.stage == "production" and not to_zero and instances.min < MIN_INSTANCES_GUARDED:
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
        p99_ms=alarms.p99_ms if latency is None else latency.max_ms,
        latency_percentile=99 if latency is None else latency.percentile,
        **sized,
        error_rate=alarms.error_rate,
        topic_arn=place.arn("sns", name("topic", context.project, environment.name, "alerts")),
        to_zero=to_zero,
        spec_path=path,
    )
