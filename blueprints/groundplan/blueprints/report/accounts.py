"""What is in which account: as a table, and as a picture of the same."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    DataStateStackPlan,
    MonitoringStackPlan,
    RegistryStackPlan,
    ReleaseStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StateStackPlan,
    TrainingStackPlan,
)
from groundplan.blueprints.prove.words import counted
from groundplan.blueprints.report.content import Content

FAMILIES: dict[type, str] = {
    DataStateStackPlan: "store",
    RegistryStackPlan: "store",
    StateStackPlan: "store",
    TrainingStackPlan: "work",
    ScoringStackPlan: "work",
    ReleaseStackPlan: "work",
    MonitoringStackPlan: "watch",
    ServingStackPlan: "serve",
}
"""Classes of stacks that the picture colours; the others are plain."""
SHOWN = 4
"""Kinds of resources that the picture names of a stack; the table names all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack, for a reader."""

    id: str
    """Id within its stage."""

    name: str
    """Physical name."""

    stage: str
    """Tooling, data or environment."""

    description: str
    """What it holds."""

    holds: tuple[str, ...]
    """Its resources, counted by kind."""

    protected: bool
    """Whether it refuses to be deleted."""

    family: str
    """What the picture colours it as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account with its stacks."""

    id: str
    """Account id."""

    region: str
    """Region."""

    stages: tuple[str, ...]
    """What it is for, in the order of deployment."""

    stacks: tuple[Stack, ...]
    """Its stacks, in the order of deployment."""


def accounts(content: Content) -> tuple[Account, ...]:
    """Return every account, in the order in which the plan first names it."""
    by_stack: dict[tuple[str, str], Counter[str]] = {}
    for id, resource in content.resources.items():
        stage, stack_id, _ = id.split("/", 2)
        by_stack.setdefault((stage, stack_id), Counter())[resource.type] += 1
    found: dict[str, list[Stack]] = {}
    for stack in content.plan.stacks():
        head = stack.stack
        kinds = by_stack.get((head.scope, head.id), Counter())
        found.setdefault(head.place.account, []).append(
            Stack(
                id=head.id,
                name=head.name,
                stage=head.scope,
                description=head.description,
                holds=tuple(counted(count, _noun(kind)) for kind, count in sorted(kinds.items())),
                protected=head.termination_protection,
                family=_family(stack),
            )
        )
    region = content.plan.stages[0].place.region
    return tuple(
        Account(
            id=id,
            region=region,
            stages=tuple(dict.fromkeys(stack.stage for stack in stacks)),
            stacks=tuple(stacks),
        )
        for id, stacks in found.items()
    )


def dot(account: Account) -> str:
    """Return an account in Graphviz's language: a box, in it a box a stack."""
    lines = [
        "digraph account {",
        '  rankdir=TB; bgcolor="transparent"; ranksep=0.12;',
        '  fontname="Helvetica"; fontsize=13;',
        '  node [shape=box style=rounded fontname="Helvetica" fontsize=12 margin="0.14,0.07" width=2.9];',
        "  edge [style=invis];",
        "  subgraph cluster_account {",
        f'    labeljust=l; label="{", ".join(account.stages)}: {account.id}";',
    ]
    names = [f"s{index}" for index in range(len(account.stacks))]
    many = len(account.stages) > 1
    for name, stack in zip(names, account.stacks, strict=True):
        lines.append(f'    {name} [class="{stack.family}" label="{_label(stack, many)}"];')
    lines += [f"    {one} -> {other};" for one, other in pairwise(names)]
    return "\n".join([*lines, "  }", "}"]) + "\n"


def described(account: Account) -> str:
    """Return what the picture of an account shows in one sentence."""
    return f"from top to bottom: {', '.join(stack.id for stack in account.stacks)}"


def _label(stack: Stack, many: bool) -> str:
    title = f"{stack.stage}: {stack.id}" if many else stack.id
    return "".join(f"{line}\\l" for line in (title, *_lines(stack.holds)))


def _lines(holds: tuple[str, ...]) -> Iterator[str]:
    """Yield two kinds a line, and how many more there are."""
    shown = holds if len(holds) <= SHOWN else holds[: SHOWN - 1]
    parts = list(shown)
    if len(shown) < len(holds):
        parts.append(f"{len(holds) - len(shown)} kinds more")
    for index in range(0, len(parts), 2):
        yield ", ".join(parts[index : index + 2])


def _family(stack: AnyStackPlan) -> str:
    return FAMILIES.get(type(stack), "plain")


def _noun(kind: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower().replace("vpc ", "VPC ")
