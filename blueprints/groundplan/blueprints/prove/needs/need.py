"""What a principal needs for its work, by AWS's documentation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from groundplan.blueprints.prove.model import ConditionValues

Context: TypeAlias = dict[str, str | tuple[str, ...]]
"""Condition keys of a call."""

SAMPLE = "x0"
"""What stands for the parts of names that are made at run time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One call that a principal has to be allowed."""

    principal: str
    """ARN of a role or an account's root, or a service."""

    action: str
    """Exact action."""

    resource: str
    """Widest pattern of resources that the work explains; ``*`` where the action has no resource."""

    example: str
    """One such resource, exactly."""

    work: str
    """What needs it: a state, a job, a rule."""

    source: str
    """Page of AWS's documentation that says so, and when it was read."""

    guards: ConditionValues = field(default_factory=dict)
    """Conditions that are in the statement that allows it, each with the values that the work has."""

    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Condition keys in the call."""


def up_to_run_time(pattern: str) -> str:
    """Return a pattern without what follows its first part that is made at run time."""
    before, star, _ = pattern.partition("*")
    return before + star


def example(pattern: str) -> str:
    """Return a text that a pattern can stand for."""
    return re.sub(r"\*+", SAMPLE, pattern)
