"""Scoring as a job of AWS Batch, on spare capacity."""

from contextlib import suppress
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, StepFailed
from groundplan.pipelines.runtime.jobs import job_name

QUEUE_SECONDS = 7200
SCRATCH = "scratch"
# What ends an attempt although the program did nothing wrong.
PASSING = (
    ("onStatusReason", "Your Spot Task was interrupted*"),
    ("onStatusReason", "Host EC2*"),
    ("onStatusReason", "Timeout waiting for network interface*"),
    ("onReason", "CannotPullContainerError*"),
)


def batch(given: Step, run: Run) -> Outputs:
    """Registers the job's definition, runs it, deregisters it whatever happens."""
    client = run.client("batch")
    name = job_name(given, run, 0)
    definition = client.register_job_definition(**definition_request(given, run))
    arn = left_behind = definition["jobDefinitionArn"]
    try:
        _run_job(given, run, name, arn)
    finally:
        with suppress(Exception):  # costs nothing and is no reason to lose the job's work
            client.deregister_job_definition(jobDefinition=arn)
            left_behind = ""
    return {"job_name": name, "output_uri": given["output_uri"], "left_behind": left_behind}


def _run_job(given: Step, run: Run, name: str, definition: str) -> None:
    client = run.client("batch")
    queue = given["job_queue_arn"]
    # A queue lists jobs by name in any status: a restarted step finds the one that it began.
    listed = client.list_jobs(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [name]}])
    known = listed["jobSummaryList"]
    job_id = (
        known[0]["jobId"]
        if known
        else client.submit_job(
            jobName=name,
            jobQueue=queue,
            jobDefinition=definition,
            tags=dict(given["tags"]),
            propagateTags=True,
        )["jobId"]
    )
    seconds = given["attempts"] * given["max_runtime_seconds"] + QUEUE_SECONDS
    waited = 0
    while True:
        [job] = client.describe_jobs(jobs=[job_id])["jobs"]
        if job["status"] == "SUCCEEDED":
            return
        if job["status"] == "FAILED":
            raise StepFailed("Failed", f"job {name}: {job.get('statusReason', '')}")
        if waited >= seconds:
            client.terminate_job(jobId=job_id, reason="took too long")
            raise StepFailed("Timeout", f"job {name} has not ended within {seconds} seconds")
        run.sleep(run.poll_seconds)
        waited += run.poll_seconds


def definition_request(given: Step, run: Run) -> dict[str, Any]:
    """The arguments of RegisterJobDefinition."""
    retry: list[dict[str, str]] = [{key: text, "action": "RETRY"} for key, text in PASSING]
    return {
        "jobDefinitionName": f"{given['job_prefix']}-{run.short_id}",
        "type": "container",
        "platformCapabilities": ["FARGATE"],
        "containerProperties": {
            "image": given["image"],
            "command": [*given["entrypoint"], *map(str, given["arguments"])],
            "executionRoleArn": given["execution_role_arn"],
            "jobRoleArn": given["job_role_arn"],
            "resourceRequirements": [
                {"type": "VCPU", "value": str(given["vcpus"])},
                {"type": "MEMORY", "value": str(given["memory_mib"])},
            ],
            "readonlyRootFilesystem": True,
            "volumes": [{"name": SCRATCH}],
            "mountPoints": [{"sourceVolume": SCRATCH, "containerPath": "/tmp", "readOnly": False}],
            "networkConfiguration": {"assignPublicIp": "DISABLED"},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": given["log_group"],
                    "awslogs-region": given["job_queue_arn"].split(":")[3],
                    "awslogs-stream-prefix": given["job_prefix"],
                },
            },
        },
        "retryStrategy": {
            "attempts": given["attempts"],
            "evaluateOnExit": [*retry, {"onReason": "*", "action": "EXIT"}],
        },
        "timeout": {"attemptDurationSeconds": given["max_runtime_seconds"]},
        "propagateTags": True,
        "tags": dict(given["tags"]),
    }
