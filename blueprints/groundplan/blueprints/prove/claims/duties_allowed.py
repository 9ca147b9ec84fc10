"""Every role is allowed what its work needs, as the services call it."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.plan.guard_rail_statements import default_administrators
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import ConditionValues, Request, Role
from groundplan.blueprints.prove.needs import Need, needs
from groundplan.blueprints.prove.needs.collect import whole_arn
from groundplan.blueprints.prove.needs.grants import KEY_ALIASES, grants, lacking
from groundplan.blueprints.prove.needs.need import example


def check(case: Case) -> Verdict:
    """Ask for everything that state machines, jobs, rules, stores and people need."""
    known = needs(case)
    asked = known.all
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
            principal=_caller(case, need),
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
        elif not _named(case, need):
            yield Finding(
                subject=need.example,
                where="its resource policy",
                problem=f"{need.work} needs {need.action}, but only policies of {need.principal} "
                "that are not the project's could allow it",
                fix=_fix(need),
            )


def _named(case: Case, need: Need) -> bool:
    """Return whether the project's own policy allows what somebody outside it needs.

    What their own account allows them is unknown, and not the project's to count on.
    """
    role = case.role_by_arn.get(need.principal)
    if role is None or role.kind != "person":
        return True
    resource = case.resource_by_arn.get(whole_arn(need.example))
    if resource is None or resource.policy is None:
        return False
    return any(
        grant.principal == need.principal
        and grant.action == need.action
        and grant.resource in ("*", need.resource)
        and lacking(grant.conditions, _of_resource(need)) is None
        for grant in grants(resource.policy)
    )


def _of_resource(need: Need) -> ConditionValues:
    """Return the conditions of a need, without those on the resource itself."""
    return {operator: keys for operator, keys in need.guards.items() if KEY_ALIASES not in keys}


def _caller(case: Case, need: Need) -> str:
    """Return who calls: where a policy names an account, one of its administrators."""
    if not need.principal.endswith(":root"):
        return need.principal
    _, partition, _, _, account, _ = need.principal.split(":", 5)
    named = case.spec.governance.administrators or default_administrators(partition)
    return example(named[0].replace("*", account, 1))


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
