"""Wines: chemical analysis to cultivar."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np

LABEL = "cultivar"
COLUMNS = ("alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "proline")


def features(rows: list[dict[str, Any]]) -> np.ndarray:
    """One line a wine, one column for each of `COLUMNS`."""
    return np.array([[float(row[name]) for name in COLUMNS] for row in rows])


def labels(rows: list[dict[str, Any]]) -> list[str]:
    """The cultivar of each wine."""
    return [row[LABEL] for row in rows]


def save(directory: Path, classifier: Any) -> None:
    """Write what `load` reads."""
    joblib.dump(classifier, directory / "model.joblib")


def load(directory: Path) -> Any:
    """The classifier that training left in ``directory``."""
    return joblib.load(directory / "model.joblib")


def predict(classifier: Any, rows: list[dict[str, Any]]) -> list[str]:
    """Each wine's cultivar."""
    return [str(name) for name in classifier.predict(features(rows))]
