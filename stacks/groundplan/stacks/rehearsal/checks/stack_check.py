"""Checks whole stacks, and stage 0: what exists against what was planned."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    ArrivalPlan,
    DatasetPlan,
    DriftReactionPlan,
    ModelMonitoringPlan,
    ModelScoringPlan,
    ModelTrainingPlan,
    StackPlan,
)
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.stacks.rehearsal.checks import stage_0 as stage_0_check
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Comparison, Property
from groundplan.stacks.rehearsal.checks.deployed_stack import CloudFormationStack, DeployedStack
from groundplan.stacks.rehearsal.checks.registry import CHECKS, named

GROUPS = (
    ArrivalPlan,
    DatasetPlan,
    DriftReactionPlan,
    ModelMonitoringPlan,
    ModelScoringPlan,
    ModelTrainingPlan,
)
"""Plans within a stack that only hold units."""


@dataclass(frozen=True, slots=True)
class StackCheck:
    """What a check of one stack found."""

    stack: str
    """Name of the stack."""

    checked: int
    """Number of properties that were compared."""

    mismatches: tuple[str, ...]
    """``stack/unit: property: planned X, found Y`` for each that differs."""

    uncovered: tuple[str, ...]
    """Planned properties of these units that no service API shows, with the reason."""


def check_stack(
    stack: AnyStackPlan,
    client: Callable[[str], Any],
    values: Mapping[Ref, str] | None = None,
    *,
    released: Iterable[str] = (),
    deployed: DeployedStack | None = None,
) -> StackCheck:
    """Compare every planned property of a stack with what the service APIs show.

    Args:
        stack: The plan.
        client: Service -> boto3 client in the stack's account and region.
        values: Values of refs. Default: they are found through the APIs, a key by its alias, a
            subnet by the scope's tag and its address range.
        released: Names of the endpoints that serve a model; any other must not exist.
        deployed: The stack as its engine sees it. Default: CloudFormation's.

    Raises:
        TypeError: If the stack holds a unit that has no check.
        ClientError: If a service refuses to show what it has.
    """
    head = stack.stack
    held = list(units(stack))
    account = Account(
        client,
        place=head.place,
        tags=head.tags,
        keys={unit.id: unit.alias for unit in held if isinstance(unit, EncryptionKeyPlan)},
        stack=deployed or CloudFormationStack(head.name),
        released=released,
        values=values,
    )
    comparisons: list[Comparison] = []
    uncovered: set[str] = set()
    for unit in held:
        check = CHECKS[type(unit)]
        name = f"{head.name}/{'Stack' if isinstance(unit, StackPlan) else unit.id}"
        comparisons += _compare(name, check.compare(unit, account))
        uncovered |= named(type(unit), check.uncovered)
    return _result(head.name, comparisons, uncovered)


def check_stage_0(stage_0: Stage0Plan, client: Callable[[str], Any]) -> StackCheck:
    """Compare what an administrator made in an account with the plan; see :func:`check_stack`."""
    holders = (stage_0.trail, stage_0.pipeline)
    own = (stage_0.log_key, *(item.key for item in holders if item is not None))
    account = Account(
        client,
        place=stage_0.place,
        tags=stage_0.tags,
        keys={key.id: key.alias for key in own if key is not None},
    )
    name = f"{stage_0.stack_name}/Stage0"
    found = _compare(name, stage_0_check.check_stage_0_unit(stage_0, account))
    uncovered = {
        name: reason
        for name, reason in stage_0_check.UNCOVERED.items()
        if stage_0.pipeline is not None or not name.startswith("pipeline")
    }
    return _result(stage_0.stack_name, found, named(Stage0Plan, uncovered))


def units(stack: AnyStackPlan) -> Iterator[Any]:
    """Yield the stack itself and every unit in it, in the plan's order.

    Raises:
        TypeError: If it holds a unit that has no check.
    """
    yield from _units(stack)


def _units(holder: Any) -> Iterator[Any]:
    for field in fields(holder):
        value = getattr(holder, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, GROUPS):
                yield from _units(item)
            elif is_dataclass(item):
                if type(item) not in CHECKS:
                    raise TypeError(
                        f"{type(holder).__name__}.{field.name}: a unit needs a check, "
                        f"got {type(item).__name__}; add it to CHECKS"
                    )
                yield item


def _compare(unit: str, properties: Iterable[Property]) -> list[Comparison]:
    return [Comparison(unit, name, planned, found) for name, planned, found in properties]


def _result(name: str, comparisons: list[Comparison], uncovered: set[str]) -> StackCheck:
    return StackCheck(
        stack=name,
        checked=len(comparisons),
        mismatches=tuple(str(item) for item in comparisons if not item.same),
        uncovered=tuple(sorted(uncovered)),
    )
