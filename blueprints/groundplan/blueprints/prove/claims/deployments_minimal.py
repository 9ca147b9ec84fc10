"""Roles of deployments are allowed nothing that no resource of their stacks needs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import ConditionValues, Policy, PolicyStatement, Role
from groundplan.blueprints.prove.needs.deployment import deployments
from groundplan.blueprints.prove.needs.deployment_calls import source, without_effect
from groundplan.blueprints.prove.needs.deployment_cli import cli
from groundplan.blueprints.prove.needs.need import Need

Needs = Mapping[tuple[str, str], list[Need]]


def check(case: Case) -> Verdict:
    """Check every action on every resource pattern of every identity policy of deployments."""
    roles = [role for role in case.world.roles if role.kind in ("ci", "deployment")]
    statements = [item for role in roles for policy in role.policies for item in policy.statements]
    pairs = sum(len(item.actions) * len(item.resources) for item in statements)
    everywhere = sorted(
        {action for item in statements if "*" in item.resources for action in item.actions}
    )
    return Verdict(
        claim=CLAIM.id,
        checked=pairs,
        evidence=(
            f"{pairs} actions on resource patterns in {len(statements)} statements of {len(roles)} "
            + "roles, each needed by a resource of the role's own stacks",
            f"{len(everywhere)} actions on any resource, for which IAM knows no narrower one: "
            + ", ".join(everywhere),
            f"kinds of resource of each action: {source()}",
        ),
        findings=tuple(check_roles(case, roles)),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Check the identity policies of some roles."""
    needs = _by_action(case)
    for role in roles:
        if role.kind in ("ci", "deployment"):
            for policy in role.policies:
                for statement in policy.statements:
                    yield from _surplus(role, policy, statement, needs)
            if role.boundary is None:
                yield Finding(
                    subject=role.arn,
                    where="permission boundary",
                    problem="nothing bounds the role",
                    fix="give it the boundary of deployments",
                )


def _by_action(case: Case) -> Needs:
    found = _FOUND.get(id(case.plan))
    if found is None or found[0] is not case.plan:
        needs: defaultdict[tuple[str, str], list[Need]] = defaultdict(list)
        seen = set()
        for need in (*deployments(case), *cli(case)):
            kept = (need.principal, need.action, need.resource, str(need.guards))
            if kept not in seen:
                seen.add(kept)
                needs[need.principal, need.action].append(need)
        _FOUND.clear()
        found = _FOUND[id(case.plan)] = (case.plan, needs)
    return found[1]


def _surplus(
    role: Role, policy: Policy, statement: PolicyStatement, needs: Needs
) -> Iterator[Finding]:
    if statement.effect == "Deny":
        return
    where = f"policy {policy.name}, statement {statement.sid}"
    for text, items in (
        ("NotAction", statement.not_actions),
        ("NotResource", statement.not_resources),
    ):
        if items:
            yield Finding(
                subject=role.arn, where=where, problem=f"{text} allows whatever it does not name",
                fix="name what is allowed",
            )  # fmt: skip
    for action in statement.actions:
        wanted = needs.get((role.arn, action), [])
        if not wanted:
            yield Finding(
                subject=role.arn,
                where=where,
                problem=f"{action} is allowed, and no resource of the role's stacks needs it",
                fix=f"drop {action}",
            )
            continue
        for pattern in statement.resources:
            fitting = [need for need in wanted if fnmatchcase(pattern, need.resource)]
            if not fitting and without_effect(action, pattern):
                continue
            if not fitting:
                widest = sorted({need.resource for need in wanted})
                yield Finding(
                    subject=role.arn,
                    where=where,
                    problem=f"{action} is allowed on {pattern}, wider than what it is needed on",
                    fix=f"limit it to {', '.join(widest)}",
                )
            elif not any(guarded(statement.condition, need.guards) for need in fitting):
                missing = fitting[0].guards
                yield Finding(
                    subject=role.arn,
                    where=where,
                    problem=f"{action} is allowed on {pattern} without the condition that keeps it "
                    "to the project's own",
                    fix=f"add the condition {_text(missing)}",
                )


def guarded(condition: ConditionValues, guards: ConditionValues) -> bool:
    """Return whether a condition holds all guards, with no other values than theirs."""
    return all(
        (held := condition.get(operator, {}).get(key)) and set(held) <= set(values)
        for operator, keys in guards.items()
        for key, values in keys.items()
    )


def _text(guards: ConditionValues) -> str:
    return "; ".join(
        f"{operator} {key} = {' or '.join(values)}"
        for operator, keys in guards.items()
        for key, values in keys.items()
    )


CLAIM = Claim(
    id="deployments-minimal",
    sentence="A role of deployments is allowed nothing that no resource of its stacks needs.",
    check=check,
    check_roles=check_roles,
)

_FOUND: dict[int, tuple[object, Needs]] = {}
"""By identity of the plan, the latest only: plans have no hash. Holding the plan keeps its id."""
