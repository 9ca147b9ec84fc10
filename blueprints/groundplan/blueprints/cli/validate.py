"""``groundplan validate``."""

from pathlib import Path

import click

from groundplan.blueprints.cli.options import spec_argument


@click.command()
@spec_argument
def command(spec: Path) -> None:
    """Check SPEC, a YAML or JSON file, and show every mistake in it.

    Each mistake is a line `file:line:column: path: problem, got value; fix`. What AWS would refuse
    is found here too. Exit 0 when there is none, else 2.
    """
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    loaded = load_spec(spec)
    plan(loaded)
    models, environments = len(loaded.models), len(loaded.environments)
    click.echo(
        f"{spec}: valid; project {loaded.project}, {_count(environments, 'environment')}, "
        f"{_count(models, 'model')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
