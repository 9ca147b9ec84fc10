"""Compute environments and queues of AWS Batch as CloudFormation makes, changes and deletes them."""

from typing import Any


def resources(**changes: Any) -> dict[str, Any]:
    """An environment on Fargate Spot in a VPC of its own, and its queue."""
    environment = {
        "ComputeEnvironmentName": "spare",
        "ComputeResources": {
            "MaxvCpus": 5,
            "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
            "Subnets": [{"Ref": "Subnet"}],
            "Type": "FARGATE_SPOT",
        },
        "ReplaceComputeEnvironment": False,
        "State": "ENABLED",
        "Type": "MANAGED",
        **changes.get("environment", {}),
    }
    queue = {
        "ComputeEnvironmentOrder": [
            {"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}},
        ],
        "JobQueueName": "cheap",
        "Priority": 1,
        "State": "ENABLED",
        **changes.get("queue", {}),
    }
    vpc = {"VpcId": {"Ref": "Vpc"}}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24", **vpc}},
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "jobs", **vpc},
        },
        "Environment": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": environment},
        "Queue": {"Type": "AWS::Batch::JobQueue", "Properties": queue},
    }


def test_the_service_shows_what_was_made(stacks: Any) -> None:
    tags = [{"Key": "project", "Value": "churn"}]
    stacks.create(resources(), Tags=tags)
    assert stacks.failures() == []
    batch = stacks.client("batch")

    [environment] = batch.describe_compute_environments()["computeEnvironments"]
    [queue] = batch.describe_job_queues()["jobQueues"]

    assert environment["computeEnvironmentName"] == "spare"
    assert environment["computeResources"]["maxvCpus"] == 5
    assert environment["computeResources"]["subnets"] == [stacks.physical_id("Subnet")]
    assert environment["serviceRole"].endswith("/AWSServiceRoleForBatch")
    assert (environment["state"], environment["tags"]) == ("ENABLED", {"project": "churn"})
    assert queue["computeEnvironmentOrder"] == [
        {"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}
    ]
    assert queue["tags"] == {"project": "churn"}
    assert stacks.physical_id("Queue") == queue["jobQueueArn"]


def test_a_queue_changes_in_place(stacks: Any) -> None:
    stacks.create(resources())
    stacks.update(resources(queue={"Priority": 7}))

    [queue] = stacks.client("batch").describe_job_queues()["jobQueues"]
    assert (stacks.failures(), queue["priority"]) == ([], 7)


def test_other_tags_need_another_name(stacks: Any) -> None:
    tags = [{"Key": "project", "Value": "churn"}]
    stacks.create(resources())
    stacks.update(resources(), Tags=tags)
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rename spare" in stacks.failures()[0][1]

    stacks.update(resources(environment={"ComputeEnvironmentName": "spare-2"}), Tags=tags)
    [environment] = stacks.client("batch").describe_compute_environments()["computeEnvironments"]
    assert (stacks.status(), environment["computeEnvironmentName"]) == (
        "UPDATE_COMPLETE", "spare-2",
    )  # fmt: skip


def test_a_change_that_moto_would_forget_fails(stacks: Any) -> None:
    stacks.create(resources())
    stacks.update(resources(environment={"ComputeResources": {"MaxvCpus": 9}}))

    assert "ComputeResources is not emulated" in stacks.failures()[0][1]


def test_nothing_is_left(stacks: Any) -> None:
    stacks.create(resources())
    assert stacks.delete() == "DELETE_COMPLETE"
    batch = stacks.client("batch")
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    assert batch.describe_job_queues()["jobQueues"] == []
