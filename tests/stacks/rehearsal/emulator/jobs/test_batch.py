"""Jobs of AWS Batch on Fargate Spot: scripts, attempts, and what is refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::222222222222:role/job"
GROUP = "/reports/scoring"
RULES = [
    {"onStatusReason": "Your Spot Task was interrupted*", "action": "RETRY"},
    {"onReason": "*", "action": "EXIT"},
]


@pytest.fixture
def queue(world: Any) -> str:
    batch = world.client("batch")
    if not batch.describe_job_queues()["jobQueues"]:
        subnet = world.client("ec2").describe_subnets()["Subnets"][0]
        groups = world.client("ec2").describe_security_groups()["SecurityGroups"]
        batch.create_compute_environment(
            computeEnvironmentName="spare",
            type="MANAGED",
            state="ENABLED",
            computeResources={
                "type": "FARGATE_SPOT",
                "maxvCpus": 4,
                "subnets": [subnet["SubnetId"]],
                "securityGroupIds": [groups[0]["GroupId"]],
            },
        )
        batch.create_job_queue(
            jobQueueName="cheap",
            priority=1,
            state="ENABLED",
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "spare"}],
        )
        world.client("logs").create_log_group(logGroupName=GROUP)
    return "cheap"


def definition(world: Any, *command: str, **changes: Any) -> dict[str, Any]:
    container = {
        "image": world.image,
        "command": ["python", "copy_rows.py", *command],
        "executionRoleArn": ROLE,
        "jobRoleArn": ROLE,
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "2048"},
        ],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": GROUP}},
    }
    return {
        "jobDefinitionName": "copy",
        "type": "container",
        "platformCapabilities": ["FARGATE"],
        "containerProperties": {**container, **changes},
        "retryStrategy": {"attempts": 3, "evaluateOnExit": RULES},
        "timeout": {"attemptDurationSeconds": 60},
    }


def run(world: Any, queue: str, request: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Register, submit, describe until the end, deregister."""
    batch = world.client("batch")
    arn = batch.register_job_definition(**request)["jobDefinitionArn"]
    job = batch.submit_job(jobName="copy-1", jobQueue=queue, jobDefinition=arn)["jobId"]
    batch.deregister_job_definition(jobDefinition=arn)
    seen = []
    while True:
        [found] = batch.describe_jobs(jobs=[job])["jobs"]
        seen.append(found["status"])
        if found["status"] in ("SUCCEEDED", "FAILED"):
            return found, seen


def test_the_script_works_with_the_credentials_of_its_account(world: Any, queue: str) -> None:
    job, seen = run(world, queue, definition(world))

    assert seen == ["RUNNABLE", "SUCCEEDED"]
    assert world.read(f"copied/{job['jobId']}") == b"1,2\n3,4\n"
    record = world.emulator.jobs()[-1]
    assert (record.kind, record.instance_type, record.spot) == ("batch", "FARGATE_SPOT", True)


def test_an_attempt_whose_capacity_is_taken_back_is_repeated(world: Any, queue: str) -> None:
    world.emulator.faults.reclaims["copy"] = 2

    job, seen = run(world, queue, definition(world))

    assert seen == ["RUNNABLE", "RUNNABLE", "RUNNABLE", "SUCCEEDED"]
    reasons = [attempt["statusReason"] for attempt in job["attempts"]]
    assert reasons == [*["Your Spot Task was interrupted."] * 2, reasons[2]]


def test_fails_when_capacity_is_taken_back_too_often(world: Any, queue: str) -> None:
    world.emulator.faults.reclaims["copy"] = 3

    job, _ = run(world, queue, definition(world))

    assert (job["status"], len(job["attempts"])) == ("FAILED", 3)


def test_a_script_that_fails_is_not_repeated(world: Any, queue: str) -> None:
    job, _ = run(world, queue, definition(world, "fail"))

    assert job["status"] == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [3]


def test_fails_without_its_log_group(world: Any, queue: str) -> None:
    gone = {"logDriver": "awslogs", "options": {"awslogs-group": "/no/such"}}

    job, _ = run(world, queue, definition(world, logConfiguration=gone))

    assert job["statusReason"].startswith("ResourceInitializationError")


def test_can_be_terminated_before_it_runs(world: Any, queue: str) -> None:
    batch = world.client("batch")
    arn = batch.register_job_definition(**definition(world))["jobDefinitionArn"]
    job = batch.submit_job(jobName="copy-1", jobQueue=queue, jobDefinition=arn)["jobId"]

    batch.terminate_job(jobId=job, reason="too late")

    [found] = batch.describe_jobs(jobs=[job])["jobs"]
    assert (found["status"], found["statusReason"]) == ("FAILED", "too late")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"privileged": True}, "privileged is not applicable"),
        ({"jobRoleArn": ROLE.replace("job", "nobody")}, "does not exist"),
        ({"executionRoleArn": ROLE.replace("2222", "3333")}, "Cross-account pass role"),
        (
            {
                "resourceRequirements": [
                    {"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1024"},
                ]
            },
            "1 vCPU, 1024 MiB",
        ),
    ],
)  # fmt: skip
def test_fails_to_define_what_fargate_refuses(
    world: Any, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ClientError, match=problem):
        world.client("batch").register_job_definition(**definition(world, **changes))


def test_fails_to_submit_a_definition_that_is_gone(world: Any, queue: str) -> None:
    batch = world.client("batch")
    arn = batch.register_job_definition(**definition(world))["jobDefinitionArn"]
    batch.deregister_job_definition(jobDefinition=arn)

    with pytest.raises(ClientError, match="is not ACTIVE"):
        batch.submit_job(jobName="copy-1", jobQueue=queue, jobDefinition=arn)
