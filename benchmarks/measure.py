"""Time and CPU of whole processes, their children included."""

import ctypes
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

PR_SET_CHILD_SUBREAPER = 36


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
    _adopt_orphans()
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
        cpu = usage.ru_utime + usage.ru_stime + _orphans()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {errors.decode()[-500:]}")
        if index:
            walls.append(time.perf_counter() - start)
            cpus.append(cpu)
    return Cost(statistics.median(walls), statistics.median(cpus))


def memory(command: Sequence[str]) -> tuple[float, str]:
    """Return the peak memory of a command in MiB, that of what it started added, and what it printed.

    Raises:
        RuntimeError: If the command fails.
    """
    _adopt_orphans()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    kibibytes = usage.ru_maxrss
    while True:
        try:
            kibibytes += os.wait4(-1, 0)[2].ru_maxrss
        except ChildProcessError:
            break
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}")
    return kibibytes / 1024, printed


def _adopt_orphans() -> None:
    """Become the parent of processes whose own parent ends before them (Linux)."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _orphans() -> float:
    """Wait for what the command left behind, such as Node, and return its CPU in seconds."""
    total = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return total
        total += usage.ru_utime + usage.ru_stime


def python(code: str) -> list[str]:
    """Return the command that runs ``code``."""
    return [sys.executable, "-c", code]
