"""``groundplan rehearse``."""

from pathlib import Path

import click

from groundplan.blueprints.cli.options import (
    echo_json,
    format_option,
    need_extra,
    print_table,
    spec_argument,
)
from groundplan.blueprints.plan.engine import ENGINES, Engine


@click.command()
@spec_argument
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="cdk",
    show_default=True,
    help="What deploys.",
)
@click.option(
    "--faults",
    is_flag=True,
    help="Also no spot capacity, bad data, a changed spec and a missed gate.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the assembly, the jobs' folders and logs here.",
)
@format_option
def command(spec: Path, engine: Engine, faults: bool, keep: Path | None, output: str) -> None:
    """Deploy all accounts of SPEC onto an embedded AWS emulator and run the project's life.

    Day 0 with the real CDK CLI or with the Pulumi programs, a second deployment without change,
    training, a release, failed releases, teardown. Needs no AWS account; nothing leaves this machine. Exit 1 when something
    differs from what was planned.
    """
    from groundplan.blueprints.spec import load_spec

    load_spec(spec)
    need_extra("moto", "rehearsal")
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from groundplan.stacks.rehearsal import RehearsalOptions, rehearse

    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task("starting", total=None)
        report = rehearse(
            spec,
            RehearsalOptions(engine=engine, faults=faults, keep=keep),
            say=lambda text: bars.update(task, description=text),
            done=lambda phase: bars.console.print(
                f"{'x' if phase.problems else '✓'} {phase.name}: {phase.detail}", highlight=False
            ),
        )
    if output == "json":
        echo_json(report.to_json())
    else:
        print_table(
            f"rehearsal of {report.project}",
            ["", "phase", "seen"],
            [["x" if phase.problems else "✓", phase.name, phase.detail] for phase in report.phases],
        )
        click.echo("not covered by an emulator:")
        for item in report.uncovered:
            click.echo(f"  - {item}")
    for problem in report.problems:
        click.echo(problem, err=True)
    if report.problems:
        raise click.exceptions.Exit(1)
