"""Nobody acts on the project through somebody whom it trusts for another purpose."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.deputies import Deputies
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import Policy, Request, Role
from groundplan.blueprints.prove.needs.deployment_cli import cli
from groundplan.blueprints.prove.needs.need import Need

TOKEN = "sts:AssumeRoleWithWebIdentity"
UNGUARDED = "AWS::EC2::VPCEndpoint"
"""Policies of endpoints grant nothing, they only filter; another claim is about them."""


def check(case: Case) -> Verdict:
    """Check every trust and every resource policy."""
    deputies = Deputies(case)
    policies = [
        *(role.trust for role in case.world.roles if role.trust is not None),
        *(
            item.policy
            for item in case.world.resources
            if item.policy is not None and item.kind != UNGUARDED
        ),
    ]
    found = [item for policy in policies for item in _of(deputies, policy)]
    tokens = list(_tokens(case))
    wrong = [token for need in tokens for token in _wrong(need)]
    found += [item for need in tokens for item in _accepted(case, need)]
    checked = sum(len(policy.statements) for policy in policies)
    return Verdict(
        claim=CLAIM.id,
        checked=checked + len(wrong),
        evidence=(
            f"{checked} statements of {len(policies)} trusts and resource policies: services act for the "
            + "project's own account and resources, accounts are limited to exact roles",
            *deputies.exceptions(),
            *(
                [
                    f"{len(wrong)} tokens of CI that differ in one claim from the {len(tokens)} that "
                    + "deploy (another repository, branch, environment, audience, a pull request) are "
                    + "refused"
                ]
                if tokens
                else []
            ),
            *_forms(case),
        ),
        findings=tuple(found),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Check the trusts of some roles."""
    deputies, wanted = Deputies(case), set()
    for role in roles:
        wanted.add(role.arn)
        if role.trust is not None:
            yield from _of(deputies, role.trust)
    for need in _tokens(case):
        if need.resource in wanted:
            yield from _accepted(case, need)


def _of(deputies: Deputies, policy: Policy) -> Iterator[Finding]:
    for statement in policy.statements:
        if statement.effect == "Allow":
            yield from deputies.of(policy, statement)


def _tokens(case: Case) -> Iterator[Need]:
    return (need for need in cli(case) if need.action == TOKEN)


def _wrong(need: Need) -> Iterator[dict[str, str]]:
    """Yield the claims of tokens that must not deploy, each with one that is not right."""
    claims = {key: str(value) for key, value in need.context.items()}
    for key, value in claims.items():
        name = key.rpartition(":")[2]
        others = [f"{value}x", "x0"]
        if name == "ref":
            others = ["refs/heads/x0", "refs/tags/v1", "refs/pull/1/merge"]
        elif name == "sub":
            others = [*_subjects(value)]
        yield from ({**claims, key: other} for other in others)
        yield {other: text for other, text in claims.items() if other != key}


def _subjects(subject: str) -> Iterator[str]:
    before, _, end = subject.rpartition(":")
    yield f"{before}:x0"
    yield f"{subject}x"
    kind, _, rest = subject.partition(":")
    yield f"{kind}:x0/{rest.partition('/')[2]}"
    project, _, purpose = rest.partition(":")
    yield f"{kind}:{project}-fork:{purpose}"
    yield f"{kind}:{project}:pull_request"
    yield f"{kind}:{project}:ref:refs/heads/{end}"


def _accepted(case: Case, need: Need) -> Iterator[Finding]:
    right = {tuple(sorted(other.context.items())) for other in _tokens(case)}
    for claims in _wrong(need):
        if tuple(sorted(claims.items())) in right:
            continue
        decision = evaluate(
            Request(principal=need.principal, action=TOKEN, resource=need.resource, context=claims),
            case.world,
        )
        if decision.allowed:
            differs = [
                f"{key} {claims.get(key, 'absent')}"
                for key, value in need.context.items()
                if claims.get(key) != value
            ]
            yield Finding(
                subject=need.resource,
                where=str(decision.statements[0]),
                problem=f"a token with {' and '.join(differs)} may deploy",
                fix=f"compare {differs[0].split(' ')[0]} by StringEquals",
            )


def _forms(case: Case) -> Iterator[str]:
    delivery = case.spec.delivery
    if delivery is None or delivery.ci != "github":
        return
    if delivery.repository_id is None or delivery.owner_id is None:
        yield (
            "the spec gives no delivery.repository_id and delivery.owner_id, so only the classic form of "
            "subjects can match: a repository made or renamed since 2026-07-15 needs both"
        )
    else:
        yield "subjects of the classic form and of that of 2026, with the numbers, are accepted"


CLAIM = Claim(
    id="no-confused-deputy",
    sentence="A service acts for the project's own account and resources only, another account by exact "
    "roles only, and CI from one branch of one repository only.",
    check=check,
    check_roles=check_roles,
)
