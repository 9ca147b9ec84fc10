"""Decides an endpoint: what serves it, how many, how a release replaces it, when it rolls back."""

from dataclasses import dataclass, replace
from typing import Literal

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.alarms import AlarmPlan, plan_alarm
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.ref import Ref

VARIANT = "primary"
"""Name of the production variant. Guardrails need it to stay the same between configs."""
SHADOW_VARIANT = "shadow"
NO_MODEL = "none"
"""Value of the version parameters while nothing is served."""
Strategy = Literal["all_at_once", "canary", "linear"]
TRAFFIC_ROUTING = {"all_at_once": "ALL_AT_ONCE", "canary": "CANARY", "linear": "LINEAR"}
MIN_INSTANCES_GUARDED = 2
"""Fewest instances by which traffic can be shifted in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledActionPlan:
    """A recurring change of the fewest instances, for a peak that can be foreseen."""

    name: str
    """Name, unique within the endpoint."""

    schedule: str
    """When, as Application Auto Scaling writes it: ``cron(50 6 ? * MON-FRI *)``."""

    time_zone: str
    """Zone of the schedule, whose clock changes it follows."""

    min_instances: int
    """Fewest instances from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    """Target tracking of a variant's instance count."""

    min_instances: int
    """Fewest instances."""

    max_instances: int
    """Most instances."""

    target_invocations_per_minute: float
    """Invocations per instance and minute that the policy holds."""

    scale_in_cooldown_seconds: int
    """Pause after instances were removed."""

    scale_out_cooldown_seconds: int
    """Pause after instances were added."""

    policy_name: str
    """Physical name of the scaling policy."""

    resource_id: str
    """Id by which Application Auto Scaling knows the variant."""

    scheduled: tuple[ScheduledActionPlan, ...] = ()
    """Changes of the fewest instances at set times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPlan:
    """How a planned release shifts traffic to the new config."""

    strategy: Strategy
    """How traffic is shifted."""

    percent: int | None
    """Share of the capacity that a canary or a linear step takes; ``None`` for all at once."""

    wait_seconds: int
    """Time between steps, or before the old fleet ends, in which alarms roll back."""

    termination_wait_seconds: int
    """Time that the old fleet is kept after all traffic has moved."""

    maximum_execution_seconds: int
    """Longest update, 600 to 28,800 seconds."""

    shadow_seconds: int | None = None
    """Time for which a new version first answers copies of requests. ``None``: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPlan:
    """A real-time endpoint that serves one model package version, or nothing on day 0."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name of the endpoint."""

    arn: str
    """ARN of the endpoint."""

    model: str
    """Name of the model in the spec."""

    execution_role_arn: str
    """Role of the model's containers."""

    instance_type: str
    """Instance type of both variants."""

    initial_instance_count: int
    """Instances of a new config."""

    volume_key_alias_arn: str | None
    """Key of the storage volumes; ``None`` where the type has local NVMe, encrypted in hardware."""

    network: NetworkAttachment
    """Where the containers attach."""

    capture_percent: int
    """Share of requests that are captured; 0 captures none."""

    capture_uri: str
    """Where captured data goes."""

    capture_key_alias_arn: str
    """Key of captured data."""

    scaling: ScalingPlan | None
    """Autoscaling, or ``None`` for a fixed count."""

    rollout: RolloutPlan
    """How a planned release shifts traffic."""

    alarms: tuple[AlarmPlan, ...]
    """Alarms that roll a release back."""

    shadow_alarms: tuple[AlarmPlan, ...]
    """The same of a version that answers copies of requests; there as long as one does."""

    topic_arn: str | None
    """Topic that the alarms notify."""

    live_parameter: str
    """SSM parameter that records what is live; written after a release, read by nobody who
    deploys."""

    capacity_alarms: tuple[AlarmPlan, ...] = ()
    """Alarms on too few instances. They roll nothing back: a new version is not the cause."""


def plan_endpoint(
    *,
    name: str,
    place: Place,
    model: str,
    execution_role_arn: str,
    instance_type: str,
    live_parameter: str,
    volume_key_alias_arn: str | None,
    capture_key_alias_arn: str,
    id: str = "Endpoint",
    min_instances: int = 1,
    max_instances: int | None = None,
    target_invocations_per_minute: float | None = None,
    network: NetworkAttachment | None = None,
    capture_percent: int = 0,
    capture_uri: str = "",
    strategy: Strategy = "all_at_once",
    percent: int | None = None,
    bake_minutes: int = 10,
    shadow_minutes: int | None = None,
    p99_ms: float | None = None,
    latency_percentile: float = 99,
    capacity_per_minute: float | None = None,
    scale_in_cooldown_seconds: int = 600,
    scale_out_cooldown_seconds: int = 120,
    scheduled: tuple[ScheduledActionPlan, ...] = (),
    error_rate: float | None = 0.01,
    topic_arn: str | None = None,
    spec_path: str = "serving",
) -> EndpointPlan:
    """Decide an endpoint.

    Args:
        name: Physical name.
        place: Account and region.
        model: Name of the model.
        execution_role_arn: Role of the model's containers.
        instance_type: Instance type.
        live_parameter: SSM parameter that records what is live.
        volume_key_alias_arn: Key of the storage volumes, or ``None`` on types with local NVMe.
        capture_key_alias_arn: Key of captured data.
        id: Id of the unit within its stack.
        min_instances: Fewest instances, and the count of a new config.
        max_instances: Most instances. Default: ``min_instances``, without autoscaling.
        target_invocations_per_minute: Load per instance that autoscaling holds.
        network: Where the containers attach. Default: no network.
        capture_percent: Share of requests that are captured.
        capture_uri: Where captured data goes.
        strategy: How a planned release shifts traffic.
        percent: Share of a canary or of a linear step.
        bake_minutes: Time in which alarms roll back.
        shadow_minutes: Time for which a new version first answers copies of requests. Default: none.
        p99_ms: Model latency at ``latency_percentile``, in milliseconds, that rolls back. Default: none.
        latency_percentile: Percentile of that latency. Default: 99.
        capacity_per_minute: Requests per instance and minute above which latency suffers. Default:
            not known, and nothing alarms.
        scale_in_cooldown_seconds: Pause after instances were removed.
        scale_out_cooldown_seconds: Pause after instances were added.
        scheduled: Changes of the fewest instances at set times, where it scales.
        error_rate: Share of requests with a 5xx answer that rolls back. ``None``: none.
        topic_arn: Topic that the alarms notify.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If SageMaker would refuse it: a canary or linear rollout on one instance, or
            autoscaling without a target.
    """
    most = max_instances if max_instances is not None else min_instances
    if strategy != "all_at_once" and min_instances < MIN_INSTANCES_GUARDED:
        raise PlanError(
            f"{spec_path}.rollout.strategy",
            f"{strategy} needs at least {MIN_INSTANCES_GUARDED} instances",
            got=min_instances,
            fix=f"set {spec_path}.instances.min to {MIN_INSTANCES_GUARDED}, or use all_at_once",
        )
    scaling = None
    if most > min_instances:
        if target_invocations_per_minute is None:
            raise PlanError(
                f"{spec_path}.instances.target_invocations_per_minute",
                "autoscaling needs the load that one instance carries",
                got=None,
                fix="set it, or make max equal to min",
            )
        scaling = ScalingPlan(
            min_instances=min_instances,
            max_instances=most,
            target_invocations_per_minute=target_invocations_per_minute,
            scale_in_cooldown_seconds=scale_in_cooldown_seconds,
            scale_out_cooldown_seconds=scale_out_cooldown_seconds,
            policy_name=f"{name}-invocations",
            resource_id=f"endpoint/{name}/variant/{VARIANT}",
            scheduled=scheduled,
        )
    wait = bake_minutes * 60
    alarms = _alarms(
        name, place, Ref(id, "endpoint_config_name"), p99_ms, error_rate, latency_percentile
    )
    steps = 1 if strategy != "linear" else -(-100 // (percent or 100))
    return EndpointPlan(
        id=id,
        name=name,
        arn=place.arn("sagemaker", f"endpoint/{name}"),
        model=model,
        execution_role_arn=execution_role_arn,
        instance_type=instance_type,
        initial_instance_count=min_instances,
        volume_key_alias_arn=volume_key_alias_arn,
        network=network or NetworkAttachment(subnet_ids=(), security_group_ids=()),
        capture_percent=capture_percent,
        capture_uri=capture_uri,
        capture_key_alias_arn=capture_key_alias_arn,
        scaling=scaling,
        rollout=RolloutPlan(
            strategy=strategy,
            percent=percent if strategy != "all_at_once" else None,
            wait_seconds=wait,
            termination_wait_seconds=wait if strategy == "all_at_once" else 300,
            maximum_execution_seconds=min(28_800, max(3_600, 3_600 + steps * wait)),
            shadow_seconds=60 * shadow_minutes if shadow_minutes is not None else None,
        ),
        alarms=alarms,
        shadow_alarms=tuple(
            _of_shadow(alarm, name, place) for alarm in alarms if shadow_minutes is not None
        ),
        topic_arn=topic_arn,
        live_parameter=live_parameter,
        capacity_alarms=()
        if capacity_per_minute is None
        else (_capacity_alarm(name, place, capacity_per_minute, most, scale_out_cooldown_seconds),),
    )


def _alarms(
    endpoint: str,
    place: Place,
    config: Ref,
    p99_ms: float | None,
    error_rate: float | None,
    percentile: float,
) -> tuple[AlarmPlan, ...]:
    # Without the config's name the alarms would also watch the fleet that is being replaced.
    dimensions: dict[str, str | Ref] = {
        "EndpointName": endpoint,
        "VariantName": VARIANT,
        "EndpointConfigName": config,
    }
    out = []
    if error_rate is not None:
        out.append(
            plan_alarm(
                id="Errors",
                name=name("alarm", endpoint, "errors"),
                place=place,
                description=f"more than {error_rate:g} of the requests to {endpoint} fail; "
                "a release in progress rolls back",
                namespace="AWS/SageMaker",
                metric="Invocation5XXErrors",
                dimensions=dimensions,
                statistic="Average",
                threshold=error_rate,
                evaluation_periods=3,
            )
        )
    if p99_ms is not None:
        out.append(
            plan_alarm(
                id="Latency",
                name=name("alarm", endpoint, "latency"),
                place=place,
                description=f"the model's {percentile:g}th percentile latency on {endpoint} is above "
                f"{p99_ms:g} ms; a release in progress rolls back",
                namespace="AWS/SageMaker",
                metric="ModelLatency",
                dimensions=dimensions,
                statistic=f"p{percentile:g}",
                threshold=p99_ms * 1000,
                evaluation_periods=3,
            )
        )
    return tuple(out)


def _capacity_alarm(
    endpoint: str, place: Place, per_minute: float, most: int, start_seconds: int
) -> AlarmPlan:
    """Return an alarm on more requests per instance than it answers in time.

    ``InvocationsPerInstance`` is the number of requests over the number of instances (SageMaker,
    metrics of endpoint invocations). It takes longer than scaling out does, so it means that scaling
    cannot follow: it is at its bound, or AWS has no such instances.
    """
    return plan_alarm(
        id="Capacity",
        name=name("alarm", endpoint, "capacity"),
        place=place,
        description=f"for longer than scaling takes, each instance of {endpoint} gets more than "
        f"{per_minute:g} requests a minute, its latency target's limit; {most} instances are the "
        "most: size it anew, or see whether AWS lacks capacity",
        namespace="AWS/SageMaker",
        metric="InvocationsPerInstance",
        dimensions={"EndpointName": endpoint, "VariantName": VARIANT},
        threshold=per_minute,
        evaluation_periods=10 + -(-start_seconds // 60),
    )


def _of_shadow(alarm: AlarmPlan, endpoint: str, place: Place) -> AlarmPlan:
    """Return an alarm on the shadow variant in place of the one that answers."""
    own = name("alarm", endpoint, "shadow", alarm.id.lower())
    return replace(
        alarm,
        id=f"Shadow{alarm.id}",
        name=own,
        arn=place.arn("cloudwatch", f"alarm:{own}"),
        description=f"in shadow, {alarm.description.partition(';')[0]}; its release ends",
        dimensions={**alarm.dimensions, "VariantName": SHADOW_VARIANT},
    )
