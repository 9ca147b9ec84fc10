"""What starts training, and the steps that users add to it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.catalogue import suggest
from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.pipelines import (
    DataTrigger,
    PushTrigger,
    ScheduleTrigger,
    TriggerSpec,
)
from groundplan.blueprints.spec.step import StepSpec

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec


def check_pipelines(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield triggers that start nothing or start it twice, and steps that contradict themselves."""
    orchestrator = spec.pipelines.orchestrator
    if orchestrator in ("airflow", "kubeflow") and spec.pipelines.triggers:
        yield Finding(
            path=("pipelines", "triggers"),
            problem=f"training runs in {orchestrator}, which groundplan does not start",
            got=f"{len(spec.pipelines.triggers)} of them",
            fix=f"remove them and set its schedule in {orchestrator}, or use step_functions",
        )
    seen: set[tuple[str, str]] = set()
    for t, trigger in enumerate(spec.pipelines.triggers):
        path: Path = ("pipelines", "triggers", t)
        if isinstance(trigger, PushTrigger):
            yield from _push(spec, path, trigger)
        if isinstance(trigger, DataTrigger):
            yield from _data(spec, path, trigger)
        key = _key(trigger)
        if key in seen:
            yield Finding(
                path=(*path, "kind"), problem="is there twice", got=key[0], fix="remove one"
            )
        seen.add(key)
    names: set[str] = set()
    for s, step in enumerate(spec.pipelines.steps):
        yield from _step(spec, ("pipelines", "steps", s), step)
        if step.name in names:
            yield Finding(
                path=("pipelines", "steps", s, "name"),
                problem="is there twice",
                got=step.name,
                fix="rename or remove one",
            )
        names.add(step.name)


def _key(trigger: TriggerSpec) -> tuple[str, str]:
    if isinstance(trigger, ScheduleTrigger):
        return trigger.kind, f"{trigger.cron} {trigger.time_zone}"
    return trigger.kind, trigger.dataset if isinstance(trigger, DataTrigger) else ""


def _push(spec: "ProjectSpec", path: Path, trigger: PushTrigger) -> Iterator[Finding]:
    if spec.delivery is None:
        yield Finding(
            path=(*path, "kind"),
            problem="a push starts training by way of CI, and nothing deploys from a repository",
            got=trigger.kind,
            fix="add 'delivery' with this repository",
            needs=(("delivery",),),
        )
        return
    for field in ("repository", "branch"):
        asked, deployed = getattr(trigger, field), getattr(spec.delivery, field)
        if asked != deployed:
            yield Finding(
                path=(*path, field),
                problem=f"CI deploys another {field} than this one, and only what it deploys trains",
                got=asked,
                fix=f"use {deployed!r}, or change delivery.{field}",
                needs=(("delivery", field),),
            )


def _data(spec: "ProjectSpec", path: Path, trigger: DataTrigger) -> Iterator[Finding]:
    used = {model.training.dataset for model in spec.models}
    known = {dataset.name for dataset in spec.datasets}
    if trigger.dataset in known - used:
        yield Finding(
            path=(*path, "dataset"),
            problem="no model is trained on this dataset",
            got=trigger.dataset,
            fix="remove the trigger, or use the dataset in a model",
            needs=(("models", "*", "training", "dataset"),),
        )


def _step(spec: "ProjectSpec", path: Path, step: StepSpec) -> Iterator[Finding]:
    models = [model.name for model in spec.models]
    if step.model not in ("all", *models):
        near = suggest(step.model, models)
        yield Finding(
            path=(*path, "model"),
            problem="not one of the spec's models",
            got=step.model,
            fix=f"did you mean {near!r}?" if near else "use 'all', or the name of a model",
            collection="models",
        )
    given = [field for field in ("after", "before") if getattr(step, field)]
    if step.replaces is not None and given:
        yield Finding(
            path=(*path, given[0]),
            problem="a step that replaces another one has that one's place",
            got=Bare(" and ".join(given)),
            fix=f"remove {' and '.join(given)}, or 'replaces'",
            needs=((*path, "replaces"),),
        )
    if step.on_failure == "continue" and step.report is not None:
        yield Finding(
            path=(*path, "on_failure"),
            problem="a step whose failure is passed over may leave no report",
            got=step.on_failure,
            fix="remove 'report', or use 'fail'",
            needs=((*path, "report"),),
        )
