"""A table's row to a class or a number: what training, evaluation and serving share.

The answer to a row is a number; of two classes the probability of the positive one; of more classes
``{LABEL: class, "probability": how sure the model is}``.
"""

import io
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from table import Feature, Row, is_number, matrix, number, text

Task = Literal["classification", "regression"]

CLASSES = 20  # whole numbers with more different values than this are no classes


@dataclass(frozen=True)
class About:
    """What a model says of itself, in ``model.json``."""

    label: str
    task: Task
    features: tuple[Feature, ...]
    classes: tuple[str, ...]
    iterations: int


@dataclass(frozen=True)
class Model:
    """Trees, and how to ask them."""

    about: About
    trees: Any


def task_of(cells: Sequence[str]) -> Task:
    """Whether labels are classes, or a quantity: fractions, or many different whole numbers."""
    different = set(cells)
    if not all(map(is_number, different)):
        return "classification"
    whole = all(float(cell).is_integer() for cell in different)
    return "classification" if whole and len(different) <= CLASSES else "regression"


def classes_of(cells: Sequence[str], positive: str | None) -> tuple[str, ...]:
    """The classes in order, the positive one of two last.

    Raises:
        ValueError: If there are less than two, or none of two is the positive one.
    """
    different = sorted(set(cells), key=lambda cell: (number(cell) if is_number(cell) else 0, cell))
    if len(different) < 2:
        raise ValueError(f"the label has one value only: {different[0]}")
    if positive is not None and len(different) == 2:
        if positive not in different:
            raise ValueError(f"no row has the positive label {positive}")
        different.sort(key=lambda cell: cell == positive)
    return tuple(different)


def labels(rows: Sequence[Row], label: str) -> list[str]:
    """The label of each row.

    Raises:
        ValueError: If a row has none.
    """
    if any(label not in row for row in rows):
        raise ValueError(f"there is no column {label}")
    cells = [text(row[label]) for row in rows]
    if "" in cells:
        raise ValueError(f"{cells.count('')} of {len(cells)} rows have no {label}")
    return cells


def dumps(trees: Any) -> bytes:
    """The bytes of trees, the same whichever of their parts are one object in memory."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream)
    pickler.fast = (
        True  # without references to what was written before, which a resumed run has fewer of
    )
    pickler.dump(trees)
    return stream.getvalue()


def save(directory: Path, model: Model) -> None:
    """Write what `load` reads."""
    (directory / "model.pickle").write_bytes(dumps(model.trees))
    about = asdict(model.about) | {"features": [item._asdict() for item in model.about.features]}
    described = json.dumps(about, indent=2, sort_keys=True)
    (directory / "model.json").write_text(described, encoding="utf-8")


def load(directory: Path) -> Model:
    """The model that training left in ``directory``."""
    about = json.loads((directory / "model.json").read_text("utf-8"))
    seen = tuple(
        Feature(item["name"], item["kind"], tuple(item["categories"])) for item in about["features"]
    )
    return Model(
        About(**{**about, "features": seen, "classes": tuple(about["classes"])}),
        pickle.loads((directory / "model.pickle").read_bytes()),
    )


def predict(model: Model, rows: Sequence[Row]) -> list[Any]:
    """The answer to each row."""
    about, given = model.about, matrix(model.about.features, rows)
    if about.task == "regression":
        return [float(value) for value in model.trees.predict(given)]
    shares = model.trees.predict_proba(given)
    if len(about.classes) == 2:
        return [float(share) for share in shares[:, 1]]
    return [
        {about.label: about.classes[best], "probability": float(share[best])}
        for best, share in zip(shares.argmax(axis=1), shares, strict=True)
    ]
