"""Alarms on an endpoint: those that roll a release back, and one on too few instances."""

from collections.abc import Mapping
from dataclasses import replace

from groundplan.blueprints.plan.alarms import AlarmPlan, plan_alarm
from groundplan.blueprints.plan.endpoint_parts import SHADOW_VARIANT
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.ref import Ref


def rollback_alarms(
    endpoint: str,
    place: Place,
    dimensions: Mapping[str, str | Ref],
    p99_ms: float | None,
    error_rate: float | None,
    percentile: float,
) -> tuple[AlarmPlan, ...]:
    """Return the alarms that roll a release back."""
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


def capacity_alarm(
    endpoint: str,
    place: Place,
    dimensions: Mapping[str, str | Ref],
    per_minute: float,
    most: int,
    start_seconds: int,
) -> AlarmPlan:
    """Return an alarm on more requests per instance than it answers in time.

    ``InvocationsPerInstance`` is the number of requests over the number of instances, and
    ``InvocationsPerCopy`` over that of a component's copies, of which an instance has one (SageMaker,
    metrics of endpoint invocations, 2026-11). It takes longer than scaling out does, so it means that scaling
    cannot follow: it is at its bound, or AWS has no such instances.
    """
    of_copies = "InferenceComponentName" in dimensions
    return plan_alarm(
        id="Capacity",
        name=name("alarm", endpoint, "capacity"),
        place=place,
        description=f"for longer than scaling takes, each instance of {endpoint} gets more than "
        f"{per_minute:g} requests a minute, its latency target's limit; {most} instances are the "
        "most: size it anew, or see whether AWS lacks capacity",
        namespace="AWS/SageMaker",
        metric="InvocationsPerCopy" if of_copies else "InvocationsPerInstance",
        dimensions=dimensions,
        threshold=per_minute,
        evaluation_periods=10 + -(-start_seconds // 60),
    )


def of_shadow(alarm: AlarmPlan, endpoint: str, place: Place) -> AlarmPlan:
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
