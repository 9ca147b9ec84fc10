"""Which folders of templates make which folders of a repository."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from groundplan.blueprints.generator.context import Context

LAYERS = (
    "repository",
    "environment/cdk",
    "environment/pulumi",
    "ci/codepipeline",
    "ci/github",
    "ci/gitlab",
    "dvc",
    "ml/common",
    "ml/tabular",
    "ml/torch",
    "ml/image",
    "ml/text",
    "model",
    "dataset",
)
"""Every folder of templates."""
SHARED = "shared"
"""Folder of templates that others include; nothing is rendered from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A folder of templates, rendered into a folder of the repository."""

    templates: str
    """Folder of templates, such as ``environment/cdk``."""

    into: str = ""
    """Folder of the repository. Default: its root."""

    values: Mapping[str, object] = field(default_factory=dict)
    """What its templates know beside the context: the item of a loop."""


def layers(context: Context) -> Iterator[Layer]:
    """Yield the layers of a repository; a later one replaces files of those before it."""
    yield Layer(templates="repository")
    for environment in context.environments:
        yield Layer(
            templates=f"environment/{context.engine}",
            into=environment.directory,
            values={"environment": environment},
        )
    if context.spec.delivery is not None:
        yield Layer(templates=f"ci/{context.spec.delivery.ci}")
    if any(dataset.versioning == "dvc" for dataset in context.datasets):
        yield Layer(templates="dvc")
    for image in context.images:
        if image.rendered:
            own = () if image.family == "tabular" else ("torch",)
            for folder in ("common", *own, image.family):
                yield Layer(templates=f"ml/{folder}", into=image.context, values={"image": image})
    for model in context.models:
        yield Layer(templates="model", into=f"docs/models/{model.name}", values={"model": model})
    for dataset in context.datasets:
        yield Layer(
            templates="dataset",
            into=f"docs/datasets/{dataset.name}",
            values={"dataset": dataset},
        )
