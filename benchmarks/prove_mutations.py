"""Which share of mutated policies some claim catches, over all examples.

``python -m benchmarks.prove_mutations`` changes every statement of every policy of the examples'
worlds, one at a time, asks the claims, and writes the tables of docs/proof-mutations.md. It takes
minutes on one core. The spec and the plan's definitions, which say what is needed, are not changed.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.commitment import written
from benchmarks.prove_mutants import Mutant, mutants
from benchmarks.prove_survivors import reason

from groundplan.blueprints.prove.claim import Case, Claim
from groundplan.blueprints.prove.claims import CLAIMS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "proof-mutations.md"
EXAMPLES = ("churn", "nightly", "sandbox", "vision")
IDENTITY = ("identity", "boundary", "service_control")
"""Kinds of the first run; the second one has the policies of resources, and trusts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a mutant."""

    example: str
    mutant: Mutant
    caught_by: str | None
    """Id of the first claim that failed; ``None`` if all held."""
    count: int
    """Mutants that are equal up to names of models."""

    @property
    def reason(self) -> str | None:
        """Why no claim needs to catch it; ``None`` if it is caught, or no reason is known."""
        return None if self.caught_by else reason(self.mutant)


class Hunter:
    """Asks the claims about mutants of a case, those first that catch most in the least time."""

    def __init__(self, case: Case, claims: Sequence[Claim] = CLAIMS) -> None:
        self.case = case
        self._seconds: dict[str, float] = {}
        self._catches: dict[tuple[str, str, str], int] = {}
        self._claims = claims
        for claim in claims:
            claim.check(case)  # fills what claims keep about the plan
            began = time.perf_counter()
            found = claim.check(case).findings
            self._seconds[claim.id] = time.perf_counter() - began
            if found:
                raise ValueError(f"{claim.id} does not hold without a mutation, got {found[0]}")

    def caught_by(self, mutant: Mutant) -> str | None:
        """Return the id of a claim that fails; ``None`` if all hold."""
        changed = replace(self.case, world=mutant.apply(self.case.world))
        if mutant.roles:
            for claim in self._ordered(mutant, "roles"):
                if claim.check_roles is not None and any(claim.check_roles(changed, mutant.roles)):
                    return self._caught(mutant, "roles", claim)
        for claim in self._ordered(mutant, "whole"):
            if claim.check(changed).findings:
                return self._caught(mutant, "whole", claim)
        return None

    def _ordered(self, mutant: Mutant, way: str) -> list[Claim]:
        """Claims by how much time a catch among mutants of this kind took them, least first."""

        def price(claim: Claim) -> float:
            caught = self._catches.get((way, mutant.policy, claim.id), 0)
            return self._seconds[claim.id] / (1 + 10 * caught)

        return sorted(self._claims, key=price)

    def _caught(self, mutant: Mutant, way: str, claim: Claim) -> str:
        key = (way, mutant.policy, claim.id)
        self._catches[key] = self._catches.get(key, 0) + 1
        return claim.id


def hunt(example: str, case: Case, *, every: int = 1, say: bool = False) -> Iterator[Outcome]:
    """Yield what becomes of the mutants of an example.

    Args:
        example: Name of the example.
        case: The example.
        every: Take only each so many-th of the distinct mutants.
        say: Write progress to stderr.
    """
    hunter = Hunter(case)
    groups = distinct(case, mutants(case.world))
    for index, (mutant, count) in enumerate(groups):
        if say and index % 100 == 0:
            print(f"\r{example}: {index} of {len(groups)}", end="", file=sys.stderr, flush=True)
        if index % every == 0:
            caught_by = hunter.caught_by(mutant)
            yield Outcome(example=example, mutant=mutant, caught_by=caught_by, count=count)
    if say:
        print(file=sys.stderr)


def distinct(case: Case, found: Iterable[Mutant]) -> list[tuple[Mutant, int]]:
    """Return one mutant of each group that is equal up to models' names, with the group's size.

    Roles of two models have the same statements; what is caught in one is caught in the other.
    """
    models = sorted((model.name for model in case.spec.models), key=len, reverse=True)
    name = re.compile("|".join(map(re.escape, models)) or "$^")
    groups: dict[tuple[str, ...], tuple[Mutant, int]] = {}
    for mutant in found:
        texts = (mutant.kind, mutant.policy, mutant.subject, mutant.statement, mutant.detail)
        key = tuple(name.sub("MODEL", text) for text in texts)
        first, count = groups.get(key, (mutant, 0))
        groups[key] = first, count + 1
    return list(groups.values())


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the table of shares: a row each policy kind."""
    lines = [
        "| run | policies | mutants | distinct | caught | survive with a reason | open | caught by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in (1, 2):
        of_run = [one for one in outcomes if (one.mutant.policy in IDENTITY) == (run == 1)]
        for policy in sorted({one.mutant.policy for one in of_run}):
            rows = [one for one in of_run if one.mutant.policy == policy]
            lines.append(_row(str(run), policy.replace("_", " "), rows))
        lines.append(_row(str(run), "**all**", of_run))
    return "\n".join([*lines, _row("both", "**all**", list(outcomes))])


def _row(run: str, policy: str, rows: Sequence[Outcome]) -> str:
    total = sum(one.count for one in rows)
    caught = sum(one.count for one in rows if one.caught_by)
    explained = sum(one.count for one in rows if one.reason)
    by = Counter[str]()
    for one in rows:
        if one.caught_by:
            by[one.caught_by] += one.count
    claims = ", ".join(f"{id} {count}" for id, count in sorted(by.items(), key=lambda i: -i[1]))
    share = f"{caught:,} ({caught / total:.1%})" if total else "0"
    return (
        f"| {run} | {policy} | {total:,} | {len(rows):,} | {share} | {explained:,} | "
        f"{total - caught - explained:,} | {claims} |"
    )


def kinds(outcomes: Sequence[Outcome]) -> str:
    """Return the table of kinds of mutation."""
    lines = [
        "| mutation | mutants | caught | survive with a reason | open |",
        "|---|---|---|---|---|",
    ]
    for kind in sorted({one.mutant.kind for one in outcomes}):
        rows = [one for one in outcomes if one.mutant.kind == kind]
        total = sum(one.count for one in rows)
        caught = sum(one.count for one in rows if one.caught_by)
        explained = sum(one.count for one in rows if one.reason)
        lines.append(
            f"| {kind} | {total:,} | {caught:,} | {explained:,} | {total - caught - explained:,} |"
        )
    return "\n".join(lines)


def survivors(outcomes: Sequence[Outcome]) -> str:
    """Return the table of survivors: each reason with its mutants, grouped by statement."""
    groups: dict[tuple[str, str, str, str], list[Outcome]] = {}
    for one in outcomes:
        if not one.caught_by:
            mutant = one.mutant
            key = (one.reason or "OPEN", mutant.policy, mutant.statement, mutant.kind)
            groups.setdefault(key, []).append(one)
    lines = ["| why | policy, statement | mutation | mutants | such as |", "|---|---|---|---|---|"]
    for (why, policy, statement, kind), rows in sorted(groups.items()):
        first = rows[0]
        lines.append(
            f"| {why} | {policy} {statement} | {kind} | {sum(one.count for one in rows)} | "
            f"{first.example}: `{first.mutant.subject.rpartition(':')[2]}`: "
            f"`{first.mutant.detail}` |"
        )
    return "\n".join(lines)


def main() -> None:
    """Hunt, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", action="append", choices=EXAMPLES, help="Default: all.")
    parser.add_argument("--every", type=int, default=1, help="Take each so many-th mutant only.")
    parser.add_argument(
        "--policy", action="append", help="Kinds of policies to show. Default: all."
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    whole = options.every == 1 and not options.example
    began = time.process_time()
    outcomes = [
        outcome
        for example in options.example or EXAMPLES
        for outcome in hunt(
            example, example_case(example), every=options.every, say=sys.stderr.isatty()
        )
    ]
    tables = {
        "summary": summary(outcomes),
        "kinds": kinds(outcomes),
        "survivors": survivors(outcomes),
    }
    for text in tables.values():
        print(text, end="\n\n")
    print(f"{time.process_time() - began:.0f} s of CPU")
    if whole:
        PAGE.write_text(written(PAGE.read_text("utf-8"), tables), "utf-8")


def example_case(name: str) -> Case:
    """Return an example as a case."""
    from groundplan.blueprints.prove.case import case
    from groundplan.blueprints.spec import load_spec

    return case(load_spec(ROOT / "examples" / name / "groundplan.yaml"))


if __name__ == "__main__":
    main()
