"""Whether one statement of a policy says at least what another one says.

What is answered is certain one way only: what counts as covered is covered. A pattern or condition
whose containment is not seen counts as wider.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundplan.blueprints.prove.evaluate import patterns
from groundplan.blueprints.prove.globs import common
from groundplan.blueprints.prove.model import ConditionValues, PolicyStatement

LIKE = ("StringLike", "ArnLike", "ArnEquals")
"""Operators whose values are patterns; ``ArnEquals`` takes wildcards like ``ArnLike``."""
FAMILIES: Mapping[str, str] = {
    "StringEquals": "text",
    "StringLike": "text",
    "ArnEquals": "arn",
    "ArnLike": "arn",
    "StringNotEquals": "no text",
    "StringNotLike": "no text",
    "ArnNotEquals": "no arn",
    "ArnNotLike": "no arn",
}
"""Operators that are compared by their values; others are compared as they are written."""
AT_MOST = ("NumericLessThan", "NumericLessThanEquals")
AT_LEAST = ("NumericGreaterThan", "NumericGreaterThanEquals")


@dataclass(frozen=True, slots=True)
class Atom:
    """The least that a statement says: one action, on one resource, of one principal."""

    action: str
    """Pattern; empty where the statement excludes actions."""

    not_actions: tuple[str, ...]
    """Patterns of excluded actions."""

    resource: str
    """Pattern; empty where the policy's kind has none."""

    principal: tuple[str, str] | None
    """Type and name; ``None`` in identity policies."""

    condition: ConditionValues
    """All of these must hold."""


def atoms(statement: PolicyStatement) -> list[Atom]:
    """Return everything that a statement says, one by one."""
    principals: list[tuple[str, str] | None] = [None]
    if statement.principals is not None:
        principals = [(kind, n) for kind, names in statement.principals.items() for n in names]
    return [
        Atom(action, statement.not_actions, resource, principal, condition)
        for principal in principals
        if (condition := _possible(principal, statement.condition)) is not None
        for action in statement.actions or ("",)
        for resource in statement.resources or ("",)
    ]


def _possible(
    principal: tuple[str, str] | None, condition: ConditionValues
) -> ConditionValues | None:
    """Return the condition without roles that are not of the account that is the principal."""
    parts = principal[1].split(":") if principal is not None and principal[0] == "AWS" else []
    if parts[-1:] != ["root"]:
        return condition
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for operator, keys in condition.items():
        own = dict(keys)
        for key in own if FAMILIES.get(_bare(operator)) == "arn" else ():
            if key.lower() == "aws:principalarn":
                own[key] = tuple(v for v in own[key] if v.split(":")[4:5] in ([parts[4]], ["*"]))
                if not own[key]:
                    return None
        found[operator] = own
    return found


def uncovered(atom: Atom, statements: Iterable[PolicyStatement]) -> list[Atom]:
    """Return the parts of ``atom`` that no statement covers.

    A condition with several values is taken apart, so that values may be spread over statements.
    """
    near = [item for item in statements if _reaches(item, atom)]
    return _rest(atom, near) if near else [atom]


def _rest(atom: Atom, near: list[PolicyStatement]) -> list[Atom]:
    if any(_implies(atom.condition, item.condition) for item in near):
        return []
    for operator, keys in atom.condition.items():
        if splits(operator):
            for key, values in keys.items():
                if len(values) > 1:
                    return _rest_of_values(atom, near, operator, key, values)
    return [atom]


def _rest_of_values(
    atom: Atom, near: list[PolicyStatement], operator: str, key: str, values: tuple[str, ...]
) -> list[Atom]:
    def limited(to: tuple[str, ...]) -> Atom:
        keys = {**atom.condition[operator], key: to}
        return Atom(
            atom.action,
            atom.not_actions,
            atom.resource,
            atom.principal,
            {**atom.condition, operator: keys},
        )

    whole: list[str] = []
    parts: list[Atom] = []
    for value in values:
        one = limited((value,))
        rest = _rest(one, near)
        if rest == [one]:
            whole.append(value)
        else:
            parts.extend(rest)
    return [*([limited(tuple(whole))] if whole else []), *parts]


def splits(operator: str) -> bool:
    """Any of the values will do, so that each can be allowed by a statement of its own."""
    family = FAMILIES.get(_bare(operator))
    return family in ("text", "arn") and not operator.startswith("ForAllValues:")


def _reaches(wide: PolicyStatement, atom: Atom) -> bool:
    return (
        _covers_action(wide, atom)
        and (not wide.resources or any(_covers_resource(w, atom.resource) for w in wide.resources))
        and _covers_principal(wide, atom.principal)
    )


def _covers_action(wide: PolicyStatement, atom: Atom) -> bool:
    if atom.not_actions:
        if wide.not_actions:
            return all(_any_action(atom.not_actions, item) for item in wide.not_actions)
        return "*" in wide.actions
    if wide.not_actions:
        action = atom.action.lower()
        return all(common(item.lower(), action) is None for item in wide.not_actions)
    return _any_action(wide.actions, atom.action)


def _any_action(wide: tuple[str, ...], narrow: str) -> bool:
    return any(_sound(w, narrow) and patterns.action(w)(narrow.lower()) for w in wide)


def _covers_resource(wide: str, narrow: str) -> bool:
    return wide == narrow or (_sound(wide, narrow) and patterns.resource(wide)(narrow))


def _sound(wide: str, narrow: str) -> bool:
    """A ``?`` is one character, which a ``*`` that is read as a character is not."""
    return wide == narrow or "?" not in wide or "*" not in narrow


def _covers_principal(wide: PolicyStatement, principal: tuple[str, str] | None) -> bool:
    if wide.principals is None or principal is None:
        return wide.principals is None and principal is None
    kind, name = principal
    if wide.principals.get("*"):
        return True
    for item in wide.principals.get(kind, ()):
        if item in ("*", name):
            return True
        parts = item.split(":")
        if kind == "AWS" and parts[-1] == "root" and name.split(":")[4:5] == parts[4:5]:
            return True
    return False


def _implies(narrow: ConditionValues, wide: ConditionValues) -> bool:
    return all(
        any(
            key.lower() == own.lower() and _stricter(narrow_operator, found, operator, values)
            for narrow_operator, narrow_keys in narrow.items()
            for own, found in narrow_keys.items()
        )
        for operator, keys in wide.items()
        for key, values in keys.items()
    )


def _stricter(narrow: str, found: tuple[str, ...], wide: str, values: tuple[str, ...]) -> bool:
    """Return whether what holds under ``narrow`` holds under ``wide``, for one key."""
    if narrow.rpartition(":")[0] != wide.rpartition(":")[0]:
        return False
    own, other = _bare(narrow), _bare(wide)
    same = own == other and set(found) == set(values)
    if same and (narrow == wide or wide.endswith("IfExists")):
        return True
    family = FAMILIES.get(own)
    if family is None or FAMILIES.get(other) is None:
        return own == other and narrow == wide and _within(own, found, values)
    if family != FAMILIES[other]:
        return False
    if family.startswith("no "):  # a missing key satisfies both, with or without IfExists
        return all(any(_matches(own, mine, value) for mine in found) for value in values)
    if narrow.endswith("IfExists") and not wide.endswith("IfExists"):
        return False
    if own in LIKE and other not in LIKE and any("*" in item or "?" in item for item in found):
        return False
    return all(any(_matches(other, value, item) for value in values) for item in found)


def _matches(operator: str, pattern: str, text: str) -> bool:
    if pattern == text:
        return True
    if operator.startswith("Arn"):
        return _sound(pattern, text) and patterns.arn(pattern)(text)
    if operator in ("StringLike", "StringNotLike"):
        return _sound(pattern, text) and patterns.glob(pattern)(text)
    return False


def _within(operator: str, found: tuple[str, ...], values: tuple[str, ...]) -> bool:
    try:
        own, other = [float(item) for item in found], [float(item) for item in values]
    except ValueError:
        return False
    if operator in AT_MOST:
        return max(own) <= max(other)
    return operator in AT_LEAST and min(own) >= min(other)


def _bare(operator: str) -> str:
    return operator.rpartition(":")[2].removesuffix("IfExists")
