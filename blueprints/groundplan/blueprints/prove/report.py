"""What a proof of a project shows, as data for tables, JSON and pages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.catalogue import suggest
from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.prove.claim import Case, Claim, Verdict
from groundplan.blueprints.prove.claims import CLAIMS
from groundplan.blueprints.prove.exceptions import AcknowledgedException, exceptions
from groundplan.blueprints.prove.wildcards import Wildcard, full_access, wildcards


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A claim and what checking it showed."""

    id: str
    """Name of the claim."""

    sentence: str
    """What is claimed."""

    verdict: Verdict
    """What checking it showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much was looked at."""

    accounts: int
    """Accounts that hold a role or a resource."""

    roles: int
    """Roles whose policies are the project's."""

    people: int
    """Principals outside the project that the spec names."""

    resources: int
    """Resources, with or without a policy."""

    policies: int
    """Policies of all kinds."""

    statements: int
    """Statements of all policies."""

    wildcards: int
    """Resource patterns with a wildcard that roles are allowed something on."""

    whole: int
    """Those of them that are ``*`` alone."""

    unexplained: int
    """Those of them that no reason is given for."""

    full_access: int
    """Grants of a whole service or more."""

    exceptions: int
    """Findings of static checkers that are accepted, each at its resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All claims about a project, with what they rest on."""

    project: str
    """Name of the project."""

    results: tuple[Result, ...]
    """Each claim that was checked, in the order of the list of claims."""

    wildcards: tuple[Wildcard, ...]
    """Every wildcard in what roles are allowed."""

    full_access: tuple[str, ...]
    """Each grant of a whole service or more."""

    exceptions: tuple[AcknowledgedException, ...]
    """Every finding of a static checker that is accepted, with its reason."""

    figures: Figures
    """How much was looked at."""

    @property
    def unexplained(self) -> tuple[Wildcard, ...]:
        """Wildcards that no reason is given for."""
        return tuple(one for one in self.wildcards if one.reason is None)

    @property
    def holds(self) -> bool:
        """Whether all claims hold and every wildcard has its reason."""
        return not self.unexplained and all(one.verdict.holds for one in self.results)


def prove(
    case: Case,
    claims: Sequence[Claim] | None = None,
    *,
    ids: Iterable[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Check claims about a case.

    Args:
        case: What is proved.
        claims: Claims that there are. Default: all of the project's list.
        ids: Those of them to check. Default: all.
        progress: Is told the id of each claim before it is checked.

    Raises:
        InputError: If an id is not one of a claim.
    """
    listed = CLAIMS if claims is None else claims
    known = [claim.id for claim in listed]
    wanted = list(ids) or known
    for id in wanted:
        if id not in known:
            raise InputError("--claim", "no such claim", got=id, fix=_use_one_of(id, known))
    results = []
    for claim in listed:
        if claim.id in wanted:
            progress(claim.id)
            results.append(Result(id=claim.id, sentence=claim.sentence, verdict=claim.check(case)))
    found = wildcards(case)
    full = full_access(case.world)
    accepted = exceptions(case.plan)
    return Proof(
        project=case.plan.project,
        results=tuple(results),
        wildcards=found,
        full_access=full,
        exceptions=accepted,
        figures=_figures(case, found, full, accepted),
    )


def _use_one_of(id: str, known: Sequence[str]) -> str:
    near = suggest(id, known)
    return f"did you mean {near!r}?" if near else f"use one of {', '.join(known)}"


def _figures(
    case: Case,
    found: Sequence[Wildcard],
    full: Sequence[str],
    accepted: Sequence[AcknowledgedException],
) -> Figures:
    world = case.world
    policies = {(one.kind, one.owner, one.name): one for one in world.policies()}.values()
    people = sum(role.kind == "person" for role in world.roles)
    return Figures(
        accounts=len(
            {role.account for role in world.roles if role.kind != "person"}
            | {resource.account for resource in world.resources}
        ),
        roles=len(world.roles) - people,
        people=people,
        resources=len(world.resources),
        policies=len(policies),
        statements=sum(len(policy.statements) for policy in policies),
        wildcards=len(found),
        whole=sum(one.whole for one in found),
        unexplained=sum(one.reason is None for one in found),
        full_access=len(full),
        exceptions=len(accepted),
    )


def proof_json(proof: Proof) -> dict[str, Any]:
    """Return a proof as plain JSON."""
    return {
        "project": proof.project,
        "holds": proof.holds,
        "claims": [
            {
                "id": result.id,
                "sentence": result.sentence,
                "holds": result.verdict.holds,
                "checked": result.verdict.checked,
                "evidence": list(result.verdict.evidence),
                "findings": [_plain(finding) for finding in result.verdict.findings],
            }
            for result in proof.results
        ],
        "wildcards": [_plain(one) for one in proof.wildcards],
        "full_access": list(proof.full_access),
        "exceptions": [_plain(one) for one in proof.exceptions],
        "figures": _plain(proof.figures),
    }


def _plain(value: object) -> dict[str, Any]:
    found: dict[str, Any] = to_json(value)
    del found["$type"]
    return found
