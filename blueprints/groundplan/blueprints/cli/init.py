"""``groundplan init``."""

import json
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from groundplan.blueprints.errors import GroundplanError, InputError
from groundplan.blueprints.starting_points import (
    BLANK,
    Answers,
    sample_files,
    spec_text,
    starting_points,
)

SPEC, SCHEMA = "groundplan.yaml", "groundplan.schema.json"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--template",
    type=click.Choice(list(starting_points())),
    help="What to start from; all but blank have sample data. Default: blank, or asked on a terminal.",
)
@click.option("--project", metavar="NAME", help="Name of the project. Default: my-project.")
@click.option("--organization", metavar="NAME", help="Default: my-company.")
@click.option("--owner", metavar="EMAIL", help="Who is told of alarms. Default: nobody.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="[KEY=]ID",
    help="Twelve digits, for one account of the spec or for all; repeatable. Default: made up.",
)
@click.option("--region", metavar="REGION", help="Default: eu-west-1.")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "codepipeline"]),
    help="CI system of the repository. Default: github.",
)
@click.option("--repository", metavar="OWNER/NAME", help="What deploys. Default: people do.")
@click.option("--budget", type=click.IntRange(min=1), metavar="USD", help="A month. Default: none.")
@click.option("--yes", is_flag=True, help="Ask nothing, also on a terminal.")
def command(
    directory: Path,
    template: str | None,
    project: str | None,
    organization: str | None,
    owner: str | None,
    accounts: tuple[str, ...],
    region: str | None,
    ci: str | None,
    repository: str | None,
    budget: int | None,
    yes: bool,
) -> None:
    """Write a commented groundplan.yaml, ready to plan, its schema and sample data into DIRECTORY.

    On a terminal, without --template and --yes, it asks what is not given; in a pipe it never waits.
    """
    from groundplan.blueprints.cli.init_form import ask, checked

    given: dict[str, Any] = {
        "project": project,
        "organization": organization,
        "owner": owner,
        "region": region,
        "ci": ci,
        "repository": repository,
        "budget": budget,
    }
    known = {name: value for name, value in given.items() if value is not None}
    if ci is not None and repository is None:
        raise InputError("--ci", "needs a repository", got=ci, fix="give --repository too")
    _refuse_overwriting(directory, [SPEC, SCHEMA])
    if template is None and not yes and sys.stdin.isatty() and sys.stdout.isatty():
        answers = ask(directory, known, accounts)
    else:
        chosen = Answers(template=template or BLANK, **known)
        answers = checked(chosen, accounts)
    _write(directory, answers)


def _refuse_overwriting(directory: Path, paths: list[str]) -> None:
    for path in paths:
        if os.path.lexists(directory / path):
            raise GroundplanError(
                f"{directory / path}: would be overwritten, got an existing file; "
                "move it away, or choose another directory"
            )


def _write(directory: Path, answers: Answers) -> None:
    from groundplan.blueprints.generator.placing import place
    from groundplan.blueprints.spec import spec_schema

    schema = json.dumps(spec_schema(), indent=2, sort_keys=True) + "\n"
    samples = sample_files(answers.template)
    contents = {SPEC: spec_text(answers).encode(), SCHEMA: schema.encode(), **samples}
    _refuse_overwriting(directory, list(contents))
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    staged: Path | None = None
    written = False
    try:
        directory.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".groundplan.", dir=directory))
        for path, content in contents.items():
            file = staged / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        place(staged, directory, last=SPEC)
        written = True
    except OSError as exc:
        reason = (exc.strerror or type(exc).__name__).lower()
        raise InputError(
            str(directory), "cannot be written", got=reason, fix="choose another directory"
        ) from exc
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)
        for folder in missing if not written else []:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    _say_next(directory, bool(samples))


def _say_next(directory: Path, samples: bool) -> None:
    beside = f" and sample data in {directory / 'data'}" if samples else ""
    click.echo(f"wrote {directory / SPEC}, {directory / SCHEMA}{beside}")
    spec, out = shlex.quote(str(directory / SPEC)), shlex.quote(str(directory))
    click.echo("next:")
    click.echo(f"  groundplan plan {spec}")
    click.echo(f"  groundplan cost {spec}")
    click.echo(f"  groundplan generate {spec} --engine cdk --out {out}")
    if samples:
        click.echo(f"  groundplan rehearse {spec}")
    else:
        data = directory / "data"
        click.echo(
            f"  groundplan rehearse {spec}    # with CSV files in {data}/train and {data}/test"
        )
