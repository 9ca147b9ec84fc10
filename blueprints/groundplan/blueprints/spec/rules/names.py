"""Names: each once, and each that is used exists."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.catalogue import suggest
from groundplan.blueprints.spec.document import Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.pipelines import DataTrigger
from groundplan.blueprints.spec.serving import BatchServing

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

RESERVED_ACCOUNTS = ("tooling", "data")


def check_names(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield duplicate names and names of nothing."""
    for collection in ("environments", "datasets", "images", "models"):
        names = [item.name for item in getattr(spec, collection)]
        yield from _duplicates(((collection, i, "name"), name) for i, name in enumerate(names))
    for e, environment in enumerate(spec.environments):
        if environment.name in RESERVED_ACCOUNTS:
            yield Finding(
                path=("environments", e, "name"),
                problem="is the name of a shared part of the project",
                got=environment.name,
                fix="rename it",
            )
    for d, dataset in enumerate(spec.datasets):
        features = (
            (("datasets", d, "features", i, "name"), f.name) for i, f in enumerate(dataset.features)
        )
        yield from _duplicates(features)
        readers = (
            (("datasets", d, "readers", i), name) for i, name in enumerate(dataset.readers or ())
        )
        yield from _duplicates(readers)
    for collection, path, name in _uses(spec):
        known = _known(spec, collection)
        if name not in known:
            yield _unknown(collection, path, name, known)
    yield from _unused_images(spec)


def _known(spec: "ProjectSpec", collection: str) -> list[str]:
    if collection == "accounts":
        return list(spec.accounts)
    return [item.name for item in getattr(spec, collection)]


def _uses(spec: "ProjectSpec") -> Iterator[tuple[str, Path, str]]:
    for e, environment in enumerate(spec.environments):
        yield "accounts", ("environments", e, "account"), environment.account
        for name in environment.overrides.models:
            yield "models", ("environments", e, "overrides", "models", name), name
    for d, dataset in enumerate(spec.datasets):
        if dataset.account not in RESERVED_ACCOUNTS:
            yield "accounts", ("datasets", d, "account"), dataset.account
        for r, reader in enumerate(dataset.readers or ()):
            yield "environments", ("datasets", d, "readers", r), reader
    for m, model in enumerate(spec.models):
        yield "datasets", ("models", m, "training", "dataset"), model.training.dataset
        if isinstance(model.serving, BatchServing) and model.serving.dataset is not None:
            yield "datasets", ("models", m, "serving", "dataset"), model.serving.dataset
    for t, trigger in enumerate(spec.pipelines.triggers):
        if isinstance(trigger, DataTrigger):
            yield "datasets", ("pipelines", "triggers", t, "dataset"), trigger.dataset
    for key in spec.governance.once_per_account.accounts:
        yield "accounts", ("governance", "once_per_account", "accounts", key), key


def _duplicates(places: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, name in places:
        if name in seen:
            yield Finding(path=path, problem="is there twice", got=name, fix="rename or remove one")
        seen.add(name)


def _unknown(collection: str, path: Path, name: str, known: list[str]) -> Finding:
    near = suggest(name, known)
    choices = " or ".join(repr(choice) for choice in known[:3])
    return Finding(
        path=path,
        problem=f"not one of the spec's {collection}",
        got=name,
        fix=f"did you mean {near!r}?" if near else f"add it there, or use {choices}",
        collection=collection,
    )


def _unused_images(spec: "ProjectSpec") -> Iterator[Finding]:
    used = {model.training.image for model in spec.models}
    used |= {getattr(model.serving, "image", None) for model in spec.models}
    used |= {step.image for step in spec.pipelines.steps}
    for i, image in enumerate(spec.images):
        if image.name not in used:
            near = suggest(image.name, sorted(name for name in used if name))
            yield Finding(
                path=("images", i, "name"),
                problem="an image that no model uses",
                got=image.name,
                fix=f"did you mean {near!r}?" if near else "name it in a model, or remove it",
                collection="models",
            )
