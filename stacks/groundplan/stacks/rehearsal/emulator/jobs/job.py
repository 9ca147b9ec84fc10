"""What training and processing jobs have in common: a life in steps, one a description."""

import json
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord
from groundplan.stacks.rehearsal.emulator.jobs.registry import check_pushed, scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.script import Outcome, Script
from groundplan.stacks.rehearsal.emulator.jobs.storage import Storage, TransferError
from groundplan.stacks.rehearsal.emulator.step_functions.services import service_model

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

ENDED = frozenset({"Completed", "Failed", "Stopped"})
CAPACITY_ERROR = (
    "CapacityError: Unable to provision requested ML compute capacity. "
    "Please retry using a different ML instance type."
)


class JobFailure(Exception):
    """The job fails; the text is its ``FailureReason``."""


@dataclass(frozen=True)
class Place:
    """Where a job runs."""

    emulator: "Emulator"
    account: str
    region: str


class Job(ABC):
    """A job that takes one step each time it is described.

    The script runs inside the step that ends the job, so that whoever polls sees the same sequence
    of states however fast the machine is.
    """

    KIND: ClassVar[Literal["training", "processing", "transform"]]
    OPERATION: ClassVar[str]

    def __init__(self, place: Place, request: dict[str, Any]) -> None:
        """Create the job in state ``InProgress``."""
        self._place = place
        self.request = request
        self.tags: list[dict[str, str]] = list(request.get("Tags", []))
        self.status = "InProgress"
        self.failure_reason = ""
        self.creation_time = self.last_modified_time = CLOCK.now()
        self.start_time: datetime | None = None
        self.end_time: datetime | None = None
        self.home = place.emulator.workdir / "jobs" / place.account / self.name
        shutil.rmtree(self.home, ignore_errors=True)
        self.root = self.home / "ml"
        self.root.mkdir(parents=True)
        self._lock = threading.RLock()
        self._stop_asked = False
        self._script: Script | None = None
        self._life = self._live()

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.request[f"{self.KIND.capitalize()}JobName"])

    @property
    def arn(self) -> str:
        """The job's ARN."""
        place = self._place
        return (
            f"arn:aws:sagemaker:{place.region}:{place.account}:{self.KIND}-job/{self.name.lower()}"
        )

    @property
    @abstractmethod
    def instance_type(self) -> str:
        """The one instance type."""

    @abstractmethod
    def _live(self) -> Iterator[None]:
        """Each step up to the next ``yield``; returns at the end of the job."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """What describing adds to the request."""

    @abstractmethod
    def record(self) -> JobRecord:
        """The job as it stands."""

    def describe(self) -> dict[str, Any]:
        """Take a step, then describe."""
        with self._lock:
            if self.status not in ENDED:
                self._step()
            return self.description()

    def description(self) -> dict[str, Any]:
        """Describe without taking a step."""
        shape = service_model("sagemaker").operation_model(f"Describe{self.OPERATION}").output_shape
        members = shape.members if shape is not None else {}
        known = {name: value for name, value in self.request.items() if name in members}
        state = {name: value for name, value in self._state().items() if value is not None}
        return {
            **known,
            **state,
            f"{self.OPERATION}Name": self.name,
            f"{self.OPERATION}Arn": self.arn,
            f"{self.OPERATION}Status": self.status,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            **({"FailureReason": self.failure_reason} if self.failure_reason else {}),
        }

    gen_response_object = description  # what moto's Search asks for

    def stop(self) -> None:
        """Ask the job to stop: it is ``Stopping`` in the next description, then ``Stopped``."""
        self._stop_asked = True
        if self._script is not None:
            self._script.terminate()
        with self._lock:
            if self.status not in ENDED:
                self.status = "Stopping"
                self._life = self._halt()

    def _step(self) -> None:
        try:
            next(self._life, None)
        except (JobFailure, TransferError) as exc:
            reason = str(exc) if isinstance(exc, JobFailure) else f"ClientError: {exc}"
            self._end("Failed", reason)

    def _halt(self) -> Iterator[None]:
        yield
        self._end("Stopped")

    def _end(self, status: str, reason: str = "") -> None:
        self.status = status
        self.failure_reason = reason[:1024]
        self.end_time = self.last_modified_time = CLOCK.now()

    def _failure_wanted(self) -> str | None:
        """Uses up the fault that is meant for this job, if there is one."""
        faults = self._place.emulator.faults.job_failure
        part = next((part for part in faults if part in self.name), None)
        return None if part is None else faults.pop(part)

    def belongs_to(self, emulator: "Emulator") -> bool:
        """Whether it was created on that emulator."""
        return self._place.emulator is emulator

    @cached_property
    def storage(self) -> Storage:
        """S3 as the job's account sees it."""
        place = self._place
        return Storage(place.emulator.client("s3", place.account, place.region))

    @property
    def log(self) -> Path:
        """What the script prints."""
        return self.home / "log.txt"

    def _prepare(
        self, image: str, command: list[str], environment: dict[str, str], *, isolated: bool
    ) -> Script:
        place = self._place
        if not command:
            raise JobFailure("AlgorithmError: the emulator needs a ContainerEntrypoint")
        base = {} if isolated else place.emulator.environment(place.account, place.region)
        self._script = Script(
            command,
            directory=scripts_of(image, place.emulator.images),
            environment={**base, "AWS_REGION": place.region, **environment},
            root=self.root,
            log=self.log,
            python=place.emulator.interpreters.get(check_pushed(image)),
        )
        return self._script

    def _run(self, script: Script, seconds: float, **options: Any) -> Outcome:
        try:
            return script.run(seconds, **options)
        except OSError as exc:
            raise JobFailure(f"AlgorithmError: {exc}") from exc

    def _path(self, path: str) -> Path:
        """Where a path of the container is on this machine."""
        return self.root / path.removeprefix("/opt/ml").lstrip("/")

    def _write(self, path: str, document: object) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(document))

    def _said(self, path: str) -> str:
        """What the script left in a file below ``output``; empty if nothing."""
        file = self.root / "output" / path
        return file.read_text(errors="replace").strip() if file.is_file() else ""

    def _hosts(self) -> dict[str, Any]:
        return {
            "current_host": "algo-1",
            "current_instance_type": self.instance_type,
            "hosts": ["algo-1"],
            "network_interface_name": "eth0",
        }
