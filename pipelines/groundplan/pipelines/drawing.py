"""Pictures of a pipeline: Mermaid for where text is rendered, Graphviz for an SVG."""

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import Condition, ProcessingJob, Step, TrainingJob, TuningJob
from groundplan.pipelines.values import NumberOutput, Parameter, TextOutput

FAMILIES = {
    "job": {"BatchScoring", "BatchTransform", "ProcessingJob", "TrainingJob", "TuningJob"},
    "gate": {"Approval", "Bake", "ChampionGate", "FairnessGate", "MetricGate", "QualityGate"}
    | {"SkewTest"},
    "registry": {"FindChampion", "FindModel", "ReadModel", "RecordModel", "RegisterModel"},
}
"""Kinds of steps that a picture tells apart by colour and shape; the others are plain."""

GRAPHVIZ = ("graphviz-pure", "dot")
_SIGNS = {"equals": "=", "not_equals": "≠", "less_than": "<", "at_least": "≥"}
_SHAPES = {"job": ("[", "]"), "gate": ("{{", "}}"), "registry": ("[(", ")]"), "plain": ("(", ")")}
_DOT_SHAPES = {"job": "box", "gate": "hexagon", "registry": "cylinder", "plain": "box"}
_STYLE = """
svg { color: #1b1f24; background: #ffffff; font-family: system-ui, sans-serif; }
text { fill: currentColor; stroke: none; }
polygon, path, ellipse { stroke: currentColor; fill: none; }
.edge polygon { fill: currentColor; }
.job polygon, .job path { fill: #dbe9ff; }
.gate polygon, .gate path { fill: #ffe7c2; }
.registry polygon, .registry path { fill: #d9f2dd; }
.plain polygon, .plain path { fill: #eef0f3; }
.cluster polygon { stroke: #b3261e; stroke-dasharray: 4 3; fill: none; }
@media (prefers-color-scheme: dark) {
  svg { color: #e6edf3; background: #0d1117; }
  .job polygon, .job path { fill: #17335c; }
  .gate polygon, .gate path { fill: #553910; }
  .registry polygon, .registry path { fill: #16442a; }
  .plain polygon, .plain path { fill: #2a2f37; }
  .cluster polygon { stroke: #ff8a80; }
}
"""


def mermaid(pipeline: Pipeline) -> str:
    """The pipeline as a Mermaid flow chart; steps that run after a failure stand apart."""
    lines = ["flowchart TD", f"  %% {pipeline.name}"]
    lines += [f"  {_mermaid_node(step)}" for step in pipeline.order()]
    for start, end, condition in _reduced(pipeline):
        label = f'|"{_escaped(condition)}"|' if condition else ""
        lines.append(f"  {start} {'-.->' if label else '-->'}{label} {end}")
    if pipeline.on_failure:
        lines.append('  subgraph on_failure ["when a step has failed"]')
        lines += [f"    {_mermaid_node(step)}" for step in pipeline.on_failure]
        lines += [f"    {start} --> {end}" for start, end in _pairs(pipeline.on_failure)]
        lines.append("  end")
    return "\n".join(lines) + "\n"


def dot(pipeline: Pipeline) -> str:
    """The pipeline in Graphviz's language; a node's class names its family."""
    lines = [
        "digraph pipeline {",
        '  rankdir=TB; bgcolor="transparent"; fontname="Helvetica"; fontsize=12;',
        '  node [fontname="Helvetica" fontsize=12 style="rounded" margin="0.18,0.08"];',
        '  edge [fontname="Helvetica" fontsize=10];',
        *(f"  {_dot_node(step)}" for step in pipeline.order()),
    ]
    for start, end, condition in _reduced(pipeline):
        style = f' [style=dashed label="  {_quoted(condition)}"]' if condition else ""
        lines.append(f"  {start} -> {end}{style};")
    if pipeline.on_failure:
        lines += ["  subgraph cluster_on_failure {", '    label="when a step has failed";']
        lines += [f"    {_dot_node(step)}" for step in pipeline.on_failure]
        lines += [f"    {start} -> {end};" for start, end in _pairs(pipeline.on_failure)]
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def svg(pipeline: Pipeline) -> str:
    """The pipeline as an SVG file that follows the reader's light or dark mode.

    Raises:
        PipelineError: If Graphviz refuses the picture.
    """
    drawn = inline_svg(pipeline)
    return re.sub(r"(</desc>)", rf"\1<style>{_STYLE}</style>", drawn, count=1)


def inline_svg(pipeline: Pipeline) -> str:
    """The pipeline as an SVG element for a page, which colours it by the classes of its nodes.

    Raises:
        PipelineError: If Graphviz refuses the picture.
    """
    described = " then ".join(step.id for step in pipeline.order())
    return drawn(dot(pipeline), name=pipeline.name, title=pipeline.name, described=described)


def drawn(source: str, *, name: str, title: str, described: str) -> str:
    """Graphviz's language as an SVG element without colours, to be put into a page or a file.

    Args:
        source: What is drawn.
        name: Comes before every id, so that several pictures fit on a page.
        title: Name for a reader.
        described: What a reader hears who does not see it.

    Raises:
        PipelineError: If Graphviz refuses the picture.
    """
    done = subprocess.run(
        [graphviz() or GRAPHVIZ[-1], "-Tsvg"],
        input=source.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise PipelineError(
            f"pipelines[{name}]",
            "Graphviz refuses its picture",
            got=done.stderr.decode(errors="replace").strip(),
            fix="use --format mermaid, and report it",
        )
    text = done.stdout.decode()
    text = re.sub(r"<!--.*?-->\n?", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<title>.*?</title>\n?", "", text)  # "a->b" is noise for a screen reader
    text = re.sub(r' (fill|stroke)="[^"]*"', "", text)  # colours are those of the style sheet
    text = re.sub(r"\bid=\"", f'id="{_slug(name)}-', text)
    head = f"<title>{html.escape(title)}</title><desc>{html.escape(described)}</desc>"
    return re.sub(
        r"<svg ([^>]*)>", lambda found: f'<svg role="img" {found[1]}>{head}', text, count=1
    )


def graphviz() -> str | None:
    """The program that draws: beside this Python, or on the path."""
    beside = str(Path(sys.executable).parent)
    found = (shutil.which(program, path=path) for program in GRAPHVIZ for path in (beside, None))
    return next((program for program in found if program), None)


def _reduced(pipeline: Pipeline) -> Iterator[tuple[str, str, str]]:
    """The edges that no longer path says already, each with the conditions that begin there."""
    edges = pipeline.edges()
    by_id = {step.id: step for step in pipeline.steps}
    after: dict[str, set[str]] = {step.id: set() for step in pipeline.steps}
    for start, end in edges:
        after[start].add(end)

    def reaches(start: str, goal: str) -> bool:
        return start == goal or any(reaches(item, goal) for item in after[start])

    for start, end in edges:
        if not any(reaches(other, end) for other in after[start] - {end}):
            new = [item for item in by_id[end].when if item not in by_id[start].when]
            yield start, end, " and ".join(_condition(item) for item in new)


def _pairs(steps: tuple[Step, ...]) -> Iterator[tuple[str, str]]:
    yield from zip((step.id for step in steps), (step.id for step in steps[1:]), strict=False)


def _family(step: Step) -> str:
    kind = type(step).__name__
    return next((family for family, kinds in FAMILIES.items() if kind in kinds), "plain")


def label(step: Step) -> tuple[str, str]:
    """Name of a step, and what it is where the name does not say so."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(step).__name__).lower()
    if isinstance(step, (TrainingJob, TuningJob)):
        kind = " → ".join(
            f"{rung.instance_type.removeprefix('ml.')} {'spot' if rung.spot else 'on demand'}"
            for rung in step.ladder
        )
    elif isinstance(step, ProcessingJob):
        kind += f", {step.instance_type.removeprefix('ml.')}"
    name = step.id.replace("_", " ")
    return name, "" if kind == name else kind


def _condition(condition: Condition) -> str:
    value = condition.output
    if isinstance(value, (TextOutput, NumberOutput)):
        subject = f"{value.step}.{value.name}"
    else:
        subject = value.name if isinstance(value, Parameter) else str(value)
    return f"{subject} {_SIGNS[condition.comparison]} {condition.value}"


def _mermaid_node(step: Step) -> str:
    opening, closing = _SHAPES[_family(step)]
    name, kind = label(step)
    text = "<br/>".join(_escaped(text) for text in (name, kind) if text)
    return f'{step.id}{opening}"{text}"{closing}'


def _dot_node(step: Step) -> str:
    family = _family(step)
    name, kind = label(step)
    text = "\\n".join(_quoted(text) for text in (name, kind) if text)
    return f'{step.id} [class="{family}" shape={_DOT_SHAPES[family]} label="{text}"];'


def _escaped(text: str) -> str:
    return text.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
