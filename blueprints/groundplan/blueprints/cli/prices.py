"""``groundplan prices import`` and ``groundplan prices show``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import echo_json, format_option, print_table

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_rows import Row

_PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Prices of AWS: import its bulk files, show what is known."""


@command.command("import", short_help="Write one small file from AWS's bulk files.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("--out", type=_PATH, default="prices.csv", show_default=True, help="File to write.")
@click.option("--region", "regions", multiple=True, help="Keep only this region; repeat for more.")
@click.option("--add", is_flag=True, help="Keep what --out has and the files do not.")
@format_option
def import_(
    files: tuple[Path, ...], out: Path, regions: tuple[str, ...], add: bool, output: str
) -> None:
    """Write the prices of AWS's bulk files to one small file, whole or not at all.

    Each FILE is an index.json, as downloaded from pricing.us-east-1.amazonaws.com: an offer of
    AmazonSageMaker, or the rates of AWSMachineLearningSavingsPlans. Name the result in the spec
    as cost.prices.
    """
    from groundplan.blueprints.catalogue.price_import import import_prices
    from groundplan.blueprints.catalogue.price_import.reading import BACKEND

    with _progress(files) as advance:
        done = import_prices(files, out, regions=regions, add=add, advance=advance)
    if done.backend != BACKEND:
        click.echo(
            f"ijson has no {BACKEND} here, so {done.backend} read the files, slowly", err=True
        )
    if output == "json":
        echo_json({"kept": done.kept, "out": str(out), "skipped": dict(done.skipped)})
        return
    left_out = sum(done.skipped.values())
    click.echo(f"{out}: kept {done.kept} prices, skipped {left_out} rows")
    for reason, count in done.skipped.items():
        click.echo(f"  {count} {reason}")


@command.command()
@click.option("--instance", help="Only this instance type, or this price of a service.")
@click.option("--region", help="Only this region.")
@click.option("--component", help="Only this component, or service for all that is no instance.")
@click.option(
    "--prices", "extra", type=_PATH, help="File of prices of your own, as in cost.prices."
)
@format_option
def show(
    instance: str | None,
    region: str | None,
    component: str | None,
    extra: Path | None,
    output: str,
) -> None:
    """Show the prices that are known, with source, date and confidence.

    Exit 1 when none is known.
    """
    from groundplan.blueprints.catalogue import instance_types, regions
    from groundplan.blueprints.catalogue.price_book import price_book
    from groundplan.blueprints.catalogue.price_rows import SERVICE
    from groundplan.blueprints.catalogue.prices import COMPONENTS, SERVICES

    rows = price_book(extra).rows()
    wanted = {"name": instance, "component": component, "region": region}
    known = {
        "name": {*instance_types(), *SERVICES},
        "component": {*COMPONENTS, SERVICE},
        "region": set(regions()),
    }
    for column, value in wanted.items():
        if value is not None:
            options = known[column] | {getattr(row, column) for row in rows}
            option = "instance" if column == "name" else column
            _check(option, value, options)
            rows = tuple(row for row in rows if getattr(row, column) == value)
    if output == "json":
        echo_json([row._asdict() for row in rows])
    elif rows:
        print_table(
            f"{len(rows)} prices in USD, an hour for instances",
            ["name", "component", "region", "term", "usd", "date", "confidence", "source"],
            [_cells(row) for row in rows],
        )
    if not rows:
        asked = " ".join(value for value in wanted.values() if value is not None)
        click.echo(
            f"prices: none is known, got {asked!r}; import AWS's own with `groundplan prices "
            "import`, and name that file with --prices",
            err=True,
        )
        raise click.exceptions.Exit(1)


def _cells(row: "Row") -> list[str]:
    term = f"{row.term_years} y {row.payment}" if row.payment else "on demand"
    if row.component == "service":
        term = ""
    return [
        row.name,
        row.component,
        row.region,
        term,
        row.usd,
        row.date,
        row.confidence,
        row.source,
    ]


def _check(option: str, value: str, known: set[str]) -> None:
    from groundplan.blueprints.catalogue import suggest

    if value not in known:
        near = suggest(value, sorted(known))
        fix = f"did you mean {near!r}?" if near else "leave it out to see all"
        raise click.UsageError(f"--{option}: no such {option}, got {value!r}; {fix}")


@contextmanager
def _progress(files: tuple[Path, ...]) -> Iterator[Callable[[int], object]]:
    """Show on a terminal how much was read; in a pipe, show nothing."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        # A file is read once for its products and once for its prices.
        sizes = [path.stat().st_size for path in files if path.is_file()]
        task = progress.add_task("reading", total=2 * sum(sizes))
        yield lambda count: progress.advance(task, count)
