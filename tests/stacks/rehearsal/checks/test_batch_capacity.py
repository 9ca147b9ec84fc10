"""Capacity of AWS Batch: everything is there, and a difference is reported."""

from typing import Any

import pytest


@pytest.mark.parametrize("deployed", ["nightly"], indirect=True)
def test_a_difference_from_the_planned_capacity_is_reported(deployed: Any) -> None:
    stack = deployed.stack("nightly-prod-scoring")
    batch = deployed.client(stack.stack.place)("batch")
    assert deployed.check(stack).mismatches == ()

    batch.update_job_queue(jobQueue=stack.capacity.job_queue, state="DISABLED")
    batch.update_compute_environment(
        computeEnvironment=stack.capacity.compute_environment, state="DISABLED"
    )

    found = [item.split("/", 1)[1] for item in deployed.check(stack).mismatches]
    assert found == [
        'Capacity: compute_environment.state: planned "ENABLED", found "DISABLED"',
        'Capacity: job_queue.state: planned "ENABLED", found "DISABLED"',
    ]
