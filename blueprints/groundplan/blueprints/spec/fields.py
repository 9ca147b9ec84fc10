"""Which fields a place in a spec may have, for suggestions."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel


def fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the fields that the models at ``loc``, as pydantic reports it, have."""
    models = [model]
    for part in loc:
        inner = [
            found
            for candidate in models
            if part in candidate.model_fields
            for found in _models(candidate.model_fields[str(part)].annotation)
        ]
        models = inner or [m for m in models if part in _tags(m)] or models
    return sorted({name for candidate in models for name in candidate.model_fields})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    for name in ("kind", "mode"):
        if name in model.model_fields:
            return get_args(model.model_fields[name].annotation)
    return ()
