"""The tables of docs/parity.md."""

from collections import Counter
from collections.abc import Iterable

from tests.parity.engines import Both, example
from tests_support import EXAMPLES

from groundplan.stacks.parity import DIFFERENCES, Change, Inventory, explain

HEAD = """# Parity of CDK and Pulumi

Both engines deploy the same plan. `python -m tests.parity` takes an inventory of what each of them deploys for every
example, compares them fact by fact, and writes this page; a test compares it. The inventories are taken from the
CloudFormation templates with every condition true, and from what the Pulumi programs register with a model to serve.
What AWS assigns is replaced by what it is the id of. A type, property or function that the comparison does not know is an
error, and so is any difference that the table below does not hold.

An item is a thing with an identity: a bucket with all its settings, a role with its policies. CDK and Pulumi make it of
a different number of resources.
"""
DIFFERENT = """
## What differs by nature

The numbers are items.

"""
REST = """
## What is not compared

- The order of deployments: CloudFormation and Pulumi derive it from references, and each engine's own tests hold the rest.
- Stage 0: both engines use the same template, in which the roles that deploy differ.
- What an engine leaves to AWS's default; both are compared by what they say.
"""


def page() -> str:
    """The whole page."""
    found = {name: example(name) for name in EXAMPLES}
    parts = [
        HEAD,
        "\n## Compared\n\n",
        _row("", *EXAMPLES),
        _row("---", *("---:" for _ in EXAMPLES)),
    ]
    for title, count in (
        ("resources of CDK", lambda both: both.cdk.resources),
        ("resources of Pulumi", lambda both: both.pulumi.resources),
        ("items of both", lambda both: len({*both.cdk.items} & {*both.pulumi.items})),
        ("items of CDK only", lambda both: len({*both.cdk.items} - {*both.pulumi.items})),
        ("items of Pulumi only", lambda both: len({*both.pulumi.items} - {*both.cdk.items})),
        ("items of both that differ by nature", differing),
    ):
        parts.append(_row(title, *(f"{count(found[name]):,}" for name in EXAMPLES)))
    parts += ["\n| kind | ", " | ".join(EXAMPLES), " |\n", _row("---", *("---:" for _ in EXAMPLES))]
    kinds = {name: _kinds(both.pulumi) for name, both in found.items()}
    cdk = {name: _kinds(both.cdk) for name, both in found.items()}
    for kind in sorted(
        {kind for both in found.values() for kind in _kinds(both.cdk)}
        | {kind for counts in kinds.values() for kind in counts}
    ):
        cells = [_pair(cdk[name][kind], kinds[name][kind]) for name in EXAMPLES]
        parts.append(_row(kind, *cells))
    parts += [
        "\nTwo numbers are those of CDK and of Pulumi.\n",
        DIFFERENT,
        _row("id", "what", "why", *EXAMPLES),
        _row("---", "---", "---", *("---:" for _ in EXAMPLES)),
    ]
    explained = {name: explain(both.changes)[0] for name, both in found.items()}
    for item in DIFFERENCES:
        counts = (str(len(_items(explained[name][item.id])) or "") for name in EXAMPLES)
        parts.append(_row(f"`{item.id}`", item.what, item.why, *counts))
    return "".join([*parts, REST])


def differing(both: Both) -> int:
    """Number of items of both engines that differ in some fact."""
    return len(_items(change for change in both.changes if change.path))


def _items(changes: Iterable[Change]) -> set[tuple[str, str]]:
    return {(change.kind, change.identity) for change in changes}


def _kinds(inventory: Inventory) -> Counter[str]:
    return Counter(item.kind for item in inventory.items.values())


def _pair(first: int, second: int) -> str:
    return str(first or "") if first == second else f"{first}, {second}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
