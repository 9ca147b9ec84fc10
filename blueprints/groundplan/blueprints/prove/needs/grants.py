"""What a statement allows, taken apart: one action on one resource under one value of each condition."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from groundplan.blueprints.prove.model import ConditionValues, Policy, PolicyStatement

Conditions = frozenset[tuple[str, str, str]]
"""Operators, keys and one value each."""

KEY_ALIASES = "kms:ResourceAliases"
"""Condition key by which a role's policy names keys; in a key's own policy there is none."""
PRINCIPAL = "aws:PrincipalArn"
"""Condition key that limits an account to exact roles."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One thing that a statement allows."""

    policy: Policy
    statement: PolicyStatement
    principal: str
    """Role, account's root or service; of an identity policy its role."""

    action: str
    resource: str
    conditions: Conditions

    @property
    def where(self) -> str:
        """Policy and statement."""
        return f"{self.policy.kind} policy {self.policy.name}, statement {self.statement.sid}"

    @property
    def named(self) -> str:
        """Action and resource, for a reader."""
        return f"{self.action} on {self.resource}"


def grants(policy: Policy) -> Iterator[Grant]:
    """Yield everything that a policy allows, with the roles that conditions limit its accounts to."""
    for statement in policy.statements:
        if statement.effect != "Allow":
            continue
        actions = statement.actions or tuple(f"all but {item}" for item in statement.not_actions)
        resources = statement.resources or tuple(f"all but {r}" for r in statement.not_resources)
        for conditions in combinations(statement.condition):
            for principal, rest in _principals(policy, statement, conditions):
                for action, resource in product(actions, resources or (policy.owner,)):
                    yield Grant(policy, statement, principal, action, resource, rest)


def combinations(condition: ConditionValues) -> Iterator[Conditions]:
    """Yield the conditions of a statement, one value of each key at a time."""
    keys = [
        [(operator, key, value) for value in values]
        for operator, found in condition.items()
        for key, values in found.items()
    ]
    return (frozenset(chosen) for chosen in product(*keys))


def _principals(
    policy: Policy, statement: PolicyStatement, conditions: Conditions
) -> Iterator[tuple[str, Conditions]]:
    if statement.principals is None and statement.not_principals is None:
        yield policy.owner, conditions
        return
    named = next((item for item in conditions if item[1] == PRINCIPAL), None)
    rest = conditions - {named} if named is not None else conditions
    exact = named is not None and named[0] == "ArnEquals" and "*" not in named[2]
    for kind, names in (statement.principals or {"all but": ("some",)}).items():
        for name in names:
            if kind != "AWS" or named is None or not name.startswith("arn:"):
                yield name, rest
            elif not exact or name.split(":")[4:5] == named[2].split(":")[4:5]:
                yield (
                    (named[2] if exact and name.endswith(":root") else f"{name} as {named[2]}"),
                    rest,
                )


def lacking(conditions: Conditions, guards: ConditionValues) -> tuple[str, str] | None:
    """Return the first guard that conditions lack, or ``None`` if they have them all."""
    for operator, keys in guards.items():
        for key, values in keys.items():
            if not any(
                (op, name) == (operator, key) and any(_covers(operator, v, value) for v in values)
                for op, name, value in conditions
            ):
                return operator, key
    return None


def _covers(operator: str, wide: str, narrow: str) -> bool:
    return includes(wide, narrow) if operator.endswith("Like") else wide == narrow


def covers(wide: Grant, narrow: Grant) -> bool:
    """Return whether everything that one grant allows is allowed by another one."""
    return (
        wide.principal == narrow.principal
        and wide.action == narrow.action
        and includes(wide.resource, narrow.resource)
        and all(
            any((op, key) == (o, k) and _covers(op, value, v) for o, k, v in narrow.conditions)
            for op, key, value in wide.conditions
        )
    )


def includes(wide: str, narrow: str) -> bool:
    """Return whether a pattern matches everything that another one matches."""
    return wide in ("*", narrow) or ("*" in wide and _pattern(wide).fullmatch(narrow) is not None)


@lru_cache(maxsize=8192)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
