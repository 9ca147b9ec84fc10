"""Which function compiles which step of a release."""

from collections.abc import Callable
from typing import Any

from groundplan.pipelines.step_functions import locks
from groundplan.pipelines.step_functions.states import Scope, States
from groundplan.pipelines.steps import AcquireLock, ReleaseLock, Step

RELEASE_COMPILERS: dict[type[Step], Callable[[Any, Scope], States]] = {
    AcquireLock: locks.acquire,
    ReleaseLock: locks.release,
}
