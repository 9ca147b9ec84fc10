"""What every step has: an id, dependencies, conditions, a failure policy, outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from groundplan.pipelines.values import (
    Either,
    Failure,
    Kind,
    NumberOutput,
    Parameter,
    TextOutput,
)

FailurePolicy = Literal["fail", "continue"]
Comparison = Literal["equals", "not_equals", "less_than", "at_least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Compares a value with a literal; a step whose condition is false is skipped."""

    output: TextOutput | NumberOutput | Parameter | Either | Failure
    comparison: Comparison
    value: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of a pipeline.

    A step runs after the steps in ``after`` and after those whose outputs it reads. It is skipped
    unless all conditions in ``when`` hold. With ``on_failure="continue"`` the execution goes on when
    the step fails; nobody may read the outputs of such a step.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {}

    id: str
    after: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    on_failure: FailurePolicy = "fail"

    def outputs(self) -> Mapping[str, Kind]:
        """What the step produces: kind by name."""
        return self.OUTPUTS
