"""Which function compiles which step of a release."""

from collections.abc import Callable
from typing import Any

from groundplan.pipelines.step_functions import (
    approval,
    bake,
    deploy,
    garbage,
    locks,
    repair,
    served,
    skew,
    update,
)
from groundplan.pipelines.step_functions.states import Scope, States
from groundplan.pipelines.steps import (
    AcquireLock,
    Approval,
    Bake,
    CollectGarbage,
    DeployVersion,
    ReadEndpoint,
    ReleaseLock,
    RepairStack,
    SkewTest,
    Step,
    UpdateEndpoint,
)

RELEASE_COMPILERS: dict[type[Step], Callable[[Any, Scope], States]] = {
    AcquireLock: locks.acquire,
    Approval: approval.approval,
    Bake: bake.bake,
    CollectGarbage: garbage.collect,
    DeployVersion: deploy.deploy,
    ReadEndpoint: served.read_endpoint,
    ReleaseLock: locks.release,
    RepairStack: repair.repair,
    SkewTest: skew.skew_test,
    UpdateEndpoint: update.update,
}
