"""Models that run: an image's serving program beside the artefact, as local processes."""

import io
import shutil
import socket
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplan.stacks.rehearsal.emulator.endpoints import packages
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.script import Script

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

MOST_RUNNING = 4
"""Processes that are kept; whoever was asked longest ago makes room."""
START_SECONDS = 60
ANSWER_SECONDS = 60
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class ContainerError(Exception):
    """A container does not start or does not answer."""


@dataclass(frozen=True)
class Answer:
    """What a container said."""

    status: int
    content_type: str
    body: bytes
    attributes: str = ""
    """What it says in the header `ATTRIBUTES`."""


@dataclass(frozen=True)
class Served:
    """What one container of a model is made of."""

    image: str
    artifact_uri: str | None
    environment: tuple[tuple[str, str], ...]


def served_by(backend: Any, model_name: str) -> Served:
    """The first container of a model, looked up in the registry where it names a package.

    Raises:
        ContainerError: The model or what it needs is not there.
    """
    model = backend._models.get(model_name)
    if model is None:
        raise ContainerError(f"there is no model {model_name}")
    container: Mapping[str, Any] = model.primary_container or (model.containers or [{}])[0]
    environment = dict(container.get("Environment", {}))
    if "ModelPackageName" in container:
        arn = container["ModelPackageName"]
        owner = packages.owner_of(arn, "DescribeModelPackage", backend.account_id)
        package = owner.describe_model_package(arn)
        container = package.inference_specification["Containers"][0]
        environment = {**container.get("Environment", {}), **environment}
    return Served(
        container.get("Image", ""),
        container.get("ModelDataUrl"),
        tuple(sorted(environment.items())),
    )


class Container:
    """One serving process on a port of this machine."""

    def __init__(self, served: Served, directory: Path, home: Path, archive: bytes | None) -> None:
        """Start it; it does not answer yet."""
        shutil.rmtree(home, ignore_errors=True)
        model = home / "ml" / "model"
        model.mkdir(parents=True)
        if archive is not None:
            with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
                packed.extractall(model, filter="data")
        self._port = _free_port()
        self._log = home / "log.txt"
        self._script = Script(
            ["python", "serve.py"],
            directory=directory,
            environment={**dict(served.environment), "SAGEMAKER_BIND_TO_PORT": str(self._port)},
            root=home / "ml",
            log=self._log,
        )
        self._script.start()

    def wait(self) -> None:
        """Wait until ``/ping`` answers.

        Raises:
            ContainerError: It ends, or does not answer for a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._script.running:
            try:
                with urllib.request.urlopen(self._url("ping"), timeout=1):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        said = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        self.stop()
        raise ContainerError(f"it does not answer /ping: {' '.join(said) or 'it said nothing'}")

    def ask(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request to ``/invocations``.

        Raises:
            ContainerError: It does not answer.
        """
        request = urllib.request.Request(
            self._url("invocations"), data=body, headers=dict(headers), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return _answer(response)
        except urllib.error.HTTPError as exc:
            return _answer(exc)
        except OSError as exc:
            raise ContainerError(str(exc)) from exc

    def stop(self) -> None:
        """End the process."""
        self._script.terminate()

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/{path}"


class Containers:
    """Every serving process of one emulator, started when it is first asked."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self._running: OrderedDict[tuple[str, str, Served], Container] = OrderedDict()
        self._lock = threading.Lock()
        self._count = 0

    def get(self, account: str, region: str, config_name: str, served: Served) -> Container:
        """The process that serves a config's model.

        Raises:
            ContainerError: It does not start.
        """
        key = (account, config_name, served)
        with self._lock:
            if key not in self._running:
                while len(self._running) >= MOST_RUNNING:
                    self._running.popitem(last=False)[1].stop()
                self._running[key] = self._start(account, region, served)
            self._running.move_to_end(key)
            return self._running[key]

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            while self._running:
                self._running.popitem()[1].stop()

    def _start(self, account: str, region: str, served: Served) -> Container:
        emulator = self._emulator
        archive = None
        if served.artifact_uri is not None:
            bucket, _, key = served.artifact_uri.removeprefix("s3://").partition("/")
            storage = emulator.client("s3", account, region)
            archive = storage.get_object(Bucket=bucket, Key=key)["Body"].read()
        self._count += 1
        container = Container(
            served,
            scripts_of(served.image, emulator.images),
            emulator.workdir / "endpoints" / str(self._count),
            archive,
        )
        container.wait()
        return container


def _answer(response: Any) -> Answer:
    headers = response.headers
    return Answer(
        response.status,
        headers.get("Content-Type", ""),
        response.read(),
        headers.get(ATTRIBUTES, ""),
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
