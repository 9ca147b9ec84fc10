import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from groundplan.blueprints.plan.batch_capacity import plan_batch_capacity
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import FlowLogPlan, NetworkAttachment, plan_network
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import BatchCapacity, BatchCapacityArgs, Network, NetworkArgs
from groundplan.stacks.parity import Answers
from groundplan.stacks.pulumi.recording import Recording, record

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
PLAN = plan_network(
    name="reports",
    place=PLACE,
    flow_log=FlowLogPlan(
        log_group_name="/reports/flow",
        log_group_arn=PLACE.arn("logs", "log-group:/reports/flow"),
        role_arn="arn:aws:iam::111111111111:role/flow",
    ),
)
CAPACITY = plan_batch_capacity(
    parts=("reports",),
    place=PLACE,
    max_vcpus=4,
    network=NetworkAttachment(
        subnet_ids=PLAN.subnet_ids, security_group_ids=PLAN.security_group_ids
    ),
)


def program() -> None:
    network = Network("reports", NetworkArgs(plan=PLAN))
    capacity = BatchCapacity("jobs", BatchCapacityArgs(plan=CAPACITY, network=network.values))
    pulumi.export("subnets", network.subnet_ids)
    pulumi.export("group", network.workload_security_group_id)
    pulumi.export("vpc", network.vpc_id)
    pulumi.export("queue", capacity.job_queue_arn)


def test_what_attaches_gets_the_ids_of_the_network(run: Run) -> None:
    recording = run(program)
    [environment] = recording.of_type("aws:batch/computeEnvironment:ComputeEnvironment")
    attached = environment.inputs["computeResources"]
    assert attached["subnets"] == recording.outputs["subnets"]
    assert attached["securityGroupIds"] == [recording.outputs["group"]]
    assert recording.outputs["queue"] == PLACE.arn("batch", f"job-queue/{CAPACITY.job_queue}")


def test_nothing_can_leave(run: Run) -> None:
    found = {item.name: item.inputs for item in run(program).registrations}
    assert "routes" not in found["reports-Routes"]
    assert found["reports-Endpoints"]["egress"] == []
    assert found["reports-Workload"]["ingress"] == []
    [rule] = found["reports-Workload"]["egress"]
    assert (rule["fromPort"], rule["toPort"]) == (443, 443)
    for subnet in PLAN.subnets:
        assert found[f"reports-{subnet.id}"]["mapPublicIpOnLaunch"] is False
    types = {item.type for item in run(program).registrations}
    assert not any("internetGateway" in type or "natGateway" in type for type in types)


def test_endpoints_are_private_and_have_policies(run: Run) -> None:
    endpoints = run(program).of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert len(endpoints) == len(PLAN.endpoints)
    for item in endpoints:
        assert json.loads(item.inputs["policy"])["Statement"]
        if item.inputs["vpcEndpointType"] == "Interface":
            assert item.inputs["privateDnsEnabled"] is True
            assert len(item.inputs["subnetIds"]) == 2


class Zones(Answers):
    """A region with a Local Zone that the account has opted in to."""

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
        local = [] if arguments.get("filters") == wanted else ["eu-west-1-dub-1a"]
        return {"id": "zones", "names": [*local, "eu-west-1a", "eu-west-1b"]}


def test_subnets_are_in_availability_zones_and_stay_there() -> None:
    recording = record(program, backend=Zones(PLACE))
    subnets = recording.of_type("aws:ec2/subnet:Subnet")
    assert {item.inputs["availabilityZone"] for item in subnets} == {"eu-west-1a", "eu-west-1b"}
    assert all(item.ignore_changes == ("availabilityZone",) for item in subnets)


def test_fails_on_a_network_where_its_values_are_meant(run: Run) -> None:
    def wrong() -> None:
        network = Network("reports", NetworkArgs(plan=PLAN))
        BatchCapacity("jobs", BatchCapacityArgs(plan=CAPACITY, network=network))  # type: ignore[arg-type]

    with pytest.raises(ConstructError) as error:
        run(wrong)
    assert str(error.value) == (
        "jobs.network: must be what stands for refs, got 'Network'; pass the values of the "
        "component, such as network.values"
    )


def test_fails_without_the_network_that_the_plan_refers_to(run: Run) -> None:
    with pytest.raises(ConstructError, match=r"jobs\.network: the plan refers to"):
        run(lambda: BatchCapacity("jobs", BatchCapacityArgs(plan=CAPACITY)))
