"""What templates know: values that follow from the spec and the plan, and no logic of theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.generator.deployments import Deployment, deployments
from groundplan.blueprints.generator.operations import Operations, Shared, operations, shared
from groundplan.blueprints.generator.pins import pins
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import ServingStackPlan, StagePlan
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.spec import DatasetSpec, ImageSpec, ModelSpec, ProjectSpec
from groundplan.blueprints.spec.instance import TrainingInstanceRequirements

Family = Literal["tabular", "image", "text"]
PYTHON = "3.12"
"""Version of Python that CI and images of a generated repository use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A directory of `environments/`: what is deployed together."""

    name: str
    """``tooling``, or an environment of the spec."""

    stage: Literal["tooling", "development", "staging", "production"]
    """What it is for."""

    trains: bool
    """Whether models are trained here."""

    stages: tuple[StagePlan, ...]
    """The plan's stages in it: ``tooling`` has those of the data too."""

    accounts: tuple[Stage0Plan, ...]
    """What an administrator makes once in each of its accounts; sorted by account."""

    endpoints: tuple[str, ...]
    """Models with an endpoint here."""

    @property
    def production(self) -> bool:
        """Whether a person has to approve its deployments."""
        return self.stage == "production"

    @property
    def place(self) -> Place:
        """Account and region of its first stage."""
        return self.stages[0].place

    @property
    def directory(self) -> str:
        """Directory of its program, from the repository's root."""
        return f"environments/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A folder that becomes a container image."""

    name: str
    """Name of the image."""

    context: str
    """Folder, from the repository's root."""

    dockerfile: str
    """Docker file, from the folder."""

    family: Family
    """Kind of the programs in it, where `rendered`."""

    rendered: bool
    """Whether its programs come from templates; else they are the project's own."""

    models: tuple[ModelSpec, ...]
    """Models that train or are served with it."""

    datasets: tuple[DatasetSpec, ...]
    """Datasets that these models are trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every template knows by these names."""

    project: str
    """Name of the project."""

    engine: Engine
    """``cdk`` or ``pulumi``."""

    version: str
    """Version of groundplan."""

    python: str
    """Version of Python for CI and images, such as ``3.12``."""

    pins: Mapping[str, str]
    """Exact versions to install, by distribution."""

    spec: ProjectSpec
    """What is wanted."""

    plan: Plan
    """What is decided."""

    environments: tuple[Environment, ...]
    """Directories of this repository, in an order in which they can be deployed."""

    all_environments: tuple[Environment, ...]
    """Those of the whole project, where this repository holds only some of them."""

    images: tuple[Image, ...]
    """Images of the project, sorted by name."""

    deployments: tuple[Deployment, ...]
    """Jobs of CI that deploy, in order."""

    operations: tuple[Operations, ...]
    """What there is to operate in each environment of the project."""

    shared: Shared
    """What all environments share."""

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """Models of the spec."""
        return self.spec.models

    @property
    def datasets(self) -> tuple[DatasetSpec, ...]:
        """Datasets of the spec."""
        return self.spec.datasets

    def names(self) -> dict[str, object]:
        """Return what a template may name."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**own, "models": self.models, "datasets": self.datasets}


def context(
    spec: ProjectSpec,
    plan: Plan,
    *,
    environments: tuple[str, ...] = (),
    own_contexts: frozenset[str] = frozenset(),
) -> Context:
    """Return what templates know of a project.

    Args:
        spec: What is wanted.
        plan: What is decided, by the engine that the repository is for.
        environments: Directories of the repository. Default: all of the project.
        own_contexts: Folders of images whose programs are the project's own.

    Raises:
        PlanError: If the project has no such environment, or two images of different families
            share a folder.
    """
    everything = tuple(_environment(spec, plan, part) for part in plan.parts())
    known = [item.name for item in everything]
    for wanted in environments:
        if wanted not in known:
            raise PlanError(
                "--env",
                "is no environment of the project",
                got=wanted,
                fix=f"use one of {', '.join(known)}",
            )
    chosen = tuple(item for item in everything if not environments or item.name in environments)
    return Context(
        project=spec.project,
        engine=plan.engine,
        version=version("groundplan"),
        python=PYTHON,
        pins=pins(),
        spec=spec,
        plan=plan,
        environments=chosen,
        all_environments=everything,
        images=_images(spec, own_contexts),
        deployments=deployments(
            plan, {item.name: item.stage for item in everything}, [item.name for item in chosen]
        ),
        operations=operations(spec, plan),
        shared=shared(spec, plan),
    )


def _environment(spec: ProjectSpec, plan: Plan, part: str) -> Environment:
    stages = plan.parts()[part]
    places = {stage.place for stage in stages}
    declared = next((item for item in spec.environments if item.name == part), None)
    return Environment(
        name=part,
        stage="tooling" if declared is None else declared.stage,
        trains=declared is not None and declared.name == spec.training_environment.name,
        stages=stages,
        accounts=tuple(item for item in plan.stage_0 if item.place in places),
        endpoints=tuple(
            stack.endpoint.model
            for stage in stages
            for stack in stage.stacks
            if isinstance(stack, ServingStackPlan)
        ),
    )


def used_images(spec: ProjectSpec) -> tuple[tuple[ImageSpec, tuple[ModelSpec, ...]], ...]:
    """Return every image that is declared or used, by name, with the models that use it."""
    users: dict[str, list[ModelSpec]] = {image.name: [] for image in spec.images}
    for model in spec.models:
        serving = getattr(model.serving, "image", None)
        for name in dict.fromkeys((model.training.image, serving)):
            if name is not None:
                users.setdefault(name, []).append(model)
    return tuple((spec.image(name), tuple(models)) for name, models in sorted(users.items()))


def _images(spec: ProjectSpec, own_contexts: frozenset[str]) -> tuple[Image, ...]:
    images = tuple(_image(spec, image, models, own_contexts) for image, models in used_images(spec))
    families: dict[str, Image] = {}
    for image in images:
        first = families.setdefault(image.context, image)
        if image.rendered and image.family != first.family:
            raise PlanError(
                "images",
                f"{first.name!r} and {image.name!r} share the folder {image.context!r} but not a family",
                got=f"{first.family}, {image.family}",
                fix="give one of them a context of its own, or both the same family",
            )
    return images


def _image(
    spec: ProjectSpec, image: ImageSpec, models: tuple[ModelSpec, ...], own: frozenset[str]
) -> Image:
    wanted = {model.training.dataset for model in models}
    accelerated = any(map(_accelerated, models))
    return Image(
        name=image.name,
        context=image.context,
        dockerfile=image.dockerfile,
        family=image.family or ("image" if accelerated else "tabular"),
        rendered=image.context not in own,
        models=models,
        datasets=tuple(item for item in spec.datasets if item.name in wanted),
    )


def _accelerated(model: ModelSpec) -> bool:
    """Whether a model is trained on an accelerator, by what is asked first."""
    asked = model.training.instance
    if isinstance(asked, TrainingInstanceRequirements):
        return bool(asked.accelerators or asked.accelerator_memory_gib)
    first = asked if isinstance(asked, str) else asked[0]
    return bool(instance_types()[first].accelerators)
