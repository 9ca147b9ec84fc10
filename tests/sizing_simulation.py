"""Discrete-event simulation of instances with several workers each, in order of arrival."""

import heapq
import math
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def service_times(mean: float, cv: float, count: int, rng: np.random.Generator) -> list[float]:
    if cv == 0:
        return [mean] * count
    sigma = math.sqrt(math.log1p(cv * cv))
    drawn = np.exp(sigma * rng.standard_normal(count) - sigma * sigma / 2)
    return [float(value) for value in mean * drawn]


def simulate(
    rate: float,
    mean: float,
    cv: float,
    workers: int,
    *,
    instances: int = 1,
    count: int,
    seed: int = 2,
) -> NDArray[np.float64]:
    """Return latencies of ``count`` random requests, spread at random over the instances."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(1 / rate, count)).tolist()
    services = service_times(mean, cv, count, rng)
    routes = rng.integers(instances, size=count).tolist()
    free = [[0.0] * workers for _ in range(instances)]
    taken = np.empty(count)
    for i in range(count):
        at, workers_free = arrivals[i], free[routes[i]]
        end = max(at, workers_free[0]) + services[i]
        heapq.heapreplace(workers_free, end)
        taken[i] = end - at
    return taken[count // 20 :]


def simulate_with_simpy(
    rate: float, mean: float, cv: float, workers: int, *, count: int, seed: int = 3
) -> NDArray[np.float64]:
    """Return the same for one instance, from an independent simulator."""
    import simpy

    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1 / rate, count)
    services = service_times(mean, cv, count, rng)
    world = simpy.Environment()
    instance = simpy.Resource(world, capacity=workers)
    taken: list[float] = []

    def request(service: float) -> Generator[Any, Any, None]:
        began = world.now
        with instance.request() as turn:
            yield turn
            yield world.timeout(service)
        taken.append(world.now - began)

    def arrive() -> Generator[Any, Any, None]:
        for gap, service in zip(gaps, services, strict=True):
            yield world.timeout(gap)
            world.process(request(service))

    world.process(arrive())
    world.run()
    return np.array(taken[count // 20 :])
