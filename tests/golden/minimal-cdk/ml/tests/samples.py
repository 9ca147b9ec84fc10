"""Made-up rows with the columns that the spec describes."""

import random
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_found = spec_from_file_location("described_columns", Path(__file__).parent.parent / "columns.py")
assert _found is not None and _found.loader is not None
_columns = module_from_spec(_found)
_found.loader.exec_module(_columns)

TYPES: dict[str, str] = {}
ALLOWED: dict[str, tuple[str, ...]] = {}
UNIQUE: set[str] = set()
for _name, _type, _allowed, _unique in _columns.DESCRIBED:
    TYPES[_name] = _type or TYPES.get(_name, "string")
    ALLOWED[_name] = _allowed or ALLOWED.get(_name, ())
    UNIQUE |= {_name} if _unique else set()
LABEL: str = _columns.LABEL or (list(TYPES)[-1] if len(TYPES) > 1 else "label")
CLASSES = (ALLOWED.get(LABEL) or ("0", "1"))[:2]
HYPERPARAMETERS = {"label": LABEL, "task": "classification", "iterations": 40}


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows whose label follows from the column ``signal``, but for one in twenty."""
    dice = random.Random(seed)
    return [_row(number, dice) for number in range(count)]


def _row(number: int, dice: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: _cell(name, number, dice) for name in TYPES if name not in (LABEL, "signal")
    }
    signal = dice.uniform(-1, 1)
    truth = int(signal > 0) if dice.random() > 0.05 else int(signal <= 0)
    positive = _columns.POSITIVE if LABEL == _columns.LABEL else None
    classes = sorted(CLASSES, key=lambda name: name == positive)
    return row | {"signal": str(round(signal, 3)), LABEL: classes[truth]}


def _cell(name: str, number: int, dice: random.Random) -> str:
    if name in UNIQUE:
        return f"{number}" if TYPES[name] == "integer" else f"U{number:06}"
    if ALLOWED[name]:
        return dice.choice(ALLOWED[name])
    kinds = {
        "integer": str(dice.randrange(100)),
        "float": str(round(dice.gauss(0, 1), 3)),
        "boolean": dice.choice(("true", "false")),
        "timestamp": f"2026-01-{dice.randrange(1, 29):02}T00:00:00Z",
    }
    return kinds.get(TYPES[name], dice.choice(("red", "green", "blue")))


def is_good(metrics: dict[str, float]) -> bool:
    """Whether the signal was found."""
    return metrics["auc"] > 0.7
