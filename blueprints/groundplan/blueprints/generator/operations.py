"""What people operate: the names that pages and runbooks need, by environment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, TypeVar

from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.project import Plan, plan
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    MonitoringStackPlan,
    RegistryStackPlan,
    ReleaseStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StagePlan,
    StateStackPlan,
    TrainingStackPlan,
    TriggersStackPlan,
)
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines import Pipeline
from groundplan.pipelines.drawing import mermaid

Kind = Literal["training", "arrival", "release", "scoring", "monitoring", "drift"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A state machine."""

    kind: Kind
    """What it does."""

    model: str | None
    """Model that it is for; ``None``: all of its environment."""

    pipeline: PipelinePlan
    """The state machine itself."""

    picture: str
    """Its steps as a drawing of Mermaid."""

    @property
    def name(self) -> str:
        """Name of the state machine."""
        return self.pipeline.name

    @property
    def arn(self) -> str:
        """ARN of the state machine."""
        return self.pipeline.arn

    @property
    def log_group(self) -> str:
        """Name of its log group."""
        return self.pipeline.log_group_arn.partition("log-group:")[2].removesuffix(":*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What there is to operate in one environment."""

    name: str
    """Name of the environment."""

    stage: str
    """What it is for."""

    place: Place
    """Account and region."""

    state: StateStackPlan
    """Its key, bucket, topic and table of locks."""

    machines: tuple[Machine, ...]
    """Its state machines."""

    endpoints: tuple[EndpointPlan, ...]
    """Its endpoints."""

    alarms: tuple[AlarmPlan, ...]
    """Its alarms, by name."""

    def of(self, kind: Kind) -> tuple[Machine, ...]:
        """Return the state machines that do one kind of work."""
        return tuple(item for item in self.machines if item.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all environments share."""

    place: Place
    """Account and region of the tooling."""

    registry: RegistryStackPlan
    """Images, artefacts and versions of models."""

    groups: Mapping[str, str]
    """Name of each model's group of versions."""

    datasets: Mapping[str, DataBucketPlan]
    """Bucket of each dataset."""

    places: Mapping[str, Place]
    """Account and region of each dataset."""


def operations(spec: ProjectSpec, decided: Plan) -> tuple[Operations, ...]:
    """Return what there is to operate, in the order of the spec's environments."""
    pictures = _pictures(spec, decided.engine)
    stages = {stage.id: stage for stage in decided.stages}
    return tuple(_operations(stages[item.name], item.stage, pictures) for item in spec.environments)


def shared(spec: ProjectSpec, decided: Plan) -> Shared:
    """Return what all environments share."""
    registry = next(item for item in decided.stacks() if isinstance(item, RegistryStackPlan))
    held = [item for item in decided.stacks() if isinstance(item, DataStateStackPlan)]
    groups = zip(spec.models, registry.registries, strict=True)
    return Shared(
        place=registry.stack.place,
        registry=registry,
        groups={model.name: group.name for model, group in groups},
        datasets={item.name: item.bucket for stack in held for item in stack.datasets},
        places={item.name: stack.stack.place for stack in held for item in stack.datasets},
    )


def _operations(stage: StagePlan, purpose: str, pictures: Mapping[str, str]) -> Operations:
    found = {alarm.name: alarm for alarm in _each(stage.stacks, AlarmPlan)}
    return Operations(
        name=stage.id,
        stage=purpose,
        place=stage.place,
        state=next(item for item in stage.stacks if isinstance(item, StateStackPlan)),
        machines=tuple(_machines(stage, pictures)),
        endpoints=tuple(
            item.endpoint for item in stage.stacks if isinstance(item, ServingStackPlan)
        ),
        alarms=tuple(found[name] for name in sorted(found)),
    )


def _machines(stage: StagePlan, pictures: Mapping[str, str]) -> Iterator[Machine]:
    def machine(kind: Kind, model: str | None, pipeline: PipelinePlan) -> Machine:
        picture = pictures[pipeline.name]
        return Machine(kind=kind, model=model, pipeline=pipeline, picture=picture)

    for stack in stage.stacks:
        match stack:
            case TrainingStackPlan():
                yield from (machine("training", item.model, item.pipeline) for item in stack.models)
            case TriggersStackPlan():
                yield from (
                    machine("arrival", item.model, item.pipeline) for item in stack.arrivals
                )
            case ReleaseStackPlan():
                yield machine("release", None, stack.pipeline)
            case ScoringStackPlan():
                yield from (machine("scoring", item.model, item.pipeline) for item in stack.models)
            case MonitoringStackPlan():
                for item in stack.models:
                    yield machine("monitoring", item.model, item.pipeline)
                    if item.reaction is not None:
                        yield machine("drift", item.model, item.reaction.pipeline)
            case _:
                pass


def _pictures(spec: ProjectSpec, engine: Engine) -> dict[str, str]:
    """Return a drawing of each pipeline, by name; planning is how they become known."""
    found: dict[str, str] = {}

    def note(pipeline: Pipeline) -> Pipeline:
        found[pipeline.name] = mermaid(pipeline).rstrip("\n")
        return pipeline

    plan(spec, edit=note, engine=engine)
    return found


def _each(value: object, kind: type[T]) -> Iterator[T]:
    """Yield what is of one kind within a plan."""
    if isinstance(value, kind):
        yield value
    elif is_dataclass(value):
        yield from _within((getattr(value, item.name) for item in fields(value)), kind)
    elif isinstance(value, tuple):
        yield from _within(value, kind)


def _within(values: Iterable[object], kind: type[T]) -> Iterator[T]:
    for value in values:
        yield from _each(value, kind)
