"""How an endpoint is sized today, what to change about it, and whether a cheaper type may do."""

import math
from dataclasses import dataclass

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.instance_choice import Prices, choose_hosting_type
from groundplan.blueprints.plan.sizing.cloudwatch import Metrics
from groundplan.blueprints.spec import HostingInstanceRequirements

IDLE_GPU_PERCENT = 5.0
"""Peak of a GPU's use below which a type without one may do."""
BUSY = 0.7
"""Share of CPUs and memory that the measured peak may take of another type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """How an endpoint is sized today."""

    instance_type: str
    """Instance type."""

    min_instances: int
    """Fewest instances."""

    max_instances: int
    """Most instances."""

    target_invocations_per_minute: float | None = None
    """Target of its scaling policy, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to change, or to look at."""

    what: str
    """Field, as the spec names it."""

    now: str
    """Its value today."""

    proposed: str
    """Value to set."""

    why: str
    """Reason, with the figures that it rests on."""


def cheaper_type(
    metrics: Metrics, current: Current, region: str, prices: Prices, notes: list[str]
) -> list[Advice]:
    """Return a cheaper type on which the measured peak of CPU, memory and GPU would still fit."""
    known = instance_types()[current.instance_type]
    cpu, memory, gpu = (_peak(metrics, f"{name}utilization") for name in ("cpu", "memory", "gpu"))
    if cpu is None or memory is None or (known.accelerators and gpu is None):
        lacking = [
            name
            for name, value in (("CPU", cpu), ("Memory", memory), ("GPU", gpu))
            if value is None and (name != "GPU" or known.accelerators)
        ]
        names = ", ".join(f"{name}Utilization" for name in lacking)
        notes.append(f"{names} not in the export: nothing is said about the type")
        return []
    wanted = HostingInstanceRequirements(
        vcpus=max(1, math.ceil(cpu / 100 / BUSY)),
        memory_gib=max(0.5, known.memory_gib * memory / 100 / BUSY),
        accelerators=known.accelerators
        if known.accelerators and gpu is not None and gpu >= IDLE_GPU_PERCENT
        else 0,
    )
    now = prices.on_demand(current.instance_type, "hosting", region)
    if now is None:
        return []
    try:
        choice = choose_hosting_type(wanted, region, prices)
    except PlanError:
        return []
    then = prices.on_demand(choice.instance_type, "hosting", region)
    if then is None or then.usd_per_hour >= now.usd_per_hour:
        return []
    used = f"CPU {cpu:.0f} % of {100 * known.vcpus} %, memory {memory:.0f} %"
    if gpu is not None:
        used += f", GPU {gpu:.0f} %"
    return [
        Advice(
            what="instance",
            now=current.instance_type,
            proposed=choice.instance_type,
            why=f"peak use: {used}; {then.usd_per_hour} instead of {now.usd_per_hour} USD an hour. "
            "Its latency is not known: measure it first",
        )
    ]


def _peak(metrics: Metrics, name: str) -> float | None:
    series = metrics.get(f"{name}.Maximum", metrics.get(f"{name}.Average"))
    return None if series is None else float(series.values.max())
