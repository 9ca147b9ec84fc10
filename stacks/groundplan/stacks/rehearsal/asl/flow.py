"""Whether every variable has a value on every path to where it is read."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.stacks.rehearsal.asl.expressions import (
    Read,
    existing,
    parse,
    strings,
    tree,
)
from groundplan.stacks.rehearsal.asl.facts import Conjunct, Facts, asked_again, conjuncts
from groundplan.stacks.rehearsal.asl.graph import inner_machines
from groundplan.stacks.rehearsal.asl.problem import Problem

Members = frozenset[str] | None
"""Names of the members that a variable has for certain; ``None``: nothing is known of them."""
Known = Mapping[str, Members]
"""Variables that have a value for certain."""


def check(machine: Mapping[str, Any]) -> Iterator[Problem]:
    """Variables, and members of variables, that are read without having a value on some path."""
    yield from _check_scope(machine, {})


def _check_scope(scope: Mapping[str, Any], outer: Known) -> Iterator[Problem]:
    states = scope["States"]
    asked = asked_again(scope)
    start = (scope["StartAt"], Facts())
    entry: dict[tuple[str, Facts], Known] = {start: outer}
    waiting = [start]
    while waiting:
        name, facts = waiting.pop()
        for target, after, leaving in _ways(states[name], facts, entry[name, facts], asked):
            key = (target, after)
            merged = leaving if key not in entry else _both(entry[key], leaving)
            if key not in entry or merged != entry[key]:
                entry[key] = merged
                waiting.append(key)
    for (name, facts), known in entry.items():
        for key, value in states[name].items():
            if key not in ("Branches", "Choices", "ItemProcessor"):
                yield from _reads(name, key, value, known)
        for rule in states[name].get("Choices", []):
            if facts.taken(_conjuncts(rule)) is None:
                continue  # one part of the condition is known to fail: the others do not matter
            yield from _reads(name, "Condition", rule["Condition"], known)
            yield from _reads(name, "Choices", rule, _shown(rule["Condition"], known))
        for inner in inner_machines(states[name]):
            yield from _check_scope(inner, known)


def _ways(
    state: Mapping[str, Any],
    facts: Facts,
    known: Known,
    asked: Mapping[Conjunct, frozenset[str]],
) -> Iterator[tuple[str, Facts, Known]]:
    """Each state that may follow, and what is known and has a value then."""

    def way(
        target: str, after: Facts, assign: Mapping[str, Any], known: Known = known
    ) -> tuple[str, Facts, Known]:
        return target, after.without(frozenset(assign), asked), _assigned(assign, known)

    left: Facts | None = facts
    for rule in state.get("Choices", []):
        condition = _conjuncts(rule)
        taken = None if left is None else left.taken(condition)
        if taken is not None:
            shown = _shown(rule["Condition"], known)
            yield way(rule["Next"], taken, rule.get("Assign", {}), shown)
        left = None if left is None else left.refused(condition)
    for key in ("Next", "Default"):
        if key in state and left is not None:
            yield way(state[key], left, state.get("Assign", {}))
    for caught in state.get("Catch", []):
        yield way(caught["Next"], facts, caught.get("Assign", {}))


def _conjuncts(rule: Mapping[str, Any]) -> frozenset[Conjunct]:
    try:
        return conjuncts(rule["Condition"])
    except ValueError:
        return frozenset()  # reported elsewhere


def _assigned(assign: Any, known: Known) -> Known:
    """What has a value after an ``Assign``, whose expressions see the old values."""
    return {**known, **{name: _members(value, known) for name, value in assign.items()}}


def _members(value: Any, known: Known) -> Members:
    if isinstance(value, dict):
        return frozenset(value)
    if isinstance(value, str) and value.startswith("{%"):
        try:
            return _of_node(tree(value), known)
        except ValueError:
            return None
    return frozenset()


def _of_node(node: Any, known: Known) -> Members:
    kind, value = node.type, node.value
    if kind == "unary" and value == "{":
        keys = [pair[0] for pair in node.lhs_object]
        return frozenset(str(key.value) for key in keys if key.type == "string")
    if kind == "variable":
        return known.get(str(value))
    if kind == "block" and len(node.expressions) == 1:
        return _of_node(node.expressions[0], known)
    if kind == "condition" and node._else is not None:
        ways = [_of_node(item, known) for item in (node.then, node._else)]
        return (
            None if None in ways else frozenset.intersection(*[way or frozenset() for way in ways])
        )
    if kind == "function" and node.procedure.value == "merge" and len(node.arguments) == 1:
        parts = node.arguments[0]
        if parts.type == "unary" and parts.value == "[":
            found = [_of_node(item, known) for item in parts.expressions]
            return None if None in found else frozenset().union(*[item or () for item in found])
    return None


def _shown(condition: str, known: Known) -> Known:
    """What is known where a condition with ``$exists`` is met."""
    shown = dict(known)
    for read in existing(condition):
        members = shown.get(read.variable, frozenset())
        if members is not None:
            shown[read.variable] = members | frozenset(read.members[:1])
    return shown


def _both(one: Known, other: Known) -> Known:
    """What is certain whichever way was taken."""
    merged: dict[str, Members] = {}
    for name in one.keys() & other.keys():
        first, second = one[name], other[name]
        if first is None or second is None:
            merged[name] = second if first is None else first
        else:
            merged[name] = first & second
    return merged


def _reads(name: str, place: str, value: Any, known: Known) -> Iterator[Problem]:
    for text in strings(value):
        for read in parse(text).reads:
            if read.variable == "states" or read.guarded:
                continue
            problem = _missing(read, known)
            if problem:
                yield Problem(name, f"{place}: {problem}")


def _missing(read: Read, known: Known) -> str:
    if read.variable not in known:
        return f"${read.variable} may have no value here"
    members = known[read.variable]
    if read.members and members is not None and read.members[0] not in members:
        return f"${read.variable}.{read.members[0]} may have no value here"
    return ""
