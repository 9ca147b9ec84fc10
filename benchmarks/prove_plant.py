"""Plants holes in a case: one statement, trust or property as a careless engineer would write it."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.model import (
    ConditionValues,
    Policy,
    PolicyStatement,
    Resource,
    Role,
    World,
)
from groundplan.blueprints.prove.world import world

Plant = Callable[[Case], Case]
Change = Callable[[PolicyStatement], PolicyStatement | None]
Kind = TypeVar("Kind")


def allow(
    role: str,
    *actions: str,
    on: str | tuple[str, ...] = "*",
    when: ConditionValues | None = None,
) -> Plant:
    """Give a role, by the end of its ARN, one more statement."""
    statement = PolicyStatement(
        sid="Planted",
        effect="Allow",
        actions=actions,
        resources=(on,) if isinstance(on, str) else on,
        condition=when or {},
    )

    def change(found: Role) -> Role:
        own = Policy(kind="identity", name="planted", owner=found.arn, statements=(statement,))
        return replace(found, policies=(*found.policies, own))

    return _role(role, change)


def both(*plants: Plant) -> Plant:
    """Plant several holes."""

    def plant(case: Case) -> Case:
        for one in plants:
            case = one(case)
        return case

    return plant


def in_role(role: str, sid: str, change: Change) -> Plant:
    """Change one statement of a role's own policies."""

    def changed(found: Role) -> Role:
        return replace(
            found, policies=tuple(_changed(policy, sid, change) for policy in found.policies)
        )

    return _role(role, changed)


def in_trust(role: str, sid: str, change: Change) -> Plant:
    """Change one statement of a role's trust."""
    return _role(role, lambda found: replace(found, trust=_changed(found.trust, sid, change)))


def unbounded(role: str) -> Plant:
    """Take a role's boundary away."""
    return _role(role, lambda found: replace(found, boundary=None))


def in_resource(arn: str, sid: str, change: Change) -> Plant:
    """Change one statement of a resource's policy, by the end of its ARN."""
    return _resource(arn, lambda found: replace(found, policy=_changed(found.policy, sid, change)))


def admit(
    arn: str,
    principals: Mapping[str, tuple[str, ...]],
    *actions: str,
    on: str | tuple[str, ...] = "*",
    when: ConditionValues | None = None,
) -> Plant:
    """Give a resource's policy one more statement."""
    statement = PolicyStatement(
        sid="Planted",
        effect="Allow",
        actions=actions,
        resources=(on,) if isinstance(on, str) else on,
        principals=principals,
        condition=when or {},
    )

    def change(found: Resource) -> Resource:
        policy = found.policy or Policy(
            kind="resource", name="planted", owner=found.arn, statements=()
        )
        return replace(found, policy=replace(policy, statements=(*policy.statements, statement)))

    return _resource(arn, change)


def in_plan(kind: type[Kind], fits: Callable[[Kind], bool], **changes: Any) -> Plant:
    """Change fields of one unit of the plan; the world follows the plan."""

    def plant(case: Case) -> Case:
        done: list[object] = []

        def walk(value: Any) -> Any:
            if isinstance(value, kind) and fits(value):
                done.append(value)
                return replace(value, **changes)  # type: ignore[type-var]
            if isinstance(value, tuple):
                return tuple(walk(item) for item in value)
            if isinstance(value, Mapping):
                return {key: walk(item) for key, item in value.items()}
            if is_dataclass(value) and not isinstance(value, type):
                parts = {item.name: getattr(value, item.name) for item in fields(value)}
                now = {name: walk(part) for name, part in parts.items()}
                return value if now == parts else replace(value, **now)
            return value

        plan = walk(case.plan)
        if not done:
            raise LookupError(kind.__name__)
        return Case(spec=case.spec, plan=plan, world=world(case.spec, plan))

    return plant


def without(operator: str, key: str) -> Change:
    """Drop one condition of a statement."""

    def change(statement: PolicyStatement) -> PolicyStatement:
        if key not in statement.condition[operator]:
            raise LookupError(key)
        condition = {
            name: {item: values for item, values in keys.items() if (name, item) != (operator, key)}
            for name, keys in statement.condition.items()
        }
        return replace(
            statement, condition={name: keys for name, keys in condition.items() if keys}
        )

    return change


def with_(**changes: Any) -> Change:
    """Change fields of a statement."""
    return lambda statement: replace(statement, **changes)


def gone(statement: PolicyStatement) -> None:
    """Take a statement away."""


def _changed(policy: Policy | None, sid: str, change: Change) -> Policy:
    if policy is None:
        raise LookupError(sid)
    found = [
        change(statement) if statement.sid == sid else statement for statement in policy.statements
    ]
    return replace(policy, statements=tuple(one for one in found if one is not None))


def _role(end: str, change: Callable[[Role], Role]) -> Plant:
    def plant(case: Case) -> Case:
        [found] = [role for role in case.world.roles if role.arn.endswith(end)]
        now = change(found)
        if now == found:
            raise LookupError(end)
        return _with(case, replace(case.world, roles=_put(case.world.roles, now)))

    return plant


def _resource(end: str, change: Callable[[Resource], Resource]) -> Plant:
    def plant(case: Case) -> Case:
        [found] = [item for item in case.world.resources if item.arn.endswith(end)]
        now = change(found)
        if now == found:
            raise LookupError(end)
        return _with(case, replace(case.world, resources=_put(case.world.resources, now)))

    return plant


def _put(items: tuple[Any, ...], now: Any) -> tuple[Any, ...]:
    return tuple(now if item.arn == now.arn else item for item in items)


def _with(case: Case, changed: World) -> Case:
    return Case(spec=case.spec, plan=case.plan, world=changed)
