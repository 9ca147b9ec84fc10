"""Time and CPU of whole processes, their children included."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over several runs, in seconds."""

    wall: float
    cpu: float


def cost(command: Sequence[str], *, runs: int, env: dict[str, str] | None = None) -> Cost:
    """Run a command several times, once more to warm caches, and return the medians.

    Raises:
        RuntimeError: If the command fails.
    """
    walls, cpus = [], []
    for index in range(runs + 1):
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {errors.decode()[-500:]}")
        if index:
            walls.append(time.perf_counter() - start)
            cpus.append(usage.ru_utime + usage.ru_stime)
    return Cost(statistics.median(walls), statistics.median(cpus))


def python(code: str) -> list[str]:
    """Return the command that runs ``code``."""
    return [sys.executable, "-c", code]
