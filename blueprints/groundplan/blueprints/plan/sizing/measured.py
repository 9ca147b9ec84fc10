"""Capacity from latencies measured at several concurrencies, instead of a service time.

A load test holds ``k`` requests in progress and measures the median and the 99th percentile of the
latency. An instance in service must not have more requests in progress than the highest level that
meets the target, except for the share of requests that may be late. With random arrivals, and requests
that share the instance, the number that a request finds there is Poisson distributed around
``rate * latency``, whatever the distribution of the latency (F. P. Kelly, *Reversibility and Stochastic
Networks* (1979), chapter 3: insensitivity of the infinite-server and processor-sharing queues). Taking
the latency of that highest level for all lower ones keeps the result on the safe side.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from groundplan.blueprints.errors import PlanError

_Z99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLatency:
    """One level of a load test on one instance."""

    concurrency: int
    """Requests in progress at a time."""

    p50_ms: float
    """Median latency, in milliseconds."""

    p99_ms: float
    """99th percentile of the latency, in milliseconds."""

    @property
    def sigma(self) -> float:
        """Shape of the lognormal distribution through both percentiles."""
        return math.log(self.p99_ms / self.p50_ms) / _Z99

    @property
    def mean_ms(self) -> float:
        """Mean of the lognormal distribution through both percentiles, in milliseconds."""
        return self.p50_ms * math.exp(self.sigma**2 / 2)

    def percentile_ms(self, percentile: float) -> float:
        """Return a percentile of the lognormal distribution through both, in milliseconds."""
        return self.p50_ms * math.exp(self.sigma * NormalDist().inv_cdf(percentile / 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyTable:
    """Latencies of one instance type, by concurrency."""

    levels: tuple[MeasuredLatency, ...]
    """Levels, the lowest concurrency first; at least one."""

    instance_type: str | None = None
    """Instance type that was measured."""

    def capacity(
        self, percentile: float, max_ms: float, *, spec_path: str = "serving"
    ) -> tuple[float, float]:
        """Return the requests per second that meet a target, and the mean share of the level used.

        Raises:
            PlanError: If not even the lowest level meets it, with what is reachable.
        """
        within = [level for level in self.levels if level.percentile_ms(percentile) <= max_ms]
        if not within:
            best = min(level.percentile_ms(percentile) for level in self.levels)
            raise PlanError(
                f"{spec_path}.latency.max_ms",
                f"no number of instances meets it: the best measured {percentile:g}th percentile "
                f"is {best:.1f} ms",
                got=max_ms,
                fix=f"allow at least {math.ceil(best)} ms, make the model faster, "
                "or measure a faster instance type",
            )
        best_rps, busy = 0.0, 0.0
        for level in within:
            inside = _poisson_mean(level.concurrency - 1, percentile / 100)
            rps = inside * 1000 / level.mean_ms
            if rps > best_rps:
                best_rps, busy = rps, inside / level.concurrency
        return best_rps, busy


def _poisson_mean(most: int, share: float) -> float:
    """Return the greatest mean at which a Poisson number is at most ``most`` with this probability."""
    low, high = 0.0, float(most) + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(most, middle) >= share else (low, middle)
    return low


def _at_most(most: int, mean: float) -> float:
    if mean <= 0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(most + 1))
    return math.fsum(map(math.exp, logs))
