"""What no field may hold: what is not built yet, credentials, and text meant to be replaced."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from groundplan.blueprints.spec.base import NotBuilt
from groundplan.blueprints.spec.document import Bare, Path, is_secret
from groundplan.blueprints.spec.finding import Finding

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|\$\{[^{}]*\}|\{\{[^{}]*\}\}|TODO|TBD|FIXME|XXX+"
    r"|(?i:change[-_ ]?me|replace[-_ ]?me|your[-_ ].*)"
)
_SECRET_NAME = re.compile(
    r"(^|[_-])(password|passwd|secret|api[_-]?key|access[_-]?key)([_-]|$)", re.IGNORECASE
)
_FREE = frozenset({"pattern", "allowed", "description"})


def check_content(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is set and must not be, in the order of the fields."""
    yield from _model((), spec)


def _model(path: Path, model: BaseModel) -> Iterator[Finding]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        marker = next((m for m in field.metadata if isinstance(m, NotBuilt)), None)
        default = field.get_default(call_default_factory=True, validated_data={})
        if marker and name in model.model_fields_set and value not in (default, *marker.built):
            built = ", ".join(repr(choice) for choice in marker.built)
            fix = f"use {built}" if built else "remove it until it is"
            yield Finding(path=(*path, name), problem="is not built yet", got=value, fix=fix)
        else:
            yield from _value((*path, name), value)


def _value(path: Path, value: Any) -> Iterator[Finding]:
    if isinstance(value, BaseModel):
        yield from _model(path, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if _SECRET_NAME.search(key) and isinstance(item, str):
                yield _secret((*path, key))
            else:
                yield from _value((*path, key), item)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _value((*path, index), item)
    elif isinstance(value, str):
        if is_secret(value):
            yield _secret(path)
        elif _PLACEHOLDER.fullmatch(value) and not _FREE.intersection(path):
            yield Finding(
                path=path, problem="is a placeholder", got=value, fix="write the real value"
            )


def _secret(path: Path) -> Finding:
    return Finding(
        path=path,
        problem="a spec must not hold credentials",
        got=Bare("a credential"),
        fix="remove it, revoke it, and let the script read it from AWS Secrets Manager",
    )
