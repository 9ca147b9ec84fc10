"""What the ways taken so far say about conditions that a machine asks again.

A step that is only wanted under some condition, and another one that reads it under the same
condition, are both behind a choice; only the ways on which both agree are real.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.stacks.rehearsal.asl.expressions import parse, shape_of, tree

Conjunct = tuple[Any, ...]
"""The shape of one part of a condition whose parts are joined by ``and``."""


def conjuncts(condition: str) -> frozenset[Conjunct]:
    """The parts of a condition, all of which must hold."""
    found: set[Conjunct] = set()
    waiting = [tree(condition)]
    while waiting:
        node = waiting.pop()
        if node.type == "binary" and node.value == "and":
            waiting += [node.lhs, node.rhs]
        else:
            found.add(shape_of(node))
    return frozenset(found)


@dataclass(frozen=True)
class Facts:
    """Conjuncts that hold, and sets of conjuncts of which not all hold."""

    true: frozenset[Conjunct] = frozenset()
    not_all: frozenset[frozenset[Conjunct]] = frozenset()

    def taken(self, condition: frozenset[Conjunct]) -> "Facts | None":
        """With the condition met; ``None``: that contradicts what is known."""
        true = self.true | condition
        if any(parts <= true for parts in self.not_all):
            return None
        return Facts(true, self.not_all)

    def refused(self, condition: frozenset[Conjunct]) -> "Facts | None":
        """With the condition not met; ``None``: that contradicts what is known."""
        if condition <= self.true:
            return None
        return Facts(self.true, self.not_all | {condition - self.true})

    def without(
        self, variables: frozenset[str], reads: Mapping[Conjunct, frozenset[str]]
    ) -> "Facts":
        """What is left when variables get new values; also forgets what no choice asks again."""

        def stays(conjunct: Conjunct) -> bool:
            return conjunct in reads and not reads[conjunct] & variables

        return Facts(
            frozenset(filter(stays, self.true)),
            frozenset(parts for parts in self.not_all if all(map(stays, parts))),
        )


def asked_again(scope: Mapping[str, Any]) -> dict[Conjunct, frozenset[str]]:
    """Each conjunct that several choices of a machine ask -> the variables that it reads.

    Without those that ask ``$states``, which is another thing in every state.
    """
    count: Counter[Conjunct] = Counter()
    reads: dict[Conjunct, frozenset[str]] = {}
    for condition in _conditions(scope):
        variables = frozenset(read.variable for read in parse(condition).reads)
        for conjunct in conjuncts(condition):
            count[conjunct] += 1
            # the whole condition's variables: more than the part reads is on the safe side
            reads[conjunct] = reads.get(conjunct, frozenset()) | variables
    return {
        conjunct: found
        for conjunct, found in reads.items()
        if count[conjunct] > 1 and "states" not in found
    }


def _conditions(scope: Mapping[str, Any]) -> Iterator[str]:
    for state in scope["States"].values():
        for rule in state.get("Choices", []):
            if not parse(rule["Condition"]).error:
                yield rule["Condition"]
