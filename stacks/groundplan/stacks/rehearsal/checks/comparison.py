"""One planned property beside what the service API shows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Property: TypeAlias = tuple[str, Any, Any]
"""Name, planned value, found value. The name begins with the field of the plan that decides it."""

LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Comparison:
    """A planned value and the found one."""

    unit: str
    """Stack and unit."""

    name: str
    """What is compared."""

    planned: Any
    """Value in the plan, refs resolved."""

    found: Any
    """Value that the API shows; ``None`` where it shows none."""

    @property
    def same(self) -> bool:
        """Whether both are equal as JSON."""
        return bool(_plain(self.planned) == _plain(self.found))

    def __str__(self) -> str:
        planned, found = _differing(_plain(self.planned), _plain(self.found))
        return f"{self.unit}: {self.name}: planned {_text(planned)}, found {_text(found)}"


def below(prefix: str, properties: Iterable[Property]) -> Iterator[Property]:
    """Yield ``properties`` under the name of the part that they belong to."""
    for name, planned, found in properties:
        yield f"{prefix}.{name}", planned, found


def tags(planned: Mapping[str, str], found: Iterable[Mapping[str, str]]) -> Property:
    """Compare a stack's tags with a resource's, which may have more, such as its name."""
    shown = {
        str(item.get("Key", item.get("key", item.get("TagKey")))): item.get(
            "Value", item.get("value", item.get("TagValue"))
        )
        for item in found
    }
    return "tags", dict(planned), {key: shown.get(key) for key in planned}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _differing(planned: Any, found: Any) -> tuple[Any, Any]:
    """Leave out of two trees what they share, so that the text shows the difference."""
    if not (isinstance(planned, dict) and isinstance(found, dict)):
        return planned, found
    left: dict[str, Any] = {}
    right: dict[str, Any] = {}
    for key in sorted({*planned, *found}):
        if planned.get(key) == found.get(key):
            continue
        one, other = _differing(planned.get(key), found.get(key))
        if key in planned:
            left[key] = one
        if key in found:
            right[key] = other
    return left, right


def _text(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
