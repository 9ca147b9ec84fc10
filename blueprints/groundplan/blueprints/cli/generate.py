"""``groundplan generate``."""

import shlex
from pathlib import Path
from typing import Literal

import click

from groundplan.blueprints.cli.options import spec_argument


@click.command()
@spec_argument
@click.option(
    "--engine",
    type=click.Choice(["cdk", "pulumi"]),
    required=True,
    help="What deploys: the programs, their dependencies and the CI files differ.",
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="NAME",
    help="Environment that the repository is for; repeatable. Default: all, and tooling.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory to make.",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of your own templates: they replace shipped ones of the same path, or add to them.",
)
def command(
    spec: Path,
    engine: Literal["cdk", "pulumi"],
    environments: tuple[str, ...],
    out: Path,
    templates: Path | None,
) -> None:
    """Write a repository of its own for the project in SPEC: programs, CI, ML code, tests, docs.

    The team owns it from then on. After a change of the spec, or of groundplan's version,
    `groundplan update` renders it again and keeps what the team wrote.
    """
    from groundplan.blueprints.generator import generate

    made = generate(spec, out, engine=engine, environments=environments, templates=templates)
    names = ", ".join(item.name for item in made.context.environments)
    click.echo(
        f"wrote {made.directory}: {len(made.rendered)} files from templates"
        + (f", {len(made.copied)} from {spec.parent}/" if made.copied else "")
        + f"; {engine} programs of {names}"
    )
    yours = sorted({f"{image.context}/" for image in made.context.images if not image.rendered})
    if yours:
        click.echo(f"yours: {', '.join(yours)} had files, so no programs are rendered there")
    there = "" if made.directory == Path() else f"cd {shlex.quote(str(made.directory))} && "
    click.echo(f"next: {there}make test && make rehearse")
