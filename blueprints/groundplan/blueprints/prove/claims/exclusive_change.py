"""Nobody releases, approves, alters or deletes anything but those whose work it is."""

from collections import Counter
from collections.abc import Iterable, Iterator

from groundplan.blueprints.prove.attempts import Attempt, attempts
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.outsiders import Outsider, outsiders
from groundplan.blueprints.prove.protected import Protected, protected
from groundplan.blueprints.prove.words import counted, short

KINDS = {
    "release": "release a model",
    "start": "start a pipeline or put an event on a bus",
    "approval": "register or approve a version",
    "endpoint": "change an endpoint",
    "scaling": "change the scaling of an endpoint",
    "pipeline": "alter a pipeline or what starts it",
    "lock": "change a lock",
    "version": "write or delete what a version is made of",
    "key": "take a key away",
    "logs": "end a log",
}
"""Parts of the claim, as evidence tells of them."""


def check(case: Case) -> Verdict:
    """Check all roles of the project, people that the spec names, and outsiders."""
    found = protected(case)
    roles = case.world.roles
    strangers = tuple(outsiders(case.plan))
    asked = [item for item in found if item.known]
    findings = (
        *check_roles(case, roles),
        *(item for row in asked for item in _outside(case, row, strangers)),
    )
    return Verdict(
        claim=CLAIM.id,
        checked=len(found) * len(roles) + len(asked) * len(strangers),
        evidence=tuple(_evidence(found, len(roles))),
        findings=findings,
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what roles may change, though it is not their work."""
    trial = attempts(case.world)
    found = protected(case)
    for role in roles:
        person = role.kind == "person"
        for row in found:
            if role.arn in row.may or (person and (row.account == role.account or not row.known)):
                continue  # what people may do in their own account is not the project's to say
            for action in row.actions:
                attempt = trial.allowed(role.arn, action, row.resource, row.context)
                if attempt is not None:
                    yield _finding(role.arn, attempt, row)


def _outside(case: Case, row: Protected, strangers: Iterable[Outsider]) -> Iterator[Finding]:
    trial = attempts(case.world)
    for outsider in strangers:
        if outsider.account == row.account:
            continue
        for action in row.actions:
            attempt = trial.allowed(outsider.principal, action, row.resource, row.context)
            if attempt is not None:
                yield _finding(row.resource, attempt, row, f"{outsider.description} ")


def _finding(subject: str, attempt: Attempt, row: Protected, who: str = "") -> Finding:
    allowed = ", ".join(short(item) for item in sorted(row.may)) or "nobody"
    return Finding(
        subject=subject,
        where=attempt.by,
        problem=f"{who}{row.what}: {attempt.text}",
        fix=f"take {attempt.request.action} on this resource out of it; this is the work of {allowed}",
    )


def _evidence(found: tuple[Protected, ...], roles: int) -> Iterator[str]:
    counts = Counter(row.kind for row in found)
    for kind, words in KINDS.items():
        if counts[kind]:
            may = {role for row in found if row.kind == kind for role in row.may}
            yield (
                f"{words}: {counted(counts[kind], 'permission')}, "
                f"{counted(len(may), 'role')} of {roles} whose work some of it is"
            )


CLAIM = Claim(
    id="exclusive-change",
    sentence="Nobody releases or approves a model, changes an endpoint, its scaling, a pipeline or a "
    "lock, or deletes or overwrites a version, but the roles whose work it is by the definitions.",
    check=check,
    check_roles=check_roles,
)
