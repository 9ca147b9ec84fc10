"""``groundplan rehearse``."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from groundplan.blueprints.cli.options import (
    echo_json,
    format_option,
    need_extra,
    print_table,
    spec_argument,
)
from groundplan.blueprints.errors import EnvironmentFault, InputError
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
    differs from what was planned. An image whose folder is not there yet has the programs that
    `groundplan generate` would write.
    """
    from groundplan.blueprints.spec import load_spec

    load_spec(spec)
    need_extra("moto", "rehearsal")
    with _terminated_as_interrupted(), _beside_programs(spec, engine) as beside:
        _rehearse(beside, engine, faults=faults, keep=keep, output=output)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """End the jobs and endpoints that run as processes also when a CI system cancels the rehearsal."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _rehearse(spec: Path, engine: Engine, *, faults: bool, keep: Path | None, output: str) -> None:
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
                f"{'x' if phase.problems else '✓'} {phase.name}: {phase.detail}",
                highlight=False,
                markup=False,
                soft_wrap=True,
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


@contextmanager
def _beside_programs(spec: Path, engine: Engine) -> Iterator[Path]:
    """Yield a spec with the programs of all images beside it: itself, or that of a repository for now.

    Raises:
        EnvironmentFault: If what the programs import is not installed.
    """
    import tempfile
    from importlib.util import find_spec

    from groundplan.blueprints.generator import context, generate
    from groundplan.blueprints.generator.generate import found_contexts
    from groundplan.blueprints.plan.project import plan
    from groundplan.blueprints.spec import load_spec

    loaded = load_spec(spec)
    own = frozenset(found_contexts(loaded, spec.parent))
    known = context(loaded, plan(loaded, engine=engine), own_contexts=own)
    rendered = [image for image in known.images if image.rendered]
    if not rendered:
        yield spec
        return
    torch = [image.name for image in rendered if image.family != "tabular"]
    if torch and find_spec("torch") is None:
        raise EnvironmentFault(
            "installation",
            f"the programs of image {torch[0]} are written for PyTorch",
            got="no module torch",
            fix=f"pip install torch=={known.pins['torch']}",
        )
    with tempfile.TemporaryDirectory(prefix="groundplan.") as scratch:
        made = generate(spec, Path(scratch) / "repository", engine=engine).directory
        try:
            yield made / "groundplan.yaml"
        except InputError as exc:  # of what is missing beside the spec, and was not copied
            path = exc.path.replace(str(made), str(spec.parent))
            raise InputError(path, exc.problem, got=exc.got, fix=exc.fix) from exc
