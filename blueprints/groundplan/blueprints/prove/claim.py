"""A claim about a plan, and what checking it showed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.prove.model import Resource, Role, World
from groundplan.blueprints.spec import ProjectSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why a claim does not hold."""

    subject: str
    """ARN of the role or resource, or the place in the plan, that is at fault."""

    where: str
    """Policy and statement that decide, or the property."""

    problem: str
    """What is wrong, as one clause with the action, resource or condition that shows it."""

    fix: str
    """Smallest change that would satisfy the claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What checking a claim showed."""

    claim: str
    """Id of the claim."""

    checked: int
    """Number of facts that were checked: decisions, statements, properties."""

    evidence: tuple[str, ...]
    """What was shown, a line each, with figures."""

    findings: tuple[Finding, ...]
    """Why the claim does not hold; empty if it does."""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the claim."""
        return not self.findings


@dataclass(frozen=True)
class Case:
    """What is proved: a plan, its spec, and the world of policies that the plan makes.

    The world is what is checked; the spec and the plan's definitions (state machines, jobs, stacks) say
    what is needed. They are kept apart, so that a policy is never its own justification.
    """

    spec: ProjectSpec
    plan: Plan
    world: World

    @cached_property
    def role_by_arn(self) -> dict[str, Role]:
        """Roles by ARN."""
        return {role.arn: role for role in self.world.roles}

    @cached_property
    def resource_by_arn(self) -> dict[str, Resource]:
        """Resources by ARN."""
        return {resource.arn: resource for resource in self.world.resources}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence about a project that anybody can check again."""

    id: str
    """Name, with hyphens, such as ``no-privilege-escalation``."""

    sentence: str
    """What is claimed, as a reviewer would put it."""

    check: Callable[[Case], Verdict]
    """Checks it over a whole case."""

    check_roles: Callable[[Case, Iterable[Role]], Iterable[Finding]] | None = None
    """Checks it for some roles only, where one role's part does not depend on the policies of
    others: what a changed role needs to be checked again."""
