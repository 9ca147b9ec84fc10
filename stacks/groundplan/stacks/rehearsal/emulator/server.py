"""The embedded AWS: moto's server in this process, completed by the packages beside this file."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from groundplan.blueprints.errors import GroundplanError
from groundplan.stacks.rehearsal.emulator import (
    cloudformation,
    endpoints,
    events,
    items,
    jobs,
    step_functions,
)
from groundplan.stacks.rehearsal.emulator.faults import Faults
from groundplan.stacks.rehearsal.emulator.jobs import JobRecord
from groundplan.stacks.rehearsal.emulator.settings import (
    NO_CALLER,
    hidden_caller,
    inherited_environment,
    quiet_execution,
)

UNSUPPORTED = (
    "Budgets notifications: a budget is stored, nothing is measured against it",
    "CloudFormation's own events: a stack that is complete starts no build",
    "CloudWatch alarm evaluation: an alarm is stored and never changes its state by itself",
    "CodeBuild builds: a project is stored, a build never runs",
    "CodePipeline: a pipeline is stored and never runs, a connection is nothing but its ARN",
    "IAM: no request is refused for lack of a permission, whatever its policies say",
    "KMS key policies, S3 bucket policies and VPC endpoint policies are stored, not enforced",
    "Log delivery: flow logs and the logs of state machines and jobs are never written",
    "Schedules never fire by themselves",
    "Service control policies: stored where an organisation deploys them, not enforced",
    "Trails and Access Analyzer: a trail is stored and nothing is written to it, nothing is analysed",
)
"""What the emulator accepts and stores but does not do; the rehearsal names it in its summary."""

_one_at_a_time = threading.Lock()  # moto keeps its state in module globals


class EmulatorError(GroundplanError):
    """The emulator cannot do what it is asked."""


class Emulator:
    """AWS accounts on this machine's loopback interface, for as long as the context lasts.

    Every account exists as soon as it is used. The state is lost at exit; one process holds one
    emulator at a time.

    Args:
        images: Repository name of a container image -> directory with the image's scripts, which is
            the working directory of a job that runs the image.
        workdir: Directory for the trees of jobs and the CDK CLI's homes; made when it is missing.
        faults: What goes wrong on purpose. Default: nothing.
        interpreters: Repository name -> Python that runs the image's scripts, where they need packages
            that this process does not have. Default: this process's own runs all.

    Example:
        >>> from tempfile import mkdtemp
        >>> with Emulator(images={}, workdir=Path(mkdtemp())) as emulator:
        ...     sts = emulator.client("sts", "111111111111", "eu-west-1")
        ...     sts.get_caller_identity()["Account"]
        '111111111111'
    """

    unsupported: tuple[str, ...] = UNSUPPORTED

    def __init__(
        self,
        *,
        images: Mapping[str, Path],
        workdir: Path,
        faults: Faults | None = None,
        interpreters: Mapping[str, Path] | None = None,
    ) -> None:
        self.images = dict(images)
        self.interpreters = dict(interpreters or {})
        self.workdir = workdir
        self.faults = Faults() if faults is None else faults
        self._exits = ExitStack()
        self._port: int | None = None
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._credentials: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Start the server.

        Raises:
            EmulatorError: This process already holds an emulator.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise EmulatorError(
                "emulator: a process holds one at a time, got a second; leave the first"
            )
        with ExitStack() as exits:
            exits.callback(_one_at_a_time.release)
            self.workdir.mkdir(parents=True, exist_ok=True)
            moto_api_backend.reset()
            exits.callback(moto_api_backend.reset)
            exits.enter_context(hidden_caller())
            exits.enter_context(quiet_execution())
            for concern in (cloudformation, step_functions, events, items, jobs, endpoints):
                exits.enter_context(concern.patched(self))
            server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
            server.start()
            exits.callback(server.stop)
            self._port = server.get_host_and_port()[1]
            exits.callback(self._forget)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server, undo every change to moto and drop all state."""
        self._exits.close()

    @property
    def endpoint_url(self) -> str:
        """``http://localhost:PORT``.

        Raises:
            EmulatorError: The emulator is not running.
        """
        if self._port is None:
            raise EmulatorError("emulator: it is not running, got no port; use it in a with block")
        return f"http://localhost:{self._port}"

    def environment(self, account: str, region: str) -> dict[str, str]:
        """Whole environment of a process that is an administrator of ``account``.

        It is this process's environment without any variable that directs AWS clients or the CDK;
        their place is taken by dummy credentials, empty files and the emulator's address.
        """
        home = self.workdir / "cdk-home" / account
        home.mkdir(parents=True, exist_ok=True)
        return {
            **inherited_environment(),
            **NO_CALLER,
            **self._keys(_administrator(account)),
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_HOME": str(home),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        }

    def client(self, service: str, account: str, region: str, role: str | None = None) -> Any:
        """Client of one service, as an administrator of ``account``; it never retries.

        Args:
            service: As boto3 names it.
            account: Whose resources it reaches.
            region: Where.
            role: ARN of the role that is seen as the caller. Default: the administrator.
        """
        role = role or _administrator(account)
        key = (service, region, role)
        with self._lock:  # making a client is not safe between threads, using one is
            if key not in self._clients:
                self._clients[key] = self._new_client(service, region, self._keys(role))
            return self._clients[key]

    def publish(
        self,
        account: str,
        region: str,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str] = (),
    ) -> None:
        """Send an event to an account's default bus, as an AWS service does."""
        events.publish(
            self,
            account=account,
            region=region,
            source=source,
            detail_type=detail_type,
            detail=detail,
            resources=resources,
        )

    def undelivered(self) -> tuple[events.Undelivered, ...]:
        """Every event that matched a rule and did not reach its target."""
        return events.undelivered(self)

    def jobs(self) -> tuple[JobRecord, ...]:
        """Every training and processing job that was created, in order of creation."""
        return jobs.records(self)

    def _keys(self, role: str) -> dict[str, str]:
        if role not in self._credentials:
            issuer = self._new_client("sts", "us-east-1", {})
            issued = issuer.assume_role(RoleArn=role, RoleSessionName="groundplan")["Credentials"]
            self._credentials[role] = {
                "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
                "AWS_SESSION_TOKEN": issued["SessionToken"],
            }
        return self._credentials[role]

    def _new_client(self, service: str, region: str, keys: Mapping[str, str]) -> Any:
        open_client: Callable[..., Any] = boto3.client  # its overloads want literal names
        return open_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID", "dummy"),
            aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY", "dummy"),
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=Config(
                proxies={},
                read_timeout=900,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                max_pool_connections=50,
            ),
        )

    def _forget(self) -> None:
        self._port = None
        self._clients.clear()
        self._credentials.clear()


def _administrator(account: str) -> str:
    return f"arn:aws:iam::{account}:role/Administrator"
