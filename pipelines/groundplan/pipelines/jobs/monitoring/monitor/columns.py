"""Rows as typed columns. What a column holds is decided by the baseline alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .capture import PREDICTION, Record

MAX_LEVELS = 50
CODED_LEVELS = 10
"""Up to so many different numbers are codes, beyond it they are measured."""
ROWS_A_LEVEL = 5
MAX_OUTPUTS = 50

Kind = Literal["number", "category"]


@dataclass(frozen=True)
class Column:
    """One column on both sides, what is missing left out; ``missing`` are shares of the rows."""

    name: str
    kind: Kind
    baseline: NDArray[Any]
    current: NDArray[Any]
    missing: tuple[int, int]
    rows: tuple[int, int]


def number(value: Any) -> float:
    """The finite number that a cell holds, else NaN."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def text(value: Any) -> str:
    """A cell as a level of a category, 1 and 1.0 alike; what is missing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    found = number(value)
    return str(value).strip() if math.isnan(found) else f"{found:.15g}"


def kind_of(values: Sequence[Any]) -> Kind | None:
    """What the values are; ``None`` for identifiers, free text and columns without a value."""
    levels = [level for level in map(text, values) if level]
    different = set(levels)
    if not different:
        return None
    numeric = all(not math.isnan(number(level)) for level in different)
    if numeric and len(different) > CODED_LEVELS:
        return "number"
    few = len(different) <= MAX_LEVELS and len(different) * ROWS_A_LEVEL <= len(levels)
    return "category" if few else None


def column(name: str, baseline: Sequence[Any], current: Sequence[Any]) -> Column | None:
    """The column, or ``None`` where the baseline holds nothing that can be compared."""
    kind = kind_of(baseline)
    if kind is None:
        return None
    sides = [_present(kind, baseline), _present(kind, current)]
    return Column(
        name=name,
        kind=kind,
        baseline=sides[0],
        current=sides[1],
        missing=(len(baseline) - len(sides[0]), len(current) - len(sides[1])),
        rows=(len(baseline), len(current)),
    )


def _present(kind: Kind, values: Sequence[Any]) -> NDArray[Any]:
    if kind == "number":
        found = [number(value) for value in values]
        return np.array([value for value in found if not math.isnan(value)], dtype=float)
    return np.array([level for level in map(text, values) if level], dtype=object)


def cells(records: Sequence[Record], name: str) -> list[Any]:
    """One column of the rows; ``None`` where a row lacks it."""
    return [record.row.get(name) for record in records]


def outputs(records: Sequence[Record]) -> dict[str, list[Any]]:
    """The predictions as columns: one, or one for each key or place of a structured prediction."""
    flat = [_flat(record.prediction) for record in records]
    names = list(dict.fromkeys(name for item in flat for name in item))[:MAX_OUTPUTS]
    return {name: [item.get(name) for item in flat] for name in names}


def _flat(prediction: Any) -> dict[str, Any]:
    if isinstance(prediction, dict):
        return {f"{PREDICTION}.{key}": value for key, value in prediction.items()}
    if isinstance(prediction, list):
        return {f"{PREDICTION}.{index}": value for index, value in enumerate(prediction)}
    return {PREDICTION: prediction}
