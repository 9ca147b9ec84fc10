"""What scaling an endpoint to zero instances would save, and which requests it would fail."""

from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.plan.sizing.demand import Demand, FloatArray, IntArray

IDLE_SECONDS = 900
"""Time without a request until the last instance goes: target tracking waits for fifteen minutes."""
WORTH = 0.1
"""Share of instance-hours that it must save to be worth failing requests."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleToZero:
    """What scaling to zero would do over the profile."""

    worthwhile: bool
    """Whether it saves at least a tenth of the instance-hours."""

    asleep: FloatArray
    """Share of each hour without instances, shape of the demand."""

    saved: FloatArray
    """Instance-hours that it saves in each hour."""

    saved_instance_hours: float
    """Instance-hours that it saves over the profile."""

    failed_requests: float
    """Requests expected to fail over the profile, since they come while the endpoint wakes."""

    failed_share: float
    """Share of all requests that those are."""

    wake_seconds: int
    """Time in which requests fail after the one that wakes it."""


def scale_to_zero(
    demand: Demand, counts: IntArray, *, wake_seconds: int, idle_seconds: int = IDLE_SECONDS
) -> ScaleToZero:
    """Return what scaling to zero would save and fail.

    It needs inference components: an ordinary variant keeps one instance. Within an hour requests are
    random at a rate ``r``. A cycle is: asleep for ``1/r`` on average until a request comes, awake after
    ``w`` seconds of failing requests, then until the first gap of ``t`` seconds between requests, which
    takes ``(exp(r t) - 1) / r`` on average (the waiting time for such a gap in a Poisson process, W.
    Feller, *An Introduction to Probability Theory* II (1971), section XI.1 and exercises). So the share
    asleep is ``1 / (exp(r t) + r w)``, and ``1 + r w`` requests fail in a cycle. Instances that start
    are paid for, so ``w`` counts as awake.

    Where an hour is asleep for less of its time than the hour before, the difference is the chance that
    it begins asleep and wakes once more; where for more, that it stays awake for ``t`` first. The
    last hour comes before the first.

    Args:
        demand: Requests per second in each hour.
        counts: Instances in each hour without it.
        wake_seconds: ``w``, from the first request until an instance answers.
        idle_seconds: ``t``, the gap after which the last instance goes.
    """
    rate = demand.rps
    waking = rate * wake_seconds
    cycle = np.exp(np.minimum(rate * idle_seconds, 700.0)) + waking
    asleep: FloatArray = 1.0 / cycle
    change = np.diff(asleep, prepend=asleep[-1])
    falling_asleep, waking_up = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    saved: FloatArray = (asleep - falling_asleep * min(1.0, idle_seconds / 3600)) * counts
    each = rate * (1.0 + waking) / cycle * 3600
    once = waking_up * -np.expm1(-rate * 3600) * (1.0 + waking)
    failed = float(np.minimum(each + once, rate * 3600).sum())
    for array in (asleep, saved):
        array.setflags(write=False)
    total = float(saved.sum())
    return ScaleToZero(
        worthwhile=total >= WORTH * float(counts.sum()),
        asleep=asleep,
        saved=saved,
        saved_instance_hours=total,
        failed_requests=failed,
        failed_share=failed / demand.requests if demand.requests else 0.0,
        wake_seconds=wake_seconds,
    )
