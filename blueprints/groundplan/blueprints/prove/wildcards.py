"""Every wildcard in what roles are allowed, with the reason why nothing narrower is possible."""

from dataclasses import dataclass

from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.model import PolicyStatement, World
from groundplan.blueprints.prove.parts import every


@dataclass(frozen=True, slots=True, kw_only=True)
class Wildcard:
    """A resource pattern with a wildcard that a role's own policy allows something on."""

    role: str
    """ARN of the role."""

    statement: str
    """Statement that holds it."""

    actions: tuple[str, ...]
    """What it allows."""

    resource: str
    """The pattern."""

    limited_by: tuple[str, ...]
    """Condition keys that limit the statement further."""

    reason: str | None
    """Why it is unavoidable, as the plan's duty says. ``None`` where no duty explains this pattern."""

    @property
    def whole(self) -> bool:
        """Whether it is ``*`` alone."""
        return self.resource == "*"


def wildcards(case: Case) -> tuple[Wildcard, ...]:
    """Return every wildcard in the identity policies of the project's roles, sorted."""
    reasons = {
        (role.arn, duty.id, resource): duty.wildcard
        for role in every(case.plan, RolePlan)
        for duty in role.duties
        for resource in duty.resources
    }
    found = [
        Wildcard(
            role=role.arn,
            statement=statement.sid,
            actions=statement.actions,
            resource=resource,
            limited_by=tuple(sorted({k for keys in statement.condition.values() for k in keys})),
            reason=reasons.get((role.arn, statement.sid, resource)),
        )
        for role in case.world.roles
        for policy in role.policies
        for statement in policy.statements
        if statement.effect == "Allow"
        for resource in statement.resources
        if "*" in resource or "?" in resource
    ]
    return tuple(sorted(found, key=lambda one: (one.role, one.statement, one.resource)))


def full_access(world: World) -> tuple[str, ...]:
    """Return each grant of a whole service or more, as ``ROLE POLICY STATEMENT``.

    AWS's ``*FullAccess`` policies count by their name, and statements by what they say: every action,
    or every one of a service, allowed on ``*``.
    """
    found = []
    for role in world.roles:
        for policy in role.policies:
            found += [f"{role.arn} {policy.name}"] * policy.name.endswith("FullAccess")
            found += [
                f"{role.arn} {policy.name} {statement.sid}"
                for statement in policy.statements
                if _full(statement)
            ]
    return tuple(found)


def _full(statement: PolicyStatement) -> bool:
    actions = any(action == "*" or action.endswith(":*") for action in statement.actions)
    everywhere = "*" in statement.resources or bool(statement.not_resources)
    return statement.effect == "Allow" and everywhere and (actions or bool(statement.not_actions))
