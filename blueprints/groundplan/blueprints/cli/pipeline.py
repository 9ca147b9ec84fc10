"""``groundplan pipeline``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import engine_option, print_table, spec_argument
from groundplan.blueprints.errors import EnvironmentFault, InputError
from groundplan.pipelines import ORCHESTRATORS, Artifact, Orchestrator, Pipeline, PipelineError

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine


@click.command()
@spec_argument
@click.option(
    "--orchestrator",
    type=click.Choice(ORCHESTRATORS),
    help="Compile for this orchestrator. Default: step_functions.",
)
@click.option(
    "--format",
    "picture",
    type=click.Choice(["mermaid", "svg"]),
    help="Draw the pipelines instead of compiling them.",
)
@click.option(
    "--without",
    metavar="STEPS",
    help="Leave out these steps, joined by commas, where an orchestrator cannot express them.",
)
@engine_option
@click.option("--name", "only", help="Only the pipeline of this name, or whose name ends with it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to write, one file a pipeline; must not exist yet.",
)
def command(
    spec: Path,
    orchestrator: Orchestrator | None,
    picture: str | None,
    without: str | None,
    only: str | None,
    engine: "Engine",
    out: Path | None,
) -> None:
    """List, draw or compile the pipelines of the project in SPEC.

    Without options: a table of them. With --orchestrator or --format: their definitions or
    pictures, in the directory --out, or on stdout where --name picks one.

    \b
    groundplan pipeline groundplan.yaml
    groundplan pipeline groundplan.yaml --format mermaid --name training
    groundplan pipeline groundplan.yaml --format svg --out pictures
    groundplan pipeline groundplan.yaml --orchestrator airflow --out dags

    Releases, and what reacts to events, stay in Step Functions, which the stacks deploy.
    """  # noqa: D301
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    loaded = load_spec(spec)
    found: list[Pipeline] = []

    def note(pipeline: Pipeline) -> Pipeline:
        found.append(pipeline)
        return pipeline

    plan(loaded, edit=note, engine=engine)
    chosen = _chosen(found, only)
    if without is not None:
        chosen = [_without(pipeline, without.split(",")) for pipeline in chosen]
    if orchestrator is None and picture is None and out is None:
        _list(loaded.project, chosen)
        return
    if picture is not None and orchestrator is not None:
        raise InputError(
            "--format",
            "draws a pipeline, and --orchestrator compiles it",
            got=picture,
            fix="give one of the two",
        )
    if picture is None and orchestrator not in (None, "step_functions") and only is None:
        chosen = _movable(chosen, str(orchestrator))
    if out is None and len(chosen) > 1:
        raise InputError(
            "--out",
            f"{len(chosen)} pipelines do not fit on stdout",
            got=None,
            fix="name a directory with --out, or one pipeline with --name",
        )
    files = [_rendered(pipeline, picture, orchestrator or "step_functions") for pipeline in chosen]
    for artifact in files:
        for text in artifact.notes:
            click.echo(f"{artifact.file_name}: {text}", err=True)
    if out is None:
        click.echo(files[0].text, nl=not files[0].text.endswith("\n"))
        return
    _write(out, files)
    click.echo(f"wrote {len(files)} {'file' if len(files) == 1 else 'files'} to {out}")


def _chosen(found: list[Pipeline], only: str | None) -> list[Pipeline]:
    exact = [pipeline for pipeline in found if pipeline.name == only]
    chosen = exact or [item for item in found if only is None or item.name.endswith(f"-{only}")]
    if not chosen:
        names = ", ".join(pipeline.name for pipeline in found)
        raise InputError("--name", "no such pipeline", got=only, fix=f"use one of {names}")
    return chosen


def _without(pipeline: Pipeline, named: list[str]) -> Pipeline:
    known = {step.id for step in (*pipeline.steps, *pipeline.on_failure)}
    return pipeline.without(*(name for name in named if name in known))


def _movable(pipelines: list[Pipeline], orchestrator: str) -> list[Pipeline]:
    """Those that can leave Step Functions; the others are named, with the reason."""
    from groundplan.pipelines.programs import REFUSED

    movable = []
    for pipeline in pipelines:
        kept = [step for step in (*pipeline.steps, *pipeline.on_failure) if type(step) in REFUSED]
        if kept:
            click.echo(
                f"{pipeline.name} stays in Step Functions: {REFUSED[type(kept[0])]}", err=True
            )
        else:
            movable.append(pipeline)
    if not movable:
        raise InputError(
            "--orchestrator",
            "every chosen pipeline stays in Step Functions",
            got=orchestrator,
            fix="use step_functions",
        )
    return movable


def _rendered(pipeline: Pipeline, picture: str | None, orchestrator: Orchestrator) -> Artifact:
    from groundplan.pipelines import compile_for
    from groundplan.pipelines.drawing import graphviz, mermaid, svg

    if picture == "mermaid":
        return Artifact(file_name=f"{pipeline.name}.mmd", text=mermaid(pipeline))
    if picture == "svg":
        if graphviz() is None:
            raise EnvironmentFault(
                "--format",
                "drawing an SVG needs Graphviz",
                got="neither graphviz-pure nor dot",
                fix="pip install 'groundplan[pictures]', or use --format mermaid",
            )
        return Artifact(file_name=f"{pipeline.name}.svg", text=svg(pipeline))
    try:
        return compile_for(orchestrator, pipeline)
    except PipelineError as exc:
        place = f"{pipeline.name}.{exc.path}"
        raise PipelineError(place, exc.problem, got=exc.got, fix=exc.fix) from exc


def _write(out: Path, files: list[Artifact]) -> None:
    """Write all files or none: they appear with the directory."""
    import tempfile

    if out.exists():
        raise InputError(
            str(out), "would be overwritten", got="an existing path", fix="name a new directory"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as made:
        folder = Path(made) / "files"
        folder.mkdir()
        for artifact in files:
            (folder / artifact.file_name).write_text(artifact.text, encoding="utf-8")
        folder.rename(out)


def _list(project: str, pipelines: list[Pipeline]) -> None:
    rows = [
        [
            pipeline.name,
            ", ".join(step.id for step in pipeline.order()),
            ", ".join(step.id for step in pipeline.on_failure),
            ", ".join(parameter.name for parameter in pipeline.parameters),
        ]
        for pipeline in pipelines
    ]
    print_table(
        f"{project}: {len(rows)} pipelines",
        ["pipeline", "steps", "after a failure", "parameters"],
        rows,
    )
