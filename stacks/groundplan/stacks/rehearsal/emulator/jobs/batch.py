"""Jobs of AWS Batch on Fargate: containers that run a project's own scripts."""

import json
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.batch.exceptions import ClientException
from moto.batch.models import batch_backends
from moto.batch.responses import BatchResponse
from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.sagemaker.exceptions import AWSValidationException

from groundplan.blueprints.spec.rules.batch import FARGATE_MEMORY_GIB
from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.job import Place
from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.script import Script

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

ENDED = ("SUCCEEDED", "FAILED")
ATTEMPT_SECONDS = 300
RECLAIMED = "Your Spot Task was interrupted."
EXITED = "Essential container in task exited"
MIB_A_GIB = 1024

_JOBS: dict[str, "BatchJob"] = {}


class BatchJob:
    """A job that takes one step each time it is described; an attempt is one step."""

    def __init__(self, place: Place, definition: Any, request: dict[str, Any]) -> None:
        """Submit the job."""
        self._place = place
        self._definition = definition
        self.request = request
        self.id = str(uuid.uuid4())
        self.status = "SUBMITTED"
        self.reason = ""
        self.attempts: list[dict[str, Any]] = []
        self.creation_time = CLOCK.now()
        self.home = place.emulator.workdir / "jobs" / place.account / self.id
        self._script: Script | None = None
        self._lock = threading.RLock()

    @property
    def arn(self) -> str:
        """The job's ARN."""
        place = self._place
        return f"arn:aws:batch:{place.region}:{place.account}:job/{self.id}"

    @property
    def spare(self) -> bool:
        """Whether it runs on spare capacity."""
        return self._capacity() == "FARGATE_SPOT"

    def belongs_to(self, emulator: "Emulator") -> bool:
        """Whether it was submitted on that emulator."""
        return self._place.emulator is emulator

    def record(self) -> JobRecord:
        """The job as it stands."""
        seconds = ATTEMPT_SECONDS * len(self.attempts)
        return JobRecord(
            kind="batch",
            account=self._place.account,
            region=self._place.region,
            name=self.request["jobName"],
            instance_type=self._capacity(),
            spot=self.spare,
            status=self.status,
            secondary_status="",
            failure_reason=self.reason if self.status == "FAILED" else "",
            training_seconds=seconds,
            billable_seconds=seconds,
            request={**self.request, "definition": self._definition.describe()},
            log=self.home / "log.txt",
        )

    def describe(self) -> dict[str, Any]:
        """Take a step, then describe."""
        with self._lock:
            if self.status == "SUBMITTED":
                self.status = "RUNNABLE"
            elif self.status not in ENDED:
                self._attempt()
        definition = self._definition
        return {
            "jobArn": self.arn,
            "jobId": self.id,
            "jobName": self.request["jobName"],
            "jobQueue": self.request["jobQueue"],
            "jobDefinition": definition.arn,
            "status": self.status,
            "statusReason": self.reason,
            "createdAt": _millis(self.creation_time),
            "startedAt": _millis(self.creation_time),
            "attempts": self.attempts,
            "retryStrategy": definition.retry_strategy or {"attempts": 1},
            "platformCapabilities": definition.platform_capabilities,
            "tags": self.request.get("tags", {}),
        }

    def stop(self, reason: str = "terminated") -> None:
        """End the job as failed."""
        if self._script is not None:
            self._script.terminate()
        with self._lock:
            if self.status not in ENDED:
                self.status, self.reason = "FAILED", reason

    def _capacity(self) -> str:
        backend = batch_backends[self._place.account][self._place.region]
        queue = backend.get_job_queue(self.request["jobQueue"])
        environments = [] if queue is None else queue.environments
        return str(environments[0].compute_resources["type"]) if environments else ""

    def _attempt(self) -> None:
        self.status = "RUNNING"
        exit_code, why = self._run()
        CLOCK.advance(ATTEMPT_SECONDS)
        container = {} if exit_code is None else {"exitCode": exit_code}
        self.attempts.append({"container": container, "statusReason": why})
        self.reason = why
        if exit_code == 0:
            self.status = "SUCCEEDED"
        elif len(self.attempts) < self._allowed() and self._retried(exit_code, why):
            self.status = "RUNNABLE"
        else:
            self.status = "FAILED"

    def _run(self) -> tuple[int | None, str]:
        place, container = self._place, self._definition.container_properties
        group = container["logConfiguration"]["options"]["awslogs-group"]
        if group not in logs_backends[place.account][place.region].groups:
            return None, f"ResourceInitializationError: log group {group} does not exist"
        try:
            directory = scripts_of(container["image"], place.emulator.images)
        except AWSValidationException as exc:
            return None, f"CannotPullContainerError: {exc}"
        reclaims = place.emulator.faults.reclaims
        part = next((item for item in reclaims if item in self.request["jobName"]), None)
        if self.spare and part is not None and reclaims[part] > 0:
            reclaims[part] -= 1
            return None, RECLAIMED
        shutil.rmtree(self.home / "tmp", ignore_errors=True)
        (self.home / "ml").mkdir(parents=True, exist_ok=True)
        (self.home / "tmp").mkdir()
        self._script = Script(
            container["command"],
            directory=directory,
            environment={
                **place.emulator.environment(place.account, place.region),
                **{item["name"]: item["value"] for item in container["environment"]},
                "AWS_BATCH_JOB_ID": self.id,
                "TMPDIR": str(self.home / "tmp"),
            },
            root=self.home / "ml",
            log=self.home / "log.txt",
        )
        limit = (self._definition.timeout or {}).get("attemptDurationSeconds", 86_400)
        outcome = self._script.run(limit)
        if outcome.timed_out:
            return outcome.exit_code, "Job attempt duration exceeded timeout"
        return outcome.exit_code, EXITED

    def _allowed(self) -> int:
        return int((self._definition.retry_strategy or {}).get("attempts", 1))

    def _retried(self, exit_code: int | None, why: str) -> bool:
        """What the first matching rule says; a failure that none matches is tried again."""
        seen = {"onExitCode": str(exit_code), "onReason": why, "onStatusReason": why}
        for rule in (self._definition.retry_strategy or {}).get("evaluateOnExit", []):
            if all(fnmatchcase(seen[key], rule[key]) for key in seen if key in rule):
                return bool(rule["action"].upper() == "RETRY")
        return True


def jobs() -> tuple[BatchJob, ...]:
    """Every job, in order of submission."""
    return tuple(_JOBS.values())


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Let jobs run scripts, and AWS Batch work with its own role."""
    create_environment, register = (
        BatchResponse.createcomputeenvironment,
        BatchResponse.registerjobdefinition,
    )

    def createcomputeenvironment(self: Any) -> str:
        if self._get_param("serviceRole") is None:
            given = {**json.loads(self.body), "serviceRole": _own_role(self.current_account)}
            self.body = json.dumps(given)
        return create_environment(self)

    def registerjobdefinition(self: Any) -> str:
        _check_definition(json.loads(self.body), self.current_account)
        return register(self)

    def submitjob(self: Any) -> str:
        request = json.loads(self.body)
        backend = batch_backends[self.current_account][self.region]
        definition = backend.get_job_definition_by_arn(request["jobDefinition"])
        if definition is None or definition.status != "ACTIVE":
            raise ClientException(f"JobDefinition {request['jobDefinition']} is not ACTIVE")
        queue = backend.get_job_queue(request["jobQueue"])
        if queue is None or queue.state != "ENABLED":
            raise ClientException(f"JobQueue {request['jobQueue']} not found or not ENABLED")
        job = BatchJob(Place(emulator, self.current_account, self.region), definition, request)
        _JOBS[job.id] = job
        return json.dumps({"jobArn": job.arn, "jobId": job.id, "jobName": request["jobName"]})

    def describejobs(self: Any) -> str:
        wanted = self._get_param("jobs") or []
        return json.dumps({"jobs": [_JOBS[id].describe() for id in wanted if id in _JOBS]})

    def terminatejob(self: Any) -> str:
        job = _JOBS.get(self._get_param("jobId"))
        if job is not None:
            job.stop(self._get_param("reason"))
        return ""

    methods = (
        createcomputeenvironment,
        registerjobdefinition,
        submitjob,
        describejobs,
        terminatejob,
    )
    with ExitStack() as stack:
        for method in methods:
            stack.enter_context(mock.patch.object(BatchResponse, method.__name__, method))
        stack.callback(_JOBS.clear)
        yield


def _own_role(account: str) -> str:
    """AWS Batch's service-linked role, which comes with the first compute environment."""
    backend = iam_backends[account]["aws"]
    name = "AWSServiceRoleForBatch"
    for role in backend.get_roles():
        if role.name == name:
            return str(role.arn)
    made = backend.create_role(
        role_name=name,
        assume_role_policy_document="{}",
        path="/aws-service-role/batch.amazonaws.com/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    return str(made.arn)


def _check_definition(request: dict[str, Any], account: str) -> None:
    """Refuse a definition as AWS Batch does for Fargate.

    Raises:
        ClientException: The first rule that it breaks.
    """
    container = request["containerProperties"]
    _require(request.get("platformCapabilities") == ["FARGATE"], "the emulator knows Fargate only")
    needs = {item["type"]: item["value"] for item in container.get("resourceRequirements", [])}
    vcpus, memory = int(needs.get("VCPU", 0)), int(needs.get("MEMORY", 0))
    offered = [MIB_A_GIB * size for size in FARGATE_MEMORY_GIB.get(vcpus, ())]
    _require(
        memory in offered, f"Fargate resource requirements ({vcpus} vCPU, {memory} MiB) not valid"
    )
    _require(not container.get("privileged"), "privileged is not applicable for Fargate")
    _require("executionRoleArn" in container, "executionRoleArn is required for Fargate")
    for name in ("executionRoleArn", "jobRoleArn"):
        arn = container.get(name)
        if arn is None:
            continue
        _require(arn.split(":")[4] == account, f"Cross-account pass role is not allowed: {arn}")
        try:
            iam_backends[account]["aws"].get_role_by_arn(arn)
        except ServiceException as exc:
            raise ClientException(f"{name} {arn} does not exist") from exc
    strategy = request.get("retryStrategy", {})
    _require(len(strategy.get("evaluateOnExit", [])) <= 5, "evaluateOnExit has at most 5 entries")
    _require(1 <= strategy.get("attempts", 1) <= 10, "attempts must be between 1 and 10")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ClientException(message)


def _millis(moment: Any) -> int:
    return int(moment.timestamp() * 1000)
