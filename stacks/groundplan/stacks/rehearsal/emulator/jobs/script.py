"""A container's process, run as a local subprocess."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.02
_GRACE_SECONDS = 30
_PYTHON = ("python", "python3")


@dataclass(frozen=True)
class Outcome:
    """How a script ended."""

    exit_code: int
    timed_out: bool = False
    interrupted: bool = False


class Script:
    """One run of an image's entrypoint in the directory of its scripts.

    ``/opt/ml`` in arguments and environment becomes ``root``, which the script finds in ``ML_ROOT``.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        root: Path,
        log: Path,
        python: Path | None = None,
    ) -> None:
        """Prepare the run; nothing is started yet.

        Args:
            command: Entrypoint and arguments.
            directory: Where it runs.
            environment: Variables of the container.
            root: What stands for ``/opt/ml``.
            log: File that what it prints is added to.
            python: Interpreter that ``python`` stands for. Default: that of this process.
        """

        def local(text: str) -> str:
            inside = text == "/opt/ml" or text.startswith("/opt/ml/")
            return f"{root}{text.removeprefix('/opt/ml')}" if inside else text

        own = sys.executable if python is None else str(python)
        program = own if command[0] in _PYTHON else command[0]
        self._command = [program, *map(local, command[1:])]
        self._environment = {name: local(value) for name, value in environment.items()}
        self._environment |= {
            "HOME": str(root.parent),
            "ML_ROOT": str(root),
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONDONTWRITEBYTECODE": "1",  # the image's directory is the user's source
        }
        self._directory = directory
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, timeout_seconds: float, interrupt: Callable[[], bool] | None = None) -> Outcome:
        """Run to the end.

        Args:
            timeout_seconds: After which it is terminated.
            interrupt: Asked again and again; when true, the script is terminated. Default: never.
        """
        deadline = time.monotonic() + timeout_seconds
        process = self.start()
        while process.poll() is None:
            if interrupt is not None and interrupt():
                return Outcome(self.terminate(), interrupted=True)
            if time.monotonic() > deadline:
                return Outcome(self.terminate(), timed_out=True)
            time.sleep(_POLL_SECONDS)
        return Outcome(process.returncode)

    def start(self) -> subprocess.Popen[bytes]:
        """Start without waiting."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._process

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> int:
        """Send ``SIGTERM``, later ``SIGKILL``, to the script and its children; its exit code."""
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
