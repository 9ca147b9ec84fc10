"""The policy evaluation logic of AWS, as published.

Sources: IAM User Guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates requests to
allow or deny access", "Cross-account policy evaluation logic", "Permissions boundaries for IAM
entities", "AWS JSON policy elements: Principal"; KMS Developer Guide, "Key policies" (2026-11-21).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groundplan.blueprints.prove.evaluate.statements import (
    GRIPS,
    Call,
    Grip,
    Prepared,
    prepare,
)
from groundplan.blueprints.prove.model import Deciding, Decision, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All policies that one call meets."""

    identity: Sequence[Policy] = ()
    """Policies of the caller."""

    trusted: bool = False
    """Whether the caller's own account is taken to allow it everything: roots and unknown principals."""

    boundary: Policy | None = None
    """Permission boundary of the caller."""

    session: Sequence[Policy] = ()
    """Session policies of the caller, together one limit."""

    service_control: Sequence[Sequence[Policy]] = ()
    """Service control policies of the caller's account, a sequence a level."""

    resource: Policy | None = None
    """Policy of the resource; the trust of a role that is assumed."""

    required: bool = False
    """Whether that policy has to allow within its own account too: of keys, and of roles."""


def decide(call: Call, owner: str | None, policies: Policies) -> Decision:
    """Decide a call.

    Args:
        call: What is asked.
        owner: Account of the resource. ``None`` is taken to be the caller's.
        policies: Every policy that counts.
    """
    caller = call.caller
    outside = caller.account is None or caller.kind == "federated"
    held: list[Prepared] = []
    bounds: list[Prepared] = []
    sessions: list[Prepared] = []
    levels: list[list[Prepared]] = []
    granted: list[Prepared] = []
    if not outside:
        held = _matching(call, policies.identity)
        if policies.boundary is not None:
            bounds = prepare(policies.boundary).matching(call)
        if policies.session:
            sessions = _matching(call, policies.session)
        if policies.service_control:
            levels = [_matching(call, level) for level in policies.service_control]
    if policies.resource is not None:
        matching = prepare(policies.resource).matching(call)
        granted = [item for item in matching if item.grip(call) != "none"]
    denies = [
        item.deciding
        for items in (held, bounds, sessions, *levels, granted)
        for item in items
        if item.denies
    ]
    if denies:
        return Decision(
            allowed=False,
            reason=f"denied by {denies[0]}",
            statements=tuple(denies),
        )
    allowing = _allows(granted)
    if outside:
        return _allowed(allowing) if allowing else _missing(_no_resource_policy(policies, "it"))
    for number, level in enumerate(levels, start=1):
        if not _allows(level):
            return _missing(f"no service control policy of level {number} allows it")
    grip = _strongest(call, granted)
    foreign = owner is not None and owner != caller.account
    if grip == "none" and (foreign or policies.required):
        where = f"it in account {owner}" if foreign else "it"
        return _missing(_no_resource_policy(policies, where))
    if grip == "direct" and not foreign:
        return _allowed(allowing)
    own = _allows(held)
    if not own and not policies.trusted and (foreign or grip != "role"):
        return _missing("no identity policy allows it")
    if policies.boundary is not None and not _allows(bounds):
        return _missing(f"permission boundary {policies.boundary.name} does not allow it")
    if policies.session and not _allows(sessions):
        return _missing("no session policy allows it")
    return _allowed([*own, *allowing])


def _matching(call: Call, policies: Iterable[Policy]) -> list[Prepared]:
    found: list[Prepared] = []
    for policy in policies:
        found += prepare(policy).matching(call)
    return found


def _strongest(call: Call, granted: Iterable[Prepared]) -> Grip:
    found = (item.grip(call) for item in granted if not item.denies)
    return max(found, key=GRIPS.index, default="none")


def _allows(items: Iterable[Prepared]) -> list[Deciding]:
    return [item.deciding for item in items if not item.denies]


def _allowed(statements: Sequence[Deciding]) -> Decision:
    by = f"allowed by {statements[0]}" if statements else "allowed by the caller's own account"
    return Decision(allowed=True, reason=by, statements=tuple(statements))


def _missing(reason: str) -> Decision:
    return Decision(allowed=False, reason=reason, statements=())


def _no_resource_policy(policies: Policies, where: str) -> str:
    if policies.resource is None:
        return f"no policy of the resource allows {where}"
    return f"{policies.resource.kind} policy {policies.resource.name} does not allow {where}"
