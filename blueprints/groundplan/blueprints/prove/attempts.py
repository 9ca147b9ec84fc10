"""What somebody could try: every way in which the policies of a world might allow an action.

A request has conditions that the caller chooses: through which service, with which header, under which
prefix. To say that a role cannot do something, each statement that mentions the action is tried under
the conditions which that statement asks for, on a resource that both it and the question are about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from groundplan.blueprints.prove.evaluate import evaluate, patterns
from groundplan.blueprints.prove.evaluate.index import index
from groundplan.blueprints.prove.globs import ANY, common
from groundplan.blueprints.prove.kept import kept
from groundplan.blueprints.prove.model import (
    ConditionValues,
    Decision,
    PolicyStatement,
    Request,
    Role,
    World,
)

Values = Mapping[str, str | tuple[str, ...]]
FOLLOWS = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourcetag/",
    "aws:securetransport",
    "kms:calleraccount",
    "kms:resourcealiases",
    "s3:resourceaccount",
)
"""Condition keys that follow from who calls what; nobody chooses them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that is allowed."""

    request: Request
    decision: Decision

    @property
    def by(self) -> str:
        """Policies and statements that allow it."""
        named = ", ".join(str(item) for item in self.decision.statements)
        return named or "the caller's own account"

    @property
    def text(self) -> str:
        """The request, for a reader: action, resource and the conditions that were chosen."""
        request = self.request
        chosen = " and ".join(
            f"{key} {value if isinstance(value, str) else ', '.join(value)}"
            for key, value in sorted(request.context.items())
        )
        return f"{request.action} on {request.resource}{' with ' if chosen else ''}{chosen}"


class Attempts:
    """Finds requests that the policies of one world allow.

    Service control policies are left out: what is shown to be refused is so without their help, since
    not every project has them, and they hold for principals of the organisation only.
    """

    def __init__(self, world: World) -> None:
        self.world = replace(world, service_control={})
        self._index = index(self.world)
        self._by_role: dict[str, dict[str, tuple[PolicyStatement, ...]]] = {}
        self._by_resource: dict[str, dict[str, tuple[PolicyStatement, ...]]] = {}

    def allowed(
        self, principal: str, action: str, resource: str, context: Values | None = None
    ) -> Attempt | None:
        """Return a request of ``action`` that is allowed, ``None`` if there seems to be none.

        Args:
            principal: ARN of a role, of somebody outside, or ``*`` for nobody in particular.
            action: Exact action.
            resource: ARN, or a pattern of ARNs, one of which is enough.
            context: Condition keys that the question fixes.
        """
        for request in self.requests(principal, action, resource, context or {}):
            decision = evaluate(request, self.world)
            if decision.allowed:
                return Attempt(request=request, decision=decision)
        return None

    def exactly(
        self, principal: str, action: str, resource: str, context: Values
    ) -> Attempt | None:
        """Return the request with these condition keys and no others, if it is allowed."""
        request = Request(principal=principal, action=action, resource=resource, context=context)
        decision = evaluate(request, self.world)
        return Attempt(request=request, decision=decision) if decision.allowed else None

    def requests(
        self, principal: str, action: str, resource: str, context: Values
    ) -> Iterator[Request]:
        """Yield the requests that are worth a try, each once."""
        role = self._index.roles.get(principal)
        granted = self._granted(action, resource)
        held: list[PolicyStatement | None] = [None]
        if role is not None and role.kind != "person":
            held = [*self._held(role, action)]
            if any(_direct(item, principal) for item in granted):
                held.append(None)  # a policy that names the role itself, or everybody, is enough
        if not held:
            return
        seen: set[tuple[str, tuple[tuple[str, str | tuple[str, ...]], ...]]] = set()
        for own in held:
            for other in (None, *granted):
                for request in _requests(principal, action, resource, context, own, other):
                    key = (request.resource, tuple(sorted(request.context.items())))
                    if key not in seen:
                        seen.add(key)
                        yield request

    def _granted(self, action: str, resource: str) -> tuple[PolicyStatement, ...]:
        """Return the statements of the resource's own policy that allow an action on anything."""
        known = self._by_resource.setdefault(resource, {})
        if action not in known:
            found = self._index.resource(common(resource, resource) or resource)
            policy = found.policy if found is not None else None
            statements = policy.statements if policy is not None else ()
            name = action.lower()
            known[action] = tuple(
                item for item in statements if item.effect == "Allow" and _about(item, name)
            )
        return known[action]

    def _held(self, role: Role, action: str) -> tuple[PolicyStatement, ...]:
        known = self._by_role.setdefault(role.arn, {})
        if action not in known:
            name = action.lower()
            known[action] = tuple(
                statement
                for policy in role.policies
                for statement in policy.statements
                if statement.effect == "Allow" and _about(statement, name)
            )
        return known[action]


@kept
def attempts(world: World) -> Attempts:
    """Return what finds the requests that a world allows, made once for each world."""
    return Attempts(world)


def _about(statement: PolicyStatement, action: str) -> bool:
    """Return whether a statement is about an action, given in lower case."""
    if statement.not_actions:
        return not _named(statement.not_actions, action)
    return _named(statement.actions, action)


def _named(actions: Iterable[str], action: str) -> bool:
    return any(patterns.action(item)(action) for item in actions)


def _direct(statement: PolicyStatement, principal: str) -> bool:
    if statement.not_principals is not None:
        return True
    named = statement.principals or {}
    return any(name in ("*", principal) for names in named.values() for name in names)


def _requests(
    principal: str,
    action: str,
    resource: str,
    context: Values,
    own: PolicyStatement | None,
    other: PolicyStatement | None,
) -> Iterator[Request]:
    wanted = {key.lower() for key in context}
    chosen: dict[str, str | tuple[str, ...]] = {}
    for statement in (other, own):
        if statement is not None:
            chosen.update(satisfying(statement.condition))
    free = {key: value for key, value in chosen.items() if key.lower() not in wanted}
    for target in _targets(resource, own, other):
        yield Request(
            principal=principal,
            action=action,
            resource=target,
            context={**free, **context},
        )


def _targets(
    resource: str, own: PolicyStatement | None, other: PolicyStatement | None
) -> Iterator[str]:
    found: dict[str, None] = {}
    for first in _patterns(own):
        here = common(resource, first)
        if here is None:
            continue
        for second in _patterns(other):
            # Both patterns at once, or else each for itself: one may be enough.
            both = common(here if first == "*" else first, second)
            met = common(resource, both) if both is not None else None
            found[met if met is not None else here] = None
    yield from found


def _patterns(statement: PolicyStatement | None) -> tuple[str, ...]:
    if statement is None or statement.not_resources or not statement.resources:
        return ("*",)
    return statement.resources


def satisfying(condition: ConditionValues) -> dict[str, str | tuple[str, ...]]:
    """Return keys by which a caller meets ``condition``, as far as they are its own to choose."""
    found: dict[str, str | tuple[str, ...]] = {}
    for operator, keys in condition.items():
        name = operator.lower().rpartition(":")[2].removesuffix("ifexists")
        for key, values in keys.items():
            if key.lower().startswith(FOLLOWS):
                continue
            if name == "null":
                if values[0].lower() == "false":
                    found.setdefault(key, ANY)
            elif "not" in name or name.startswith(("numeric", "date", "ip", "binary")):
                found.setdefault(key, f"not-{values[0]}" if "not" in name else values[0])
            else:
                found[key] = common(values[0], values[0]) or values[0]
    return found
