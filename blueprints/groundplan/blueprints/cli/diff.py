"""``groundplan diff``."""

import json
from pathlib import Path
from typing import Any

import click

from groundplan.blueprints.cli.options import echo_json, format_option, print_table
from groundplan.blueprints.errors import GroundplanError


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
@format_option
def command(old: Path, new: Path, allowed: tuple[str, ...], output: str) -> None:
    """Show what changes from OLD to NEW, each a spec or a plan as JSON.

    Exit 1 when data would be lost or left behind and the resource is not named by --allow-replace.
    """
    from groundplan.blueprints.diff import compare
    from groundplan.blueprints.diff.changes import SIGNS

    result = compare(_plan(old), _plan(new))
    known = {change.id for change in result.changes}
    for id in allowed:
        if id not in known:
            raise GroundplanError(
                f"--allow-replace: nothing of that id changes, got {id!r}; "
                "use an id from the table, or leave it out"
            )
    refused = result.refused(allowed)
    if output == "json":
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
                "refused": [change.id for change in refused],
            }
        )
    elif not result.changes:
        click.echo("nothing changes")
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
    for change in refused:
        click.echo(
            f"{change.id}: would be {change.kind} and lose what it holds, got {change.type}; "
            f"keep it, or accept it with --allow-replace {change.id}",
            err=True,
        )
    if refused:
        raise click.exceptions.Exit(1)


def _plan(path: Path) -> dict[str, Any]:
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.plan.ref import to_json
    from groundplan.blueprints.spec import load_spec

    if path.suffix == ".json":
        try:
            stored = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            stored = None  # load_spec says what is wrong with the file
        if isinstance(stored, dict) and stored.get("$type") == "Plan":
            return stored
    result: dict[str, Any] = to_json(plan(load_spec(path)))
    return result
