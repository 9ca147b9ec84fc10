"""What an endpoint is made of: how it scales, and how a release replaces it."""

from dataclasses import dataclass
from typing import Literal

VARIANT = "primary"
"""Name of the production variant. Guardrails need it to stay the same between configs."""
SHADOW_VARIANT = "shadow"
Strategy = Literal["all_at_once", "canary", "linear", "rolling"]
TRAFFIC_ROUTING = {"all_at_once": "ALL_AT_ONCE", "canary": "CANARY", "linear": "LINEAR"}


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
    """Target tracking of a variant's instances, or of a component's copies: one an instance."""

    min_instances: int
    """Fewest instances; 0 only for an inference component."""

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
    """Id by which Application Auto Scaling knows the variant or the component."""

    scheduled: tuple[ScheduledActionPlan, ...] = ()
    """Changes of the fewest instances at set times."""

    dimension: str = "sagemaker:variant:DesiredInstanceCount"
    """What is scaled."""

    metric: str = "SageMakerVariantInvocationsPerInstance"
    """Predefined metric that target tracking holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPlan:
    """How a planned release shifts traffic to the new config."""

    strategy: Strategy
    """How traffic is shifted; ``rolling`` for an inference component, which knows nothing else."""

    percent: int | None
    """Share of the capacity that a canary, a linear or a rolling step takes; ``None`` for all at
    once."""

    wait_seconds: int
    """Time between steps, or before the old fleet ends, in which alarms roll back."""

    termination_wait_seconds: int
    """Time that the old fleet is kept after all traffic has moved; 0 of a component's copies."""

    maximum_execution_seconds: int
    """Longest update, 600 to 28,800 seconds."""

    shadow_seconds: int | None = None
    """Time for which a new version first answers copies of requests. ``None``: it does not."""
