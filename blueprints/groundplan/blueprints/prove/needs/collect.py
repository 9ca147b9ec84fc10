"""Collects the needs of a case, once a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.needs.calls import machine_needs, unknown_calls
from groundplan.blueprints.prove.needs.code_pipeline import pipeline_needs
from groundplan.blueprints.prove.needs.facts import Facts
from groundplan.blueprints.prove.needs.jobs import job_needs
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.needs.services import service_needs
from groundplan.blueprints.prove.needs.stores import store_needs
from groundplan.blueprints.prove.needs.trail import trail_needs

STATEMENT_BYTES = 180
"""About how long a statement is without actions, resources and roles."""
KEPT = 4
"""Plans whose needs are remembered."""


@dataclass(eq=False)
class Needs:
    """What all principals of a plan need."""

    facts: Facts

    @cached_property
    def all(self) -> tuple[Need, ...]:
        """Every need once, in order; of needs that differ in their work only, the first."""
        found: dict[tuple[object, ...], Need] = {}
        for need in self._made():
            found.setdefault(_identity(need), need)
        return tuple(found.values())

    @cached_property
    def by_principal(self) -> dict[str, tuple[Need, ...]]:
        """Needs by principal."""
        found: dict[str, list[Need]] = {}
        for need in self.all:
            found.setdefault(need.principal, []).append(need)
        return {principal: tuple(items) for principal, items in found.items()}

    @cached_property
    def by_role(self) -> dict[str, tuple[Need, ...]]:
        """What services need of a role's trust, by role."""
        found: dict[str, list[Need]] = {}
        for need in self.all:
            if need.action == "sts:AssumeRole":
                found.setdefault(need.resource, []).append(need)
        return {role: tuple(items) for role, items in found.items()}

    def about(self, resource: str) -> tuple[Need, ...]:
        """Return what everybody needs of a resource: a bucket and its objects, a group's versions."""
        return self._about.get(whole_arn(resource), ())

    @cached_property
    def _about(self) -> dict[str, tuple[Need, ...]]:
        found: dict[str, list[Need]] = {}
        for need in self.all:
            found.setdefault(whole_arn(need.example), []).append(need)
        return {resource: tuple(items) for resource, items in found.items()}

    def spelled_out(self, resource: str, account: str) -> int:
        """Return about how long a bucket's policy is that names every pattern for roles elsewhere."""
        done: dict[tuple[str, str], set[str]] = {}
        for need in self.about(resource):
            if need.principal.split(":")[4:5] not in ([], [account]):
                done.setdefault((need.principal, need.resource), set()).add(need.action)
        alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for (principal, pattern), actions in done.items():
            alike.setdefault((tuple(sorted(actions)), pattern), []).append(principal)
        statements: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for (allowed, pattern), principals in alike.items():
            statements.setdefault((allowed, tuple(principals)), []).append(pattern)
        return sum(
            STATEMENT_BYTES + sum(len(text) + 3 for text in (*allowed, *principals, *patterns))
            for (allowed, principals), patterns in statements.items()
        )

    @cached_property
    def unknown(self) -> tuple[tuple[str, str, str], ...]:
        """Tasks of integrations that no table has: ARN of the machine's role, state, integration."""
        return tuple(
            (machine.plan.role.arn, f"{machine.plan.name}, state {call.state}", call.integration)
            for machine in self.facts.machines
            for call in unknown_calls(machine)
        )

    def _made(self) -> Iterator[Need]:
        for machine in self.facts.machines:
            yield from machine_needs(self.facts, machine)
            yield from job_needs(self.facts, machine)
        yield from service_needs(self.facts)
        yield from store_needs(self.facts)
        yield from trail_needs(self.facts)
        yield from pipeline_needs(self.facts)


_KNOWN: dict[int, tuple[Plan, Needs]] = {}


def needs(case: Case) -> Needs:
    """Return the needs of a case; they do not depend on its world."""
    known = _KNOWN.get(id(case.plan))
    if known is None:
        while len(_KNOWN) >= KEPT:
            del _KNOWN[next(iter(_KNOWN))]
        known = _KNOWN[id(case.plan)] = (case.plan, Needs(Facts(case.spec, case.plan)))
    return known[1]


def whole_arn(resource: str) -> str:
    """Return the ARN of the resource whose policy decides: of an object its bucket's."""
    if ":s3:::" in resource:
        return resource.partition("/")[0]
    if ":model-package/" in resource:
        group = resource.replace(":model-package/", ":model-package-group/")
        return group.rpartition("/")[0]
    return resource


def _identity(need: Need) -> tuple[object, ...]:
    guards = tuple(
        (operator, key, values)
        for operator, keys in need.guards.items()
        for key, values in keys.items()
    )
    return need.principal, need.action, need.resource, need.example, guards
