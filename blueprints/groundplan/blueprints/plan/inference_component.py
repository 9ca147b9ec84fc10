"""Decides an inference component, by which an endpoint scales to zero.

SageMaker scales a real-time endpoint to zero only if it hosts inference components, its variant's
managed instance scaling allows no instances, and a step scaling policy with an alarm on
``NoCapacityInvocationFailures`` wakes it; while it wakes, requests fail (SageMaker developer guide,
*Scale an endpoint to zero instances*, 2026-11).
"""

from dataclasses import dataclass

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.alarms import AlarmPlan, plan_alarm
from groundplan.blueprints.plan.names import Place, name

MIN_MEMORY_MIB = 1024
"""Memory that a copy reserves. It is what a copy is placed by, not the most that it may use, and
SageMaker keeps a large part of an instance's memory from being reserved."""
BATCH_PERCENT = 50
"""Share of the copies that a rolling update replaces at a time: the most that SageMaker admits
(API reference, *InferenceComponentRollingUpdatePolicy*, 2026-11)."""
INVOCATIONS_PER_MINUTE = 1.0
"""Load of one copy that scaling aims at where the spec names none: as soon as nothing is asked, the
copy goes. The value of the developer guide's example."""
DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
METRIC = "SageMakerInferenceComponentInvocationsPerCopy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePlan:
    """What a copy reserves of an instance: so much that no second one fits."""

    accelerators: int
    """Accelerators: all of the instance."""

    cpu_cores: float
    """Virtual CPUs: more than half; 0 where accelerators decide."""

    min_memory_mib: int
    """Memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakePlan:
    """What adds the first copies when a request finds none."""

    policy_name: str
    """Physical name of the step scaling policy."""

    copies: int
    """Copies that it adds."""

    cooldown_seconds: int
    """Time in which what was added counts, so that requests which still fail add no more."""

    alarm: AlarmPlan
    """Alarm that starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceComponentPlan:
    """The model of an endpoint in copies, of which there may be none."""

    id: str
    """Id of the unit within the endpoint."""

    name: str
    """Physical name: the endpoint's."""

    arn: str
    """ARN of the component."""

    compute: ComputePlan
    """What a copy reserves."""

    copies: int
    """Copies of a new component."""

    max_instances: int
    """Most instances: those of all copies, and of the batch that replaces some of them."""

    wake: WakePlan
    """What wakes it."""


def plan_inference_component(
    *,
    name: str,
    place: Place,
    instance_type: str,
    copies: int,
    max_copies: int,
    wake_seconds: int,
    id: str = "Component",
    spec_path: str = "serving",
) -> InferenceComponentPlan:
    """Decide the inference component of an endpoint.

    Args:
        name: Name of the endpoint, which the component shares.
        place: Account and region.
        instance_type: Instance type.
        copies: Copies of a new component, and of one that wakes.
        max_copies: Most copies.
        wake_seconds: Time in which a copy starts.
        id: Id of the unit within the endpoint.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If it is not known how many accelerators the instance type has.
    """
    return InferenceComponentPlan(
        id=id,
        name=name,
        arn=place.arn("sagemaker", f"inference-component/{name}"),
        compute=_compute(instance_type, spec_path),
        copies=copies,
        max_instances=max_copies - (-max_copies * BATCH_PERCENT // 100),
        wake=WakePlan(
            policy_name=f"{name}-wake",
            copies=copies,
            cooldown_seconds=wake_seconds,
            alarm=_wake_alarm(name, place),
        ),
    )


def component_dimensions(component: str) -> dict[str, str]:
    """Return the dimensions of an inference component's invocation metrics."""
    return {"InferenceComponentName": component}


def _compute(instance_type: str, spec_path: str) -> ComputePlan:
    """Return what a copy reserves: sizing counts instances, so each holds one copy."""
    shape = instance_types()[instance_type]
    if shape.accelerators is None:
        raise PlanError(
            f"{spec_path}.instance",
            "an endpoint that scales to zero reserves accelerators, and it is not known how many "
            "this type has",
            got=instance_type,
            fix="use another type",
        )
    return ComputePlan(
        accelerators=shape.accelerators,
        cpu_cores=0 if shape.accelerators else shape.vcpus / 2 + 0.25,
        min_memory_mib=MIN_MEMORY_MIB,
    )


def _wake_alarm(endpoint: str, place: Place) -> AlarmPlan:
    return plan_alarm(
        id="WakeAlarm",
        name=name("alarm", endpoint, "wake"),
        place=place,
        description=f"a request found no instance of {endpoint}, which wakes now; requests fail "
        "until it has",
        namespace="AWS/SageMaker",
        metric="NoCapacityInvocationFailures",
        dimensions=component_dimensions(endpoint),
    )
