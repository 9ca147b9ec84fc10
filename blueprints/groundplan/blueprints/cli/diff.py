"""``groundplan diff``."""

import json
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from groundplan.blueprints.cli.cost import Usd
from groundplan.blueprints.cli.options import (
    echo_json,
    engine_option,
    format_option,
    print_table,
)
from groundplan.blueprints.errors import GroundplanError, InputError

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.cost.change import CostChange
    from groundplan.blueprints.cost.lines import CostLine
    from groundplan.blueprints.plan import Plan
    from groundplan.blueprints.plan.engine import Engine
    from groundplan.blueprints.spec import ProjectSpec


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--allow-replace",
    "allowed",
    multiple=True,
    metavar="ID",
    help="Accept that this resource is replaced or deleted; repeat for more.",
)
@click.option(
    "--max-increase",
    "most",
    type=Usd(),
    help="Greatest increase of the cost, USD a month; needs specs on both sides.",
)
@click.option(
    "--fail-on-widened",
    "strict",
    is_flag=True,
    help="Exit 1 when a permission is widened, or a role is new.",
)
@click.option(
    "--allow-widened",
    "wider",
    multiple=True,
    metavar="ID",
    help="Accept wider permissions of this role or policy; repeat for more.",
)
@click.option(
    "--all-permissions",
    "everything",
    is_flag=True,
    help="List narrowed permissions, and those that concern what is new, too.",
)
@engine_option
@format_option
def command(
    old: Path,
    new: Path,
    allowed: tuple[str, ...],
    most: Decimal | None,
    strict: bool,
    wider: tuple[str, ...],
    everything: bool,
    engine: "Engine",
    output: str,
) -> None:
    """Show what changes from OLD to NEW, each a spec or a plan as JSON, which has its own engine.

    A directory stands for the spec that `groundplan generate` or `update` rendered it from last. It
    names resources, and every permission that is wider than before; between two specs the change
    in cost, too. Exit 1 when data would be lost or left behind and the resource is not named by
    --allow-replace, the cost grows by more than --max-increase, or, with --fail-on-widened, a
    permission is wider and its role or policy is not named by --allow-widened.
    """
    from groundplan.blueprints.cli.diff_permissions import permissions_json, show_permissions
    from groundplan.blueprints.diff import compare, compare_permissions
    from groundplan.blueprints.diff.changes import SIGNS

    before, after = read_side(old, engine), read_side(new, engine)
    result = compare(before.plan, after.plan)
    permissions = compare_permissions(before.plan, after.plan)
    cost = cost_change_of(before, after)
    if cost is None and most is not None:
        raise InputError(
            "--max-increase",
            "a stored plan does not say what it costs",
            got=str(old if before.spec is None else new),
            fix="compare two specs",
        )
    _check_known("--allow-replace", allowed, {change.id for change in result.changes})
    _check_known("--allow-widened", wider, permissions.refused())
    refused = result.refused(allowed)
    widened = permissions.refused(wider) if strict else ()
    if output == "json":
        from groundplan.blueprints.cost.change import change_json

        echo_json(
            {
                "changes": [
                    {
                        "kind": change.kind,
                        "id": change.id,
                        "type": change.type,
                        "fields": list(change.fields),
                        "loses_data": change.loses_data,
                        "note": change.note,
                    }
                    for change in result.changes
                ],
                "cost": None if cost is None else change_json(cost),
                "permissions": permissions_json(permissions, widened),
                "refused": [change.id for change in refused],
            }
        )
    elif not result.changes:
        click.echo("no resource of the stacks changes" if permissions else "nothing changes")
    else:
        print_table(
            f"{len(result.changes)} changes",
            ["", "resource", "type", "what"],
            [
                [
                    SIGNS[change.kind],
                    change.id,
                    change.type,
                    "; ".join(
                        part
                        for part in (
                            ", ".join(change.fields),
                            "LOSES DATA" if change.loses_data else "",
                            change.note or "",
                        )
                        if part
                    ),
                ]
                for change in result.changes
            ],
        )
    if output != "json" and cost is not None and (result.changes or cost.lines):
        _show_cost(cost)
    if output != "json" and (result.changes or permissions):
        show_permissions(permissions, everything=everything)
    for change in refused:
        click.echo(
            f"{change.id}: would be {change.kind} and lose what it holds, got {change.type}; "
            f"keep it, or accept it with --allow-replace {change.id}",
            err=True,
        )
    exceeded = cost is not None and most is not None and cost.increase > most
    if cost is not None and most is not None and exceeded:
        click.echo(
            f"--max-increase: the cost grows too much, got {cost.increase} USD a month; "
            f"raise it from {most:.2f}, or change less",
            err=True,
        )
    if cost is not None and most is not None and cost.unpriced:
        click.echo(
            f"--max-increase: does not count lines without a price: {', '.join(cost.unpriced)}",
            err=True,
        )
    for id in widened:
        click.echo(
            f"--fail-on-widened: may do more than before, got {id}; "
            f"narrow it, or accept it with --allow-widened {id}",
            err=True,
        )
    if refused or exceeded or widened:
        raise click.exceptions.Exit(1)


def _check_known(option: str, ids: Collection[str], known: Collection[str]) -> None:
    for id in ids:
        if id not in known:
            raise GroundplanError(
                f"{option}: nothing of that id changes, got {id!r}; "
                "use an id from the table, or leave it out"
            )


class Side(NamedTuple):
    """One side of the comparison."""

    plan: dict[str, Any]
    """The plan as plain JSON."""

    decided: "Plan | None"
    """The plan; None where it was stored."""

    spec: "ProjectSpec | None"
    """The spec; None where a plan was stored."""

    book: "PriceBook | None"
    """Prices that the spec is computed from; None where a plan was stored."""


def read_side(path: Path, engine: "Engine") -> Side:
    """Read a spec, a plan as JSON, or what a generated repository was rendered from.

    Raises:
        SpecErrors: If the spec has mistakes.
        InputError: If the repository's own files are damaged, or a file of prices cannot be read.
    """
    if path.is_dir():
        return _repository_side(path, engine)
    if path.suffix == ".json":
        try:
            stored = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            stored = None  # load_spec says what is wrong with the file
        if isinstance(stored, dict) and stored.get("$type") == "Plan":
            return Side(stored, None, None, None)
    return _spec_side(path, engine)


def _spec_side(path: Path, engine: "Engine") -> Side:
    from groundplan.blueprints.cli.cost import prices_of
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.plan.ref import to_json
    from groundplan.blueprints.spec import load_spec

    spec = load_spec(path)
    decided = plan(spec, engine=engine)
    return Side(to_json(decided), decided, spec, prices_of(spec, path))


def _repository_side(directory: Path, engine: "Engine") -> Side:
    """Read what a repository was rendered from last, whatever its spec says by now."""
    import tempfile
    import zipfile

    from groundplan.blueprints.generator.lock import BASE, SPEC, read_lock, unpack

    if not (directory / BASE).is_file():
        return _spec_side(directory / SPEC, engine)
    engine = read_lock(directory).engine
    try:
        tree = unpack((directory / BASE).read_bytes())
    except (OSError, zipfile.BadZipFile) as exc:
        raise InputError(
            str(directory / BASE),
            "cannot be read",
            got=f"{type(exc).__name__}: {exc}",
            fix="take it from the last commit",
        ) from exc
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        for name, content in tree.items():
            target = (folder / name).resolve()
            if target.is_relative_to(folder):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        return _spec_side(folder / SPEC, engine)


def cost_change_of(old: Side, new: Side) -> "CostChange | None":
    """Return the change in cost; None where a side is a stored plan."""
    from groundplan.blueprints.cost.change import cost_change
    from groundplan.blueprints.cost.project import project_cost

    costs = [
        project_cost(side.spec, side.decided, side.book)
        for side in (old, new)
        if side.spec is not None and side.decided is not None and side.book is not None
    ]
    return cost_change(*costs) if len(costs) == 2 else None


def _show_cost(cost: "CostChange") -> None:
    from groundplan.blueprints.cost.lines import span

    if not cost.lines:
        click.echo("the cost does not change")
        return

    def amount(line: "CostLine | None") -> str:
        if line is None:
            return ""
        if line.usd_least is None or line.usd_most is None:
            return f"? ({span(line.least, line.most)} {line.unit}s)"
        return span(line.usd_least, line.usd_most)

    def change(least: Decimal | None, most: Decimal | None) -> str:
        if least is None or most is None:
            return "?"
        return f"{least:+,.2f}" if least == most else f"{least:+,.2f} to {most:+,.2f}"

    print_table(
        f"cost: {change(cost.usd_least, cost.usd_most)} USD a month on demand",
        ["line", "before", "after", "change"],
        [
            [line.id, amount(line.old), amount(line.new), change(line.usd_least, line.usd_most)]
            for line in cost.lines
        ],
    )
    if cost.unpriced:
        click.echo("? no price is known, so these lines are in no sum")
