"""A difference by nature: which facts it is about, and why it is right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.stacks.parity.comparison import Change

ANY = object()
"""Any value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Facts that a difference is about; patterns match the whole text."""

    kind: str
    """Pattern of the kind of item."""

    path: str
    """Pattern of the path to the fact; empty where one engine has no such item."""

    identity: str = ".*"
    """Pattern of the identity, without the account."""

    cdk: Any = ANY
    """What CDK has."""

    pulumi: Any = ANY
    """What Pulumi has."""

    only: str | None = None
    """Pattern of all texts that only one of them has. Default: any text."""

    def holds(self, change: Change) -> bool:
        """Say whether a change is of this case."""
        return bool(
            re.fullmatch(self.kind, change.kind)
            and re.fullmatch(self.path, change.path)
            and re.fullmatch(self.identity, change.identity.partition(" ")[2])
            and self.cdk in (ANY, change.cdk)
            and self.pulumi in (ANY, change.pulumi)
            and (self.only is None or _only(self.only, change))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that the engines do differently, and why that is right."""

    id: str
    """Id, for tests and for people who speak of it."""

    what: str
    """What differs."""

    why: str
    """Why it cannot or should not be the same."""

    cases: tuple[Case, ...]
    """Facts that it is about."""

    def holds(self, change: Change) -> bool:
        """Say whether it explains a change."""
        return any(case.holds(change) for case in self.cases)


def _only(pattern: str, change: Change) -> bool:
    first, second = _texts(change.cdk), _texts(change.pulumi)
    return all(re.fullmatch(pattern, text) for text in first ^ second)


def _texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {text for item in value.values() for text in _texts(item)}
    if isinstance(value, list | tuple):
        return {text for item in value for text in _texts(item)}
    return {str(value)}
