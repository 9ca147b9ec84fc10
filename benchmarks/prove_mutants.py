"""Mutants of a world: one statement, principal or boundary changed as a careless engineer might.

Nothing but the world is changed. The spec and the plan's definitions, which say what is needed, stay.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from groundplan.blueprints.prove.model import (
    Policy,
    PolicyStatement,
    Resource,
    Role,
    World,
)

FOREIGN = "999999999999"
"""Account of nobody in the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of a world."""

    kind: str
    """What was done, such as ``drop-condition``."""

    policy: str
    """Kind of the policy."""

    subject: str
    """ARN of the role or resource, or the account, whose policy it is."""

    original: PolicyStatement | None
    """Statement that changed, as it was; ``None`` where a whole policy did."""

    detail: str
    """Action, resource, condition or principal that was changed."""

    roles: tuple[Role, ...] = ()
    """Roles that changed, as they are now."""

    resource: Resource | None = None
    """Resource that changed, as it is now."""

    apply: Callable[[World], World]
    """Makes the changed world."""

    @property
    def statement(self) -> str:
        """Name of the statement; empty where a whole policy changed."""
        return "" if self.original is None else self.original.sid

    @property
    def effect(self) -> str:
        """Effect of the statement; empty where a whole policy changed."""
        return "" if self.original is None else self.original.effect

    def __str__(self) -> str:
        place = "/".join(part for part in (self.subject, self.statement) if part)
        return f"{self.kind}: {self.policy} policy of {place}: {self.detail}"


Change = tuple[str, str, PolicyStatement | None]
"""Kind, detail, and the statement as it is now; ``None`` where it is gone."""


def mutants(world: World) -> Iterator[Mutant]:
    """Yield every mutant of a world, in the order of its roles, resources and accounts."""
    for role in world.roles:
        yield from of_role(world, role)
    yield from _of_boundaries(world)
    for resource in world.resources:
        yield from of_resource(world, resource)
    yield from _of_service_control(world)


def of_role(world: World, role: Role) -> Iterator[Mutant]:
    """Yield every mutant of a role: its policies, its trust, and its boundary taken away."""

    def mutant(
        kind: str, policy: str, original: PolicyStatement | None, detail: str, now: Role
    ) -> Mutant:
        return Mutant(
            kind=kind,
            policy=policy,
            subject=role.arn,
            original=original,
            detail=detail,
            roles=(now,),
            apply=lambda whole: _with_roles(whole, (now,)),
        )

    for index, policy in enumerate(role.policies):
        for statement, (kind, detail, changed) in _changes(policy, world):
            now = (
                *role.policies[:index],
                changed,
                *role.policies[index + 1 :],
            )
            yield mutant(kind, policy.kind, statement, detail, replace(role, policies=now))
        other = _another(world, role)
        if other is not None:
            moved = replace(policy, owner=other.arn)
            given = replace(other, policies=(*other.policies, moved))
            yield replace(
                mutant("give-to-another-role", policy.kind, None, policy.name, given),
                subject=other.arn,
            )
    if role.trust is not None:
        for statement, (kind, detail, changed) in _changes(role.trust, world):
            yield mutant(kind, "trust", statement, detail, replace(role, trust=changed))
    if role.boundary is not None:
        name = role.boundary.name
        yield mutant("remove-boundary", "boundary", None, name, replace(role, boundary=None))


def _of_boundaries(world: World) -> Iterator[Mutant]:
    """Yield every mutant of a boundary, for all roles at once that it bounds."""
    found = {role.boundary.owner: role.boundary for role in world.roles if role.boundary}
    for arn, boundary in found.items():
        for statement, (kind, detail, changed) in _changes(boundary, world):
            roles = tuple(
                replace(role, boundary=changed)
                for role in world.roles
                if role.boundary is not None and role.boundary.owner == arn
            )
            yield Mutant(
                kind=kind,
                policy="boundary",
                subject=arn,
                original=statement,
                detail=detail,
                roles=roles,
                apply=partial(_with_roles, roles=roles),
            )


def of_resource(world: World, resource: Resource) -> Iterator[Mutant]:
    """Yield every mutant of a resource's policy."""
    if resource.policy is None:
        return

    def mutant(
        kind: str, original: PolicyStatement | None, detail: str, policy: Policy | None
    ) -> Mutant:
        now = replace(resource, policy=policy)
        return Mutant(
            kind=kind,
            policy=f"{resource.kind.removeprefix('AWS::')}",
            subject=resource.arn,
            original=original,
            detail=detail,
            resource=now,
            apply=lambda whole: _with_resource(whole, now),
        )

    yield mutant("remove-policy", None, resource.policy.name, None)
    for statement, (kind, detail, changed) in _changes(resource.policy, world):
        yield mutant(kind, statement, detail, changed)


def _of_service_control(world: World) -> Iterator[Mutant]:
    for account, levels in world.service_control.items():
        for level, policies in enumerate(levels):
            for index, policy in enumerate(policies):
                for statement, (kind, detail, changed) in _changes(policy, world):
                    now = (*policies[:index], changed, *policies[index + 1 :])
                    yield Mutant(
                        kind=kind,
                        policy="service_control",
                        subject=account,
                        original=statement,
                        detail=detail,
                        apply=_service_control(account, level, now),
                    )


def _service_control(account: str, level: int, now: tuple[Policy, ...]) -> Callable[[World], World]:
    def apply(world: World) -> World:
        levels = world.service_control[account]
        changed = (*levels[:level], now, *levels[level + 1 :])
        return replace(world, service_control={**world.service_control, account: changed})

    return apply


def _changes(
    policy: Policy, world: World
) -> Iterator[tuple[PolicyStatement, tuple[str, str, Policy]]]:
    for index, statement in enumerate(policy.statements):
        before, after = policy.statements[:index], policy.statements[index + 1 :]
        for kind, detail, changed in of_statement(statement, world):
            middle = () if changed is None else (changed,)
            now = replace(policy, statements=(*before, *middle, *after))
            yield statement, (kind, detail, now)


def of_statement(statement: PolicyStatement, world: World) -> Iterator[Change]:
    """Yield every change of a statement."""
    yield "remove-statement", statement.effect, None
    yield from _of_actions(statement)
    yield from _of_resources(statement)
    yield from _of_condition(statement, world)
    if statement.principals is not None and statement.effect == "Allow":
        yield from _of_principals(statement)


def _of_actions(statement: PolicyStatement) -> Iterator[Change]:
    actions = statement.actions
    if len(actions) > 1:
        for action in actions:
            left = tuple(item for item in actions if item != action)
            yield "remove-action", action, replace(statement, actions=left)
    if statement.effect == "Deny":
        return
    for service in sorted({action.partition(":")[0] for action in actions if ":" in action}):
        if f"{service}:*" not in actions:
            others = tuple(item for item in actions if not item.startswith(f"{service}:"))
            wide = tuple(sorted((*others, f"{service}:*")))
            yield "widen-action", f"{service}:*", replace(statement, actions=wide)


def _of_resources(statement: PolicyStatement) -> Iterator[Change]:
    resources = statement.resources
    for index, resource in enumerate(resources):
        before, after = resources[:index], resources[index + 1 :]
        if len(resources) > 1:
            yield "remove-resource", resource, replace(statement, resources=(*before, *after))
        if statement.effect == "Deny":
            continue
        if resource != "*":
            yield "widen-resource", resource, replace(statement, resources=(*before, "*", *after))
        wider = _last_part_open(resource)
        if wider != resource:
            now = replace(statement, resources=(*before, wider, *after))
            yield "widen-last-part", f"{resource} to {wider}", now


def _last_part_open(resource: str) -> str:
    """Return a pattern whose last part, after ``/`` or ``:``, is open."""
    cut = max(resource.rstrip("/:*").rfind("/"), resource.rstrip("/:*").rfind(":"))
    return resource if cut < 0 else f"{resource[: cut + 1]}*"


def _of_condition(statement: PolicyStatement, world: World) -> Iterator[Change]:
    condition = statement.condition
    pairs = [(operator, key) for operator, keys in condition.items() for key in keys]
    for operator, key in pairs:
        left = _without(condition, operator, key)
        yield "drop-condition", f"{operator} {key}", replace(statement, condition=left)
    if len(pairs) > 1:
        yield "drop-all-conditions", "all", replace(statement, condition={})
    for operator, key in pairs:
        values = condition[operator][key]
        if "principal" not in key.lower():
            continue
        for value in values:
            swapped = _swapped(value, world)
            if swapped is not None and swapped not in values:
                others = tuple(swapped if item == value else item for item in values)
                keys = {**condition[operator], key: others}
                now = replace(statement, condition={**condition, operator: keys})
                yield "swap-principal", f"{key} {value} to {swapped}", now


def _without(
    condition: Mapping[str, Mapping[str, tuple[str, ...]]], operator: str, key: str
) -> dict[str, Mapping[str, tuple[str, ...]]]:
    kept = {name: value for name, value in condition[operator].items() if name != key}
    changed = {**condition, operator: kept}
    return {name: keys for name, keys in changed.items() if keys}


def _of_principals(statement: PolicyStatement) -> Iterator[Change]:
    principals = statement.principals or {}
    for kind, values in principals.items():
        if kind == "*":
            continue
        for value in values:
            if kind == "Service":
                other = "ec2.amazonaws.com" if value != "ec2.amazonaws.com" else "ecs.amazonaws.com"
            elif kind == "AWS":
                other = f"arn:aws:iam::{FOREIGN}:root"
            else:
                other = value.replace(value.split(":")[4], FOREIGN) if ":" in value else FOREIGN
            others = tuple(other if item == value else item for item in values)
            now = replace(statement, principals={**principals, kind: others})
            yield "swap-principal", f"{kind} {value} to {other}", now
            if len(values) > 1:
                left = tuple(item for item in values if item != value)
                now = replace(statement, principals={**principals, kind: left})
                yield "remove-principal", f"{kind} {value}", now
    if "*" not in principals and "Federated" not in principals:
        yield "widen-principal", "*", replace(statement, principals={"*": ("*",)})


def _swapped(value: str, world: World) -> str | None:
    """Return another role of the same account, or of any, for the ARN of a role."""
    if ":role/" not in value:
        return None
    arns = [role.arn for role in world.roles if role.kind != "person"]
    account = value.split(":")[4]
    near = [arn for arn in arns if arn.split(":")[4] == account and arn != value]
    return next(iter(near or [arn for arn in arns if arn != value]), None)


def _another(world: World, role: Role) -> Role | None:
    """Return the next role that the project decides, of the same account where there is one."""
    if role.kind == "person":
        return None
    roles = [item for item in world.roles if item.kind != "person"]
    index = next(i for i, item in enumerate(roles) if item.arn == role.arn)
    after = [*roles[index + 1 :], *roles[:index]]
    near = [item for item in after if item.account == role.account]
    return next(iter(near or after), None)


def _with_roles(world: World, roles: tuple[Role, ...]) -> World:
    now = {role.arn: role for role in roles}
    return replace(world, roles=tuple(now.get(role.arn, role) for role in world.roles))


def _with_resource(world: World, resource: Resource) -> World:
    resources = tuple(
        resource if (item.arn, item.kind) == (resource.arn, resource.kind) else item
        for item in world.resources
    )
    return replace(world, resources=resources)
