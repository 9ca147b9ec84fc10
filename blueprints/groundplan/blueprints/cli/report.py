"""``groundplan report``."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import engine_option, progress, spec_argument
from groundplan.blueprints.errors import InputError

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine
    from groundplan.blueprints.report import Changes, Content


@click.command()
@spec_argument
@click.option(
    "--out",
    required=True,
    metavar="FILE.html",
    type=click.Path(path_type=Path),
    help="File to write; one that is there is replaced.",
)
@click.option(
    "--since",
    metavar="OLD",
    type=click.Path(path_type=Path),
    help="Show what changed since OLD: a spec, a plan as JSON, or a generated repository.",
)
@engine_option
def command(spec: Path, out: Path, since: Path | None, engine: "Engine") -> None:
    """Write one HTML file about the project in SPEC: accounts, pipelines, proof, cost, changes.

    The file needs no network and no script, and is the same bytes for the same input. It is written
    whole or not at all. A claim that does not hold is shown and named on stderr, but only `groundplan
    prove` ends with 1 for it.
    """
    from groundplan.blueprints.cli.cost import prices_of
    from groundplan.blueprints.cli.cost_files import write_file
    from groundplan.blueprints.spec import load_spec
    from groundplan.pipelines.drawing import graphviz

    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            "--out", "is no HTML file", got=str(out), fix="name a file that ends in .html"
        )
    loaded = load_spec(spec)
    with _without_collections(), progress() as say:
        from groundplan.blueprints.report import content, page

        found = content(
            loaded,
            source=spec.read_text("utf-8"),
            file_name=spec.name,
            book=prices_of(loaded, spec),
            engine=engine,
            progress=say,
        )
        if since is not None:
            say(f"comparing with {since}")
            found = found.with_changes(_changes(found, since, engine))
        say("drawing")
        text = page(found)
    write_file(out, text)
    if graphviz() is None:
        click.echo(
            "the diagrams are left out, since there is no Graphviz; pip install "
            "'groundplan[pictures]'",
            err=True,
        )
    failed = [result.id for result in found.proof.results if not result.verdict.holds]
    if failed:
        click.echo(f"does not hold: {', '.join(failed)}", err=True)
    click.echo(f"wrote {out} ({len(text.encode()) / 1024:,.0f} KiB)")


def _changes(found: "Content", since: Path, engine: "Engine") -> "Changes":
    from groundplan.blueprints.cli.diff import Side, cost_change_of, read_side
    from groundplan.blueprints.diff import compare, compare_permissions
    from groundplan.blueprints.plan.ref import to_json
    from groundplan.blueprints.report import Changes

    old = read_side(since, engine)
    new = Side(to_json(found.plan), found.plan, found.spec, found.cost.costs[0].book)
    return Changes(
        since=str(since) if not since.is_absolute() else "/".join(since.parts[-2:]),
        resources=compare(old.plan, new.plan),
        permissions=compare_permissions(old.plan, new.plan),
        cost=cost_change_of(old, new),
    )


@contextmanager
def _without_collections() -> Iterator[None]:
    """Look for no garbage: nearly all that is made is kept until the page is written."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.freeze()  # nor when it is written: the process ends with it
            gc.enable()
