"""Whether a statement is about a request: its actions, resources, principals and conditions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.prove.evaluate import patterns
from groundplan.blueprints.prove.evaluate.caller import Caller
from groundplan.blueprints.prove.evaluate.conditions import Test, condition
from groundplan.blueprints.prove.evaluate.patterns import Context, Match
from groundplan.blueprints.prove.model import Deciding, Policy, PolicyStatement

Grip = Literal["none", "account", "role", "direct"]
"""How a resource policy names a caller: not at all, by its account, by its role, or itself."""
GRIPS: tuple[Grip, ...] = ("none", "account", "role", "direct")


@dataclass(frozen=True, slots=True)
class Call:
    """A request with everything that statements are compared with."""

    caller: Caller
    action: str
    """In lower case."""
    resource: str
    context: Context
    bounded: bool
    """Whether the caller has a permission boundary."""


class Prepared:
    """A statement with its patterns compiled."""

    __slots__ = (
        "_any_resource",
        "_conditions",
        "_exact",
        "_globs",
        "_negated_actions",
        "_negated_resources",
        "_resources",
        "_templates",
        "deciding",
        "denies",
        "statement",
    )

    def __init__(self, policy: Policy, statement: PolicyStatement) -> None:
        self.statement = statement
        self.deciding = Deciding(policy=policy, statement=statement)
        self.denies = statement.effect == "Deny"
        named = statement.not_actions or statement.actions
        self._negated_actions = bool(statement.not_actions)
        self._exact = frozenset(item.lower() for item in named if not _wild(item))
        self._globs = tuple(patterns.action(item) for item in named if _wild(item))
        named = statement.not_resources or statement.resources
        self._negated_resources = bool(statement.not_resources)
        self._any_resource = not named or statement.resources == ("*",)
        self._resources = tuple(_resources(item for item in named if "${" not in item))
        self._templates = tuple(item for item in named if "${" in item)
        self._conditions: tuple[Test, ...] = tuple(
            condition(operator, key, values)
            for operator, keys in statement.condition.items()
            for key, values in keys.items()
        )

    def about_action(self, action: str) -> bool:
        """Return whether the statement is about an action, given in lower case."""
        named = action in self._exact
        if not named:
            for match in self._globs:
                if match(action):
                    named = True
                    break
        return named != self._negated_actions

    def about_resource(self, call: Call) -> bool:
        """Return whether the statement is about the call's resource."""
        if self._any_resource:
            return True
        return self._names(call) != self._negated_resources

    def conditions_hold(self, context: Context) -> bool:
        """Return whether all conditions hold."""
        for test in self._conditions:
            if not test(context):
                return False
        return True

    def failing(self, context: Context) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield operator, key and values of each condition that does not hold."""
        for operator, keys in self.statement.condition.items():
            for key, values in keys.items():
                if not condition(operator, key, values)(context):
                    yield operator, key, values

    def grip(self, call: Call) -> Grip:
        """Return how a statement of a resource policy names the caller.

        Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal" (2026-11-21).
        """
        excluded = self.statement.not_principals
        if excluded is not None:
            # A boundary makes a Deny with NotPrincipal hold for everybody.
            if self.denies and call.bounded:
                return "direct"
            return "none" if _spared(excluded, call.caller) else "direct"
        named = self.statement.principals or {}
        found = (_grip(kind, name, call.caller) for kind, names in named.items() for name in names)
        return max(found, key=GRIPS.index, default="none")

    def _names(self, call: Call) -> bool:
        resource = call.resource
        for match in self._resources:
            if match(resource):
                return True
        for template in self._templates:
            resolved = patterns.resolve(template, call.context)
            if resolved is not None and patterns.resource(resolved)(call.resource):
                return True
        return False


class PreparedPolicy:
    """A policy whose statements are compiled, found by action."""

    __slots__ = ("_by_action", "policy", "statements")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.statements = tuple(Prepared(policy, statement) for statement in policy.statements)
        self._by_action: dict[str, tuple[Prepared, ...]] = {}

    def about(self, action: str) -> tuple[Prepared, ...]:
        """Return the statements about an action, given in lower case."""
        found = self._by_action.get(action)
        if found is None:
            found = tuple(item for item in self.statements if item.about_action(action))
            self._by_action[action] = found
        return found

    def matching(self, call: Call) -> list[Prepared]:
        """Return the statements about a call, whoever makes it."""
        return [
            item
            for item in self.about(call.action)
            if item.about_resource(call) and item.conditions_hold(call.context)
        ]


def prepare(policy: Policy) -> PreparedPolicy:
    """Return a policy, compiled; each policy object once."""
    known = _PREPARED.get(id(policy))
    if known is None or known.policy is not policy:
        if len(_PREPARED) >= _MOST_PREPARED:
            _PREPARED.clear()
        known = _PREPARED[id(policy)] = PreparedPolicy(policy)
    return known


_MOST_PREPARED = 2_000
_PREPARED: dict[int, PreparedPolicy] = {}
"""By identity: conditions are mappings, so that policies have no hash. Holding the policy keeps its id."""


def _grip(kind: str, name: str, caller: Caller) -> Grip:
    if kind == "*" or (kind == "AWS" and name == "*"):
        return "direct"
    if kind == "Service":
        return "direct" if caller.kind == "service" and name == caller.arn else "none"
    if kind == "Federated":
        return "direct" if caller.kind == "federated" and name == caller.arn else "none"
    if kind != "AWS" or caller.account is None or caller.kind == "federated":
        return "none"
    if name in (caller.account, f"arn:{caller.partition}:iam::{caller.account}:root"):
        return "direct" if caller.kind == "root" else "account"
    if name == caller.role:
        return "role"
    return "direct" if name == caller.arn else "none"


def _spared(excluded: Mapping[str, tuple[str, ...]], caller: Caller) -> bool:
    """Return whether NotPrincipal names a caller: its account, its role and, if it has one, itself."""
    named = {(kind, name) for kind, names in excluded.items() for name in names}
    if named & {("*", "*"), ("AWS", "*")}:
        return True
    grips = {_grip(kind, name, caller) for kind, name in named}
    if caller.account is None or caller.kind in ("federated", "root"):
        return "direct" in grips
    whole = {("AWS", name) for name in (caller.role, caller.arn) if name is not None}
    return "account" in grips and whole <= named


def _wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def _resources(named: Iterable[str]) -> Iterator[Match]:
    return (patterns.resource(item) for item in named)
