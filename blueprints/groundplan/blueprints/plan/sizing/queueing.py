"""How many requests a second an instance answers within its latency target: an M/G/c queue.

Requests arrive at random (Poisson) within an hour, and an instance works on ``workers`` of them at a
time; the rest wait in the order of arrival. What a request takes then is its wait plus its service.

* Probability of waiting: Erlang's C formula, A. K. Erlang (1917), as in L. Kleinrock, *Queueing
  Systems* I (1975), section 3.5. It is exact for exponential service and an accurate approximation
  for others (H. C. Tijms, *A First Course in Stochastic Models* (2003), section 9.6).
* Wait of those that do wait: for one worker it is the sum of a geometric number of residual service
  times (Pollaczek and Khinchine; Kleinrock I, section 5.7), whose first two moments follow from the
  first three of the service time. With ``c`` workers at the same utilisation it is ``1/c`` of that,
  which gives the mean of Lee and Longton (1959) and of Allen and Cunneen (A. O. Allen, *Probability,
  Statistics and Queueing Theory* (1978), section 5.3). Its tail is one exponential where those moments
  vary no more than an exponential's, else a mixture of two with balanced means (Tijms, appendix B).
* Service: lognormal with the given mean and coefficient of variation, as latencies of services are
  commonly found to be; its moments are ``E[S^k] = mean^k (1 + cv^2)^(k(k-1)/2)``.
* Wait and service of one request are independent in order of arrival, so the tail of their sum is an
  expectation over the service time, taken on a fixed grid of the normal distribution.

Everything is measured in multiples of the mean service time.
"""

from functools import lru_cache
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]

_NODES = np.linspace(-6.0, 6.0, 81)
_WEIGHTS = np.exp(-0.5 * _NODES**2)
_WEIGHTS /= _WEIGHTS.sum()
_GRID = np.linspace(0.0, 1.0, 17)
_PRECISION = 5e-4
MAX_UTILISATION = 0.999
"""Highest share of an instance's workers that may be busy on average."""


def erlang_c(workers: int, utilisation: FloatArray) -> FloatArray:
    """Return the probability that a request has to wait.

    Args:
        workers: Requests that are answered at a time.
        utilisation: Mean share of busy workers, from 0 to below 1, of any shape.
    """
    load = workers * utilisation
    blocked = np.ones_like(load)
    for busy in range(1, workers + 1):
        blocked = load * blocked / (busy + load * blocked)
    result: FloatArray = blocked / (1.0 - utilisation * (1.0 - blocked))
    return result


def _wait_branches(
    cv: float, workers: int, utilisation: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Return shares and rates of the exponentials that the wait of those that wait is made of."""
    square = 1.0 + cv * cv
    residual, residual_square = square / 2, square**3 / 3
    free = 1.0 - utilisation
    mean = residual / free
    second = residual_square / free + 2 * utilisation * (residual / free) ** 2
    variability = second / mean**2 - 1.0
    spread = np.sqrt(np.maximum(variability - 1.0, 0.0) / (variability + 1.0))
    share = (1.0 + spread) / 2
    rate = workers / mean
    return (share, 2 * share * rate), (1 - share, np.maximum(2 * (1 - share) * rate, 1e-12))


def exceedance(limit: float, cv: float, workers: int, utilisation: FloatArray) -> FloatArray:
    """Return the share of requests that take longer than ``limit``.

    Args:
        limit: Time, in multiples of the mean service time.
        cv: Coefficient of variation of the service time.
        workers: Requests that an instance answers at a time.
        utilisation: Mean share of busy workers, shape (n,), from 0 to below 1.

    Returns:
        Shape (n,), from 0 to 1.
    """
    service = _service(cv)
    rest = np.maximum(limit - service, 0.0)
    late = float(_late(limit, cv))
    waits = erlang_c(workers, utilisation)
    tail = np.zeros((len(utilisation), len(service)))
    for share, rate in _wait_branches(cv, workers, utilisation):
        tail += share[:, None] * np.exp(-np.outer(rate, rest))
    # Only those whose service alone is in time can be made late by a wait.
    in_time = _WEIGHTS * (service < limit)
    total = float(in_time.sum())
    scale = (1.0 - late) / total if total > 0 else 0.0
    result: FloatArray = late + waits * scale * (tail @ in_time)
    return result


def _service(cv: float) -> FloatArray:
    sigma = _sigma(cv)
    return np.exp(sigma * _NODES - sigma * sigma / 2)


def _sigma(cv: float) -> float:
    return float(np.sqrt(np.log1p(cv * cv)))


def _late(limit: float, cv: float) -> float:
    """Return the share of requests whose service alone takes longer than ``limit``."""
    sigma = _sigma(cv)
    if sigma == 0:
        return 1.0 if limit < 1 else 0.0
    return 1.0 - NormalDist().cdf((float(np.log(limit)) + sigma * sigma / 2) / sigma)


def service_percentile(cv: float, percentile: float) -> float:
    """Return a percentile of the service time alone, in multiples of its mean."""
    sigma = _sigma(cv)
    if sigma == 0:
        return 1.0
    return float(np.exp(sigma * NormalDist().inv_cdf(percentile / 100) - sigma * sigma / 2))


@lru_cache(maxsize=4096)
def highest_utilisation(limit: float, cv: float, percentile: float, workers: int) -> float:
    """Return the highest utilisation at which the percentile of the latency is within ``limit``.

    Args:
        limit: Latency target, in multiples of the mean service time.
        cv: Coefficient of variation of the service time.
        percentile: Share of requests that must be within it, in percent.
        workers: Requests that an instance answers at a time.

    Returns:
        From 0, where the service alone takes longer, to :data:`MAX_UTILISATION`.
    """
    allowed = 1.0 - percentile / 100
    if _late(limit, cv) >= allowed:
        return 0.0
    low, high = 0.0, MAX_UTILISATION
    # The share of late requests grows with utilisation: narrow the bracket to 1/4096.
    for _ in range(3):
        tried = low + (high - low) * _GRID
        held = np.flatnonzero(exceedance(limit, cv, workers, tried) <= allowed)
        last = int(held[-1]) if len(held) else 0
        if last == len(tried) - 1:
            return float(tried[-1])
        low, high = float(tried[last]), float(tried[last + 1])
    return low


def response_percentile(cv: float, percentile: float, workers: int, utilisation: float) -> float:
    """Return a percentile of the latency at a utilisation, in multiples of the mean service time."""
    allowed = 1.0 - percentile / 100
    at = np.array([min(utilisation, MAX_UTILISATION)])
    low = service_percentile(cv, percentile)
    high = low + 1.0
    while exceedance(high, cv, workers, at)[0] > allowed:
        low, high = high, high * 2
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        late = exceedance(middle, cv, workers, at)[0] > allowed
        low, high = (middle, high) if late else (low, middle)
    return high
