"""Columns of a table: which of them a model sees, and how a cell becomes a number.

Training learns the features from its rows, keeps them with the model, and serving uses them again.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from columns import DESCRIBED

Row = Mapping[str, Any]

MAX_CATEGORIES = 200  # those that occur most; others count as missing
GUESSED_CATEGORIES = 50  # a text column with more different values is left out, if undescribed


BOOLEANS = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}


class Feature(NamedTuple):
    """A column that the model sees."""

    name: str
    kind: Literal["number", "category", "boolean"]
    categories: tuple[str, ...] = ()


def text(value: Any) -> str:
    """A cell as a CSV file would hold it; the empty text is a missing one.

    What is true or false has one spelling, since Python writes `True` and JSON `true`, and so has
    what is missing, since pandas writes `nan` for it now and then.
    """
    cell = "" if value is None else str(value).strip()
    plain = cell.lower()
    if plain == "nan":
        return ""
    return plain if plain in ("true", "false") else cell


def number(value: Any) -> float:
    """A cell as a number, NaN if it is missing.

    Raises:
        ValueError: If it is none.
    """
    cell = str(int(value)) if isinstance(value, bool) else text(value)
    found = float(cell) if cell else math.nan
    if math.isinf(found):
        raise ValueError(f"{cell} is no number")
    return found


def is_number(cell: str) -> bool:
    """Whether a cell that is there holds a number."""
    try:
        return math.isfinite(number(cell))
    except ValueError:
        return False


def features(rows: Sequence[Row], label: str) -> tuple[list[Feature], dict[str, str]]:
    """What a model may see, in the order of the columns, and why it does not see the others.

    Raises:
        ValueError: If nothing is left.
    """
    seen: list[Feature] = []
    ignored: dict[str, str] = {}
    for name in rows[0]:
        if name == label:
            continue
        found = _feature(name, [cell for row in rows if (cell := text(row[name]))])
        if isinstance(found, Feature):
            seen.append(found)
        else:
            ignored[name] = found
    if not seen:
        raise ValueError(f"no column but {label} can be learned from: {ignored}")
    return seen, ignored


def _feature(name: str, cells: list[str]) -> Feature | str:
    """A feature, or why it is none; ``cells`` are those that are there."""
    types = {item[1] for item in DESCRIBED if item[0] == name} - {None}
    allowed = next((item[2] for item in DESCRIBED if item[0] == name and item[2]), ())
    allowed = tuple(map(text, allowed))
    different = Counter(cells)
    if any(item[0] == name and item[3] for item in DESCRIBED):
        return "no value occurs twice"
    if "timestamp" in types:
        return "a moment does not come again; make a feature of it in prepare.py"
    if not cells:
        return "there is no value"
    if types & {"integer", "float"}:
        return Feature(name, "number")
    if "boolean" in types or (not types and set(different) <= {"true", "false"}):
        return Feature(name, "boolean")
    if "string" in types or (allowed and not all(map(is_number, allowed))):
        common = allowed or tuple(sorted(value for value, _ in _most(different)))
        return Feature(name, "category", common[:MAX_CATEGORIES])
    if name.lower().endswith("id") and len(different) == len(cells) > 1:
        return "it looks like an id: no value occurs twice"
    if all(map(is_number, different)):
        return Feature(name, "number")
    if len(different) > min(GUESSED_CATEGORIES, max(2, len(cells) // 2)):
        return f"it looks like free text: {len(different)} different values"
    return Feature(name, "category", tuple(sorted(different)))


def _most(different: Counter[str]) -> list[tuple[str, int]]:
    """The values that occur most; of those that occur as often, the first by name."""
    return sorted(different.items(), key=lambda item: (-item[1], item[0]))[:MAX_CATEGORIES]


def matrix(seen: Sequence[Feature], rows: Sequence[Row]) -> Any:
    """One line a row and one column a feature; what is missing or unknown is NaN.

    Raises:
        KeyError: If a row lacks a column.
        ValueError: If a cell that should be a number is none.
    """
    columns = []
    for feature in seen:
        if feature.kind == "number":
            columns.append([_cell(feature.name, row) for row in rows])
            continue
        if feature.kind == "boolean":
            columns.append([BOOLEANS.get(text(row[feature.name]), math.nan) for row in rows])
            continue
        positions = {value: float(index) for index, value in enumerate(feature.categories)}
        columns.append([positions.get(text(row[feature.name]), math.nan) for row in rows])
    return np.array(columns, dtype=float).T.reshape(len(rows), len(seen))


def _cell(name: str, row: Row) -> float:
    try:
        return number(row[name])
    except ValueError as exc:
        raise ValueError(f"column {name}: {exc}") from exc
