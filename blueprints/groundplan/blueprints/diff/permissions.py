"""Compares what two plans let roles and other principals do.

Statements are compared, not decisions: what one plan's statements say and the other's do not. A move of
a permission between policies of one role, a split of a statement and another name of it change
nothing; a permission that some boundary stops still counts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundplan.blueprints.diff.covering import Atom, atoms, splits, uncovered
from groundplan.blueprints.diff.policies import Kind, Policies, Subject, read
from groundplan.blueprints.prove.model import ConditionValues, PolicyStatement

Change = Literal["allowed", "no longer denied", "unbounded", "bounded by another policy"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    """What one side says and the other does not."""

    subject: str
    """Stage, stack and unit of the role, or of what the policy protects or bounds."""

    kind: Kind
    """What the policy is for."""

    change: Change
    """What the side says: that something is allowed, or (the other one) that it is denied."""

    actions: tuple[str, ...]
    """Patterns; those after ``all but`` are excluded."""

    resources: tuple[str, ...] = ()
    """Patterns; of a boundary that is gone its ARN."""

    principals: tuple[str, ...] = ()
    """Principals of resource and trust policies, with their type."""

    condition: str = ""
    """Conditions as text; empty without."""

    new: bool = False
    """Whether it is about resources or roles that are new, or were denied on ones that are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A role, or a resource with a policy, that only one side has."""

    subject: str
    """Stage, stack and unit."""

    kind: Kind
    """What its policies are for."""

    allowed: int
    """Number of actions on resources that they allow, each pattern counted once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionDiff:
    """How permissions differ, sorted."""

    widened: tuple[Permission, ...]
    """What principals may now do that they could not before, between what both sides have."""

    reaching_new: tuple[Permission, ...]
    """What they may now do with what is new, or what is new with them."""

    newcomers: tuple[Newcomer, ...]
    """New roles and new resources whose policy allows something."""

    narrowed: tuple[Permission, ...]
    """What could be done before and no longer can."""

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.widened or self.reaching_new or self.newcomers or self.narrowed)

    def refused(self, allowed: Collection[str] = ()) -> tuple[str, ...]:
        """Return what has wider permissions, and new roles, unless ``allowed`` names them."""
        found = {item.subject for item in self.widened}
        found |= {item.subject for item in self.newcomers if item.kind == "identity"}
        return tuple(sorted(found - set(allowed)))


def compare_permissions(old: Mapping[str, Any], new: Mapping[str, Any]) -> PermissionDiff:
    """Compare the permissions of two plans, given as plain JSON."""
    before, after = read(old), read(new)
    gained = _gained(before, after)
    return PermissionDiff(
        widened=tuple(item for item in gained if not item.new),
        reaching_new=tuple(item for item in gained if item.new),
        newcomers=tuple(
            Newcomer(subject=item.id, kind=item.kind, allowed=count)
            for key, item in sorted(after.subjects.items())
            if _subject(before, key) is None
            and item.kind in ("identity", "resource")
            and (count := sum(len(atoms(s)) for s in item.statements if s.effect == "Allow"))
        ),
        narrowed=_gained(after, before),
    )


def _gained(before: Policies, after: Policies) -> tuple[Permission, ...]:
    appeared, gone = _Newness(before, after), _Newness(after, before)
    found = list(_unbounded(before, after))
    for key in before.subjects.keys() | after.subjects.keys():
        old, new = _subject(before, key), _subject(after, key)
        if old is None or new is None or old.statements == new.statements:
            continue
        if old.kind == "service_control" and not new.statements:
            found.append(Permission(subject=old.id, kind=old.kind, change="unbounded", actions=()))
        else:
            found += _said(new, "allowed", _rest(new, old, "Allow"), appeared)
            found += _said(old, "no longer denied", _rest(old, new, "Deny"), gone)
    return tuple(sorted(found))


def _subject(own: Policies, key: tuple[str, Kind]) -> Subject | None:
    """Return a subject; one without statements where its unit or account is there without a policy."""
    id, kind = key
    if key in own.subjects:
        return own.subjects[key]
    there = id.rpartition("/")[2] in own.accounts if kind == "service_control" else id in own.units
    return Subject(id=id, kind=kind, statements=()) if there else None


def _unbounded(before: Policies, after: Policies) -> Iterator[Permission]:
    for role, boundary in before.bounded_by.items():
        now = after.bounded_by.get(role, boundary)
        if boundary is None or boundary == now:
            continue
        if now is not None and before.boundaries.get(boundary, 0) == after.boundaries.get(now, 1):
            continue  # the project's own under another name, compared by what it says
        yield Permission(
            subject=role,
            kind="boundary",
            change="unbounded" if now is None else "bounded by another policy",
            actions=(),
            resources=tuple(item for item in (boundary, now) if item is not None),
        )


def _rest(narrow: Subject, wide: Subject, effect: str) -> list[Atom]:
    """Return what ``narrow`` says to ``effect`` and ``wide`` does not."""
    other = [item for item in wide.statements if item.effect == effect]
    same = {_meaning(item) for item in other}
    return [
        rest
        for statement in narrow.statements
        if statement.effect == effect and _meaning(statement) not in same
        for atom in atoms(statement)
        for rest in uncovered(atom, other)
    ]


def _meaning(statement: PolicyStatement) -> str:
    """Return the statement without its name, as text."""
    return repr(
        (
            statement.actions,
            statement.not_actions,
            statement.resources,
            statement.principals,
            statement.condition,
        )
    )


def _said(
    subject: Subject, change: Change, rest: Iterable[Atom], newness: "_Newness"
) -> list[Permission]:
    """Return what is left of statements, put together again: actions that share all the rest."""
    actions_on: dict[tuple[str, str, str, bool], set[str]] = {}
    for atom in rest:
        about = (atom.resource, _principal(atom), _text(atom.condition), newness.of(atom))
        actions_on.setdefault(about, set()).add(_action(atom))
    together: dict[tuple[tuple[str, ...], str, str, bool], set[str]] = {}
    for (resource, *others), names in actions_on.items():
        principal, condition, new = others
        key = (tuple(sorted(names)), str(principal), str(condition), bool(new))
        together.setdefault(key, set()).add(resource)
    return [
        Permission(
            subject=subject.id,
            kind=subject.kind,
            change=change,
            actions=actions,
            resources=tuple(sorted(resources - {""})),
            principals=(principal,) if principal else (),
            condition=condition,
            new=new,
        )
        for (actions, principal, condition, new), resources in together.items()
    ]


def _action(atom: Atom) -> str:
    return f"all but {', '.join(atom.not_actions)}" if atom.not_actions else atom.action


def _principal(atom: Atom) -> str:
    return "" if atom.principal is None else f"{atom.principal[0]} {atom.principal[1]}"


def _text(condition: ConditionValues) -> str:
    return "; ".join(
        f"{operator} {key} {' or '.join(sorted(values))}"
        for operator, keys in sorted(condition.items())
        for key, values in sorted(keys.items())
    )


class _Newness:
    """Knows what one plan has and the other one does not."""

    def __init__(self, before: Policies, after: Policies) -> None:
        self._names = [_bounded(item) for item in sorted(after.names - before.names)]
        self._roles = frozenset(after.roles.values()) - frozenset(before.roles.values())
        self._accounts = {"", "*", *after.accounts}

    def of(self, atom: Atom) -> bool:
        """Return whether something is about new resources or new roles of the project only."""
        return self._new(atom.resource) or any(
            all(value in self._roles or self._new(value) for value in values)
            for operator, keys in atom.condition.items()
            if splits(operator)
            for values in keys.values()
        )

    def _new(self, text: str) -> bool:
        parts = text.split(":", 5)
        if len(parts) < 6:
            return _bounded(text) in self._names
        if parts[0] != "arn" or parts[4] not in self._accounts:
            return False
        own = parts[5].partition("/")[0] if parts[2] == "s3" else parts[5]
        return any(name in _bounded(own) for name in self._names)


def _bounded(text: str) -> str:
    return f"/{text.replace(':', '/').strip('/*')}/"
