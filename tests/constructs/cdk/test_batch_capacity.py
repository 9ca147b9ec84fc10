from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan, plan_batch_capacity
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk import BatchCapacity
from groundplan.constructs.errors import ConstructError

NETWORK = NetworkAttachment(subnet_ids=("subnet-1", "subnet-2"), security_group_ids=("sg-1",))


def planned(place: Place, **options: Any) -> BatchCapacityPlan:
    given: dict[str, Any] = {"max_vcpus": 6, "network": NETWORK, **options}
    return plan_batch_capacity(parts=("churn", "prod", "scoring"), place=place, **given)


def test_runs_on_spare_capacity_in_the_given_network(
    stack: cdk.Stack, place: Place, template: Callable[[], dict[str, Any]]
) -> None:
    plan = planned(place)
    BatchCapacity(stack, "Capacity", plan=plan)
    made = template()["Resources"]

    [(environment_id, environment)] = [
        (id, item) for id, item in made.items() if item["Type"] == "AWS::Batch::ComputeEnvironment"
    ]
    assert environment["Properties"] == {
        "ComputeEnvironmentName": plan.compute_environment,
        "ComputeResources": {
            "MaxvCpus": 6,
            "SecurityGroupIds": ["sg-1"],
            "Subnets": ["subnet-1", "subnet-2"],
            "Type": "FARGATE_SPOT",
        },
        "ReplaceComputeEnvironment": False,
        "State": "ENABLED",
        "Type": "MANAGED",
    }
    [queue] = [item for item in made.values() if item["Type"] == "AWS::Batch::JobQueue"]
    assert queue["Properties"]["JobQueueName"] == "churn-prod-scoring"
    [order] = queue["Properties"]["ComputeEnvironmentOrder"]
    assert order["ComputeEnvironment"] == {"Ref": environment_id}
    assert len(made) == 2


def test_other_tags_are_another_compute_environment_behind_the_same_queue(place: Place) -> None:
    one, other = planned(place, tags={"a": "1"}), planned(place, tags={"a": "2"})

    assert one.compute_environment != other.compute_environment
    assert one.job_queue == other.job_queue
    assert planned(place, tags={"a": "1"}, max_vcpus=9).compute_environment == (
        one.compute_environment
    )


def test_fails_without_a_network(stack: cdk.Stack, place: Place) -> None:
    nowhere = NetworkAttachment(subnet_ids=(), security_group_ids=())
    with pytest.raises(PlanError) as caught:
        planned(place, network=nowhere)
    assert str(caught.value) == (
        "network: AWS Batch needs subnets and a security group, got None; "
        "use network mode isolated or existing"
    )

    own = NetworkAttachment(
        subnet_ids=(Ref("Network", "subnet_id_0"),), security_group_ids=("sg-1",)
    )
    with pytest.raises(ConstructError, match="pass the Network that the plan was made with"):
        BatchCapacity(stack, "Capacity", plan=planned(place, network=own))
