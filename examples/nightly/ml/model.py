"""Rows of numbers to a class or to a number: both models of this project."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np


def columns(rows: list[dict[str, Any]], label: str) -> list[str]:
    """What the rows hold besides the label."""
    return [name for name in rows[0] if name != label]


def features(rows: list[dict[str, Any]], names: list[str]) -> np.ndarray:
    """One line a row, one column a name."""
    return np.array([[float(row[name]) for name in names] for row in rows])


def labels(rows: list[dict[str, Any]], label: str) -> list[Any]:
    """Numbers where all labels are numbers, else texts."""
    texts = [row[label] for row in rows]
    try:
        return [float(text) for text in texts]
    except ValueError:
        return texts


def save(directory: Path, bundle: dict[str, Any]) -> None:
    """Write what `load` reads."""
    joblib.dump(bundle, directory / "model.joblib")


def load(directory: Path) -> dict[str, Any]:
    """Label, columns and estimator that training left in ``directory``."""
    bundle: dict[str, Any] = joblib.load(directory / "model.joblib")
    return bundle


def predict(bundle: dict[str, Any], rows: list[dict[str, Any]]) -> list[Any]:
    """Each row's class or number."""
    found: list[Any] = bundle["estimator"].predict(features(rows, bundle["columns"])).tolist()
    return found
