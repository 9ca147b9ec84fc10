"""Every check of a definition."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from groundplan.stacks.rehearsal.asl import flow, graph, handlers, integrations, variables
from groundplan.stacks.rehearsal.asl.problem import Problem

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def check_definition(text: str, substitutions: Collection[str] = ()) -> tuple[Problem, ...]:
    """What is wrong with a state machine in JSONata.

    Args:
        text: The definition, with placeholders.
        substitutions: Names that the placeholders may have.

    Returns:
        Transitions to nowhere, states that nothing leads to or that lead to no end; integrations
        and arguments that the APIs do not have; variables, members of results and functions that do
        not exist where they are read; task states without time-out, retry or catch; placeholders
        without a value. Empty if all is well.
    """
    machine: dict[str, Any] = json.loads(text)
    if machine.get("QueryLanguage") != "JSONata":
        return (Problem("", "QueryLanguage must be JSONata"),)
    problems = set(_placeholders(text, substitutions))
    problems |= set(graph.check(machine))
    if problems:  # nothing else can be said about a graph that is broken
        return tuple(sorted(problems))
    for check in (handlers.check, integrations.check, variables.check, flow.check):
        problems |= set(check(machine))
    return tuple(sorted(problems))


def _placeholders(text: str, substitutions: Collection[str]) -> Iterator[Problem]:
    for name in sorted(set(_PLACEHOLDER.findall(text)) - set(substitutions)):
        yield Problem("", f"the placeholder ${{{name}}} has no substitution")
