"""Customer churn: features, and the probability that a customer leaves within a month."""

import json
import math
from pathlib import Path
from typing import Any

import joblib
import numpy as np

LABEL = "churned"
NUMBERS = (
    "age",
    "tenure_months",
    "monthly_fee_eur",
    "data_gb",
    "support_calls",
    "late_payments",
)
CATEGORIES = {
    "contract": ("monthly", "annual", "two_year"),
    "payment": ("card", "transfer", "invoice"),
    "country": ("AT", "BE", "DE", "FR", "NL"),
}
COLUMNS = (*NUMBERS, *CATEGORIES)


def features(rows: list[dict[str, Any]]) -> np.ndarray:
    """One line a row, one column for each of `COLUMNS`; what is missing or unknown is NaN.

    Raises:
        KeyError: If a row lacks a column.
        ValueError: If a cell that should be a number is none.
    """
    return np.array(
        [
            [
                *(number(row[name]) for name in NUMBERS),
                *(position(row[name], known) for name, known in CATEGORIES.items()),
            ]
            for row in rows
        ],
        dtype=float,
    )


def labels(rows: list[dict[str, Any]]) -> np.ndarray:
    """1 for each customer who left, else 0."""
    return np.array([int(row[LABEL]) for row in rows])


def number(value: Any) -> float:
    """A cell as a number."""
    return math.nan if value in ("", None) else float(value)


def position(value: Any, known: tuple[str, ...]) -> float:
    """A cell as the position of its category."""
    return float(known.index(value)) if value in known else math.nan


def save(directory: Path, classifier: Any, iterations: int) -> None:
    """Write what `load` reads."""
    joblib.dump(classifier, directory / "model.joblib")
    described = {"columns": COLUMNS, "iterations": iterations}
    (directory / "model.json").write_text(json.dumps(described), encoding="utf-8")


def load(directory: Path) -> Any:
    """The classifier that training left in ``directory``."""
    return joblib.load(directory / "model.joblib")


def predict(classifier: Any, rows: list[dict[str, Any]]) -> list[float]:
    """Each row's probability of churn."""
    return [float(value) for value in classifier.predict_proba(features(rows))[:, 1]]
