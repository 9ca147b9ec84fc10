"""Which SageMaker quotas an account's plan needs, and how much of each."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.stacks import ServingStackPlan, TrainingStackPlan


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class QuotaNeed:
    """Instances that a plan uses at once under one quota."""

    quota: str
    """Name of the quota, as Service Quotas has it."""

    instances: int
    """Fewest instances with which the plan works."""

    comfortable: int
    """Instances with which releases do not wait: an update runs the old and the new fleet."""


def quota_needs(plan: Plan, account: str) -> tuple[QuotaNeed, ...]:
    """Return the needs of one account, sorted by quota.

    Models train one after another in the worst case that must work, so jobs count by the largest;
    endpoints run at the same time, so they add up.
    """
    jobs: dict[str, int] = {}
    hosting: Counter[str] = Counter()
    for stack in plan.stacks():
        if stack.stack.place.account != account:
            continue
        if isinstance(stack, TrainingStackPlan):
            for model in stack.models:
                for quota, count in _jobs(json.loads(model.pipeline.definition)):
                    jobs[quota] = max(jobs.get(quota, 0), count)
        elif isinstance(stack, ServingStackPlan):
            hosting[f"{stack.endpoint.instance_type} for endpoint usage"] += _most(stack.endpoint)
    needs = [QuotaNeed(quota=key, instances=n, comfortable=n) for key, n in jobs.items()]
    needs += [QuotaNeed(quota=key, instances=n, comfortable=2 * n) for key, n in hosting.items()]
    return tuple(sorted(needs))


def _most(endpoint: EndpointPlan) -> int:
    scaling = endpoint.scaling
    return scaling.max_instances if scaling is not None else endpoint.initial_instance_count


def _jobs(definition: Any) -> Iterator[tuple[str, int]]:
    """Yield the quota and the instances of every job in a state machine definition."""
    if isinstance(definition, Mapping):
        training = definition.get("ResourceConfig")
        if isinstance(training, Mapping):
            use = "spot training job" if definition.get("EnableManagedSpotTraining") else None
            yield _quota(training, use or "training job")
        processing = definition.get("ClusterConfig")
        if isinstance(processing, Mapping):
            yield _quota(processing, "processing job")
        for value in definition.values():
            yield from _jobs(value)
    elif isinstance(definition, list):
        for value in definition:
            yield from _jobs(value)


def _quota(cluster: Mapping[str, Any], use: str) -> tuple[str, int]:
    return f"{cluster['InstanceType']} for {use} usage", int(cluster["InstanceCount"])
