"""Decides an endpoint: what serves it, how many, how a release replaces it, when it rolls back."""

from dataclasses import dataclass, replace

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.endpoint_alarms import (
    capacity_alarm,
    of_shadow,
    rollback_alarms,
)
from groundplan.blueprints.plan.endpoint_parts import (
    SHADOW_VARIANT,
    TRAFFIC_ROUTING,
    VARIANT,
    RolloutPlan,
    ScalingPlan,
    ScheduledActionPlan,
    Strategy,
)
from groundplan.blueprints.plan.exceptions import (
    NO_SUCH_SETTING,
    CheckException,
    accept,
    in_packs,
)
from groundplan.blueprints.plan.inference_component import (
    BATCH_PERCENT,
    DIMENSION,
    INVOCATIONS_PER_MINUTE,
    METRIC,
    InferenceComponentPlan,
    component_dimensions,
    plan_inference_component,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.ref import Ref

__all__ = [
    "MIN_INSTANCES_GUARDED",
    "NO_MODEL",
    "SHADOW_VARIANT",
    "TRAFFIC_ROUTING",
    "VARIANT",
    "EndpointPlan",
    "RolloutPlan",
    "ScalingPlan",
    "ScheduledActionPlan",
    "Strategy",
    "plan_endpoint",
]

NO_MODEL = "none"
"""Value of the version parameters while nothing is served."""
MIN_INSTANCES_GUARDED = 2
"""Fewest instances by which traffic can be shifted in parts."""


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

    component: InferenceComponentPlan | None = None
    """The inference component by which it scales to zero, or ``None``: its variant has the model."""

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Rules of static checkers that the endpoint config does not follow on purpose."""
        if self.volume_key_alias_arn is not None:
            return ()
        return accept(NO_SUCH_SETTING, *in_packs("SageMakerEndpointConfigurationKMSKeyConfigured"))


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
    to_zero: bool = False,
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
        min_instances: Fewest instances, and the count of a new config; of an endpoint that scales
            to zero: those that wake.
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
        to_zero: Whether it goes to zero instances when nothing is asked, and fails requests while it
            wakes. It is served by an inference component then.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If SageMaker would refuse it: a canary or linear rollout on one instance, or
            autoscaling without a target; or if it scales to zero and has what inference components
            do not: a canary or linear rollout, a shadow, or data capture.
    """
    most = max_instances if max_instances is not None else min_instances
    component = None
    if to_zero:
        _check_component(strategy, shadow_minutes, capture_percent, spec_path)
        component = plan_inference_component(
            name=name,
            place=place,
            instance_type=instance_type,
            copies=min_instances,
            max_copies=most,
            wake_seconds=scale_out_cooldown_seconds,
            spec_path=spec_path,
        )
        target_invocations_per_minute = target_invocations_per_minute or INVOCATIONS_PER_MINUTE
    elif strategy != "all_at_once" and min_instances < MIN_INSTANCES_GUARDED:
        raise PlanError(
            f"{spec_path}.rollout.strategy",
            f"{strategy} needs at least {MIN_INSTANCES_GUARDED} instances",
            got=min_instances,
            fix=f"set {spec_path}.instances.min to {MIN_INSTANCES_GUARDED}, or use all_at_once",
        )
    scaling = None
    if component is not None or most > min_instances:
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
    # Without the config's name the alarms would also watch the fleet that is being replaced.
    watched: dict[str, str | Ref] = {
        "EndpointName": name,
        "VariantName": VARIANT,
        "EndpointConfigName": Ref(id, "endpoint_config_name"),
    }
    fleet: dict[str, str | Ref] = {"EndpointName": name, "VariantName": VARIANT}
    if component is not None and scaling is not None:
        scaling = replace(
            scaling,
            min_instances=0,
            resource_id=f"inference-component/{component.name}",
            dimension=DIMENSION,
            metric=METRIC,
        )
        watched = fleet = {**component_dimensions(component.name)}
    alarms = rollback_alarms(name, place, watched, p99_ms, error_rate, latency_percentile)
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
        rollout=_rolling(bake_minutes * 60)
        if to_zero
        else _rollout(strategy, percent, bake_minutes * 60, shadow_minutes),
        alarms=alarms,
        shadow_alarms=tuple(
            of_shadow(alarm, name, place) for alarm in alarms if shadow_minutes is not None
        ),
        topic_arn=topic_arn,
        live_parameter=live_parameter,
        capacity_alarms=()
        if capacity_per_minute is None
        else (
            capacity_alarm(
                name, place, fleet, capacity_per_minute, most, scale_out_cooldown_seconds
            ),
        ),
        component=component,
    )


def _rollout(
    strategy: Strategy, percent: int | None, wait: int, shadow_minutes: int | None
) -> RolloutPlan:
    steps = 1 if strategy != "linear" else -(-100 // (percent or 100))
    return RolloutPlan(
        strategy=strategy,
        percent=percent if strategy != "all_at_once" else None,
        wait_seconds=wait,
        termination_wait_seconds=wait if strategy == "all_at_once" else 300,
        maximum_execution_seconds=min(28_800, max(3_600, 3_600 + steps * wait)),
        shadow_seconds=60 * shadow_minutes if shadow_minutes is not None else None,
    )


def _rolling(wait: int) -> RolloutPlan:
    """Return the only update that inference components have, whose old copies go at once."""
    return RolloutPlan(
        strategy="rolling",
        percent=BATCH_PERCENT,
        wait_seconds=wait,
        termination_wait_seconds=0,
        maximum_execution_seconds=min(28_800, 3_600 + -(-100 // BATCH_PERCENT) * wait),
    )


def _check_component(
    strategy: Strategy, shadow_minutes: int | None, capture_percent: int, spec_path: str
) -> None:
    """Refuse what an endpoint of inference components does not have.

    Guardrails and shadow variants are of models in variants, while components roll (developer guide,
    *Deployment guardrails*, *Shadow variants*; API reference, *InferenceComponentDeploymentConfig*,
    2026-11). No page says that requests to components are captured, so nothing is built on it.
    """
    refused = (
        ("rollout.strategy", strategy, strategy != "all_at_once", "traffic is shifted between fleets"),
        ("rollout.shadow_first", True, shadow_minutes is not None, "a shadow is a second variant"),
        ("capture.percent", capture_percent, capture_percent > 0, "requests are not captured"),
    )  # fmt: skip
    for field, got, wrong, what in refused:
        if wrong:
            raise PlanError(
                f"{spec_path}.{field}",
                "an endpoint that scales to zero is an inference component, which has no such "
                f"thing: {what}",
                got=got,
                fix="remove it, or allow no errors while waking",
            )
