"""Arguments and helpers that commands share."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from groundplan.blueprints.errors import EnvironmentFault

spec_argument = click.argument("spec", type=click.Path(path_type=Path))
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What to print on stdout.",
)

engine_option = click.option(
    "--engine",
    type=click.Choice(["cdk", "pulumi"]),
    default="cdk",
    show_default=True,
    help="What deploys: releases, roles of deployments and builds of images differ.",
)

_LOG_COLUMNS = 100
"""Width of a table's rule in a pipe."""


def echo_json(value: Any) -> None:
    """Print ``value`` as sorted, indented JSON."""
    click.echo(json.dumps(value, indent=2, sort_keys=True))


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table, as wide as the terminal, or unwrapped in a pipe."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    terminal = Console(highlight=False)
    console = terminal if terminal.is_terminal else Console(highlight=False, width=10_000)
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    if console is terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():  # logs wrap, and widest cells are hundreds wide
        rule = not line.strip(" ─") and bool(line.strip())
        click.echo((line[:_LOG_COLUMNS] if rule else line).rstrip())


def need_extra(module: str, extra: str) -> None:
    """Refuse to go on without an optional part of the installation.

    Raises:
        EnvironmentFault: If ``module`` cannot be imported.
    """
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise EnvironmentFault(
            "installation",
            f"this command needs the extra {extra!r}",
            got=f"no module {module}",
            fix=f"pip install 'groundplan[{extra}]'",
        )


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that says what is done, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("planning") as status:
        yield lambda text: status.update(text)
