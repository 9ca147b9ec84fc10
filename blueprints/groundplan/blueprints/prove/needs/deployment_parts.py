"""What a deployed resource is to the proof: its type, and what the calls of its handlers are on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundplan.blueprints.plan.names import LIMITS, Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import iam_path
from groundplan.blueprints.plan.stacks import StackPlan

HASH_CHARACTERS = 9
"""Characters of the hyphen and hash at the end of a name that was cut."""
NEW = "x0"
"""What stands for a name or id that AWS makes up."""


@dataclass(frozen=True, slots=True)
class On:
    """A resource that a call is on."""

    arn: str
    """Exactly."""

    widest: str
    """Widest pattern of such resources that are the stage's, or whose guard limits them to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A resource of a stack, and what its handlers' calls are on."""

    type: str
    """CloudFormation type."""

    on: Mapping[str, On]
    """Resources by kind in the Service Authorization Reference, that of the type itself first."""

    passes: tuple[tuple[str, str], ...] = ()
    """Roles that it hands to a service."""

    linked: tuple[tuple[str, str], ...] = ()
    """Service-linked roles that its first use in an account makes, and their services."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of its calls."""

    ahead: bool = False
    """Whether no stack has it now, but may after a change of the spec that needs no administrator."""

    @property
    def own(self) -> str:
        """Kind of the resource itself."""
        return next(iter(self.on))


@dataclass(frozen=True, slots=True)
class Where:
    """The stack that holds a unit."""

    project: str
    stack: StackPlan
    values: Mapping[Ref, str]
    registries: Mapping[str, str]
    """ARNs of model package groups by name."""
    boundary: str
    """ARN of the boundary of every role in the account."""

    @property
    def place(self) -> Place:
        """Account and region."""
        return self.stack.place

    def named(self, arn: str, kind: str) -> On:
        """Return a resource whose name begins with project and stage, cut where names are."""
        return On(arn, self._widest(arn, f"{self.project}-{self.stack.scope}-", kind))

    def of_project(self, arn: str, kind: str, separator: str = "-") -> On:
        """Return a resource whose name begins with the project only."""
        return On(arn, self._widest(arn, f"{self.project}{separator}", kind))

    def key(self, arn: str) -> On:
        """Return a key: AWS assigns ids, so a condition has to tell which."""
        return On(arn, self.place.arn("kms", "key/*"))

    def minted(self, service: str, kind: str, id: str = NEW) -> On:
        """Return a resource whose id AWS assigns."""
        return On(self.place.arn(service, f"{kind}/{id}"), self.place.arn(service, f"{kind}/*"))

    def role(self, arn: str) -> On:
        """Return a role of the project."""
        return On(arn, self.place.iam_arn(f"role{iam_path(self.project)}*"))

    def text(self, value: Any) -> str:
        """Return a value with its stand-in for what AWS assigns."""
        return self.values[value] if isinstance(value, Ref) else str(value)

    def _widest(self, arn: str, start: str, kind: str) -> str:
        before, found, _ = arn.partition(start)
        if found:
            return f"{before}{start}*"
        cut = start[: LIMITS[kind] - HASH_CHARACTERS].rstrip("-") if kind in LIMITS else start
        before, found, _ = arn.partition(cut)
        return f"{before}{cut}*" if found else arn
