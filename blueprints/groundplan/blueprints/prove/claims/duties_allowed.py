"""Every role is allowed what its work needs, as the services call it."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import Request, Role
from groundplan.blueprints.prove.needs import Need, needs


def check(case: Case) -> Verdict:
    """Ask for everything that state machines, jobs, rules, stores and people need."""
    known = needs(case)
    asked = [need for need in known.all if not need.principal.endswith(":root")]
    findings = [*_unknown(case, None), *_findings(case, asked)]
    principals = len({need.principal for need in asked})
    sources = len({need.source for need in asked})
    return Verdict(
        claim=CLAIM.id,
        checked=len(asked),
        evidence=(
            f"{len(asked)} calls of {principals} roles and services, as the services make them",
            f"called by {len(known.facts.machines)} state machines, their jobs and other units",
            f"what AWS checks is taken from {sources} pages of its documentation",
        ),
        findings=tuple(findings),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what some roles need and are not allowed."""
    by_principal, by_role = needs(case).by_principal, needs(case).by_role
    for role in roles:
        yield from _unknown(case, role.arn)
        yield from _findings(case, (*by_principal.get(role.arn, ()), *by_role.get(role.arn, ())))


def _unknown(case: Case, role: str | None) -> Iterator[Finding]:
    for machine, state, integration in needs(case).unknown:
        if role in (None, machine):
            yield Finding(
                subject=machine,
                where=state,
                problem=f"what {integration} needs is not known, so nobody can say whether it is "
                "allowed",
                fix="add a row for it to prove/needs/tables/calls.py, from AWS's documentation",
            )


def _findings(case: Case, asked: Iterable[Need]) -> Iterator[Finding]:
    for need in asked:
        request = Request(
            principal=need.principal,
            action=need.action,
            resource=need.example,
            context=need.context,
        )
        decision = evaluate(request, case.world)
        if not decision.allowed:
            yield Finding(
                subject=need.principal,
                where="; ".join(str(item) for item in decision.statements) or "its policies",
                problem=f"{need.work} needs {need.action} on {need.example}, but {decision.reason}",
                fix=_fix(need),
            )


def _fix(need: Need) -> str:
    conditions = [
        f"{operator} {key} {' or '.join(values)}"
        for operator, keys in need.guards.items()
        for key, values in keys.items()
    ]
    under = f" under {', '.join(conditions)}" if conditions else ""
    return f"allow {need.action} on {need.resource}{under} ({need.source})"


CLAIM = Claim(
    id="duties-allowed",
    sentence="Every role is allowed what its work needs, as the services call it.",
    check=check,
    check_roles=check_roles,
)
