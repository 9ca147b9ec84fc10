"""Measures a model on rows that it has not seen, by the answers that it serves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from job import Row, run_evaluation
from model import About, labels, load, predict
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Metrics of a number, of two classes, or of more."""
    model = load(directory)
    wanted, given = labels(rows, model.about.label), predict(model, rows)
    measure = _of_two_classes if len(model.about.classes) == 2 else _of_more_classes
    if model.about.task == "regression":
        measure = _of_a_number
    return {name: float(value) for name, value in measure(model.about, wanted, given).items()}


def _of_a_number(about: About, wanted: list[str], given: list[Any]) -> dict[str, float]:
    truth = [float(cell) for cell in wanted]
    return {
        "mae": mean_absolute_error(truth, given),
        "r2": r2_score(truth, given),
        "rmse": root_mean_squared_error(truth, given),
    }


def _of_two_classes(about: About, wanted: list[str], given: list[Any]) -> dict[str, float]:
    """Ranking (auc, average precision), calibration (log loss, Brier score) and decisions at 0.5."""
    unknown = sorted(set(wanted) - set(about.classes))
    if unknown or len(set(wanted)) < 2:
        raise ValueError(
            f"{about.label} must be both of {about.classes} here, got {sorted(set(wanted))}"
        )
    truth = [cell == about.classes[1] for cell in wanted]
    decided = [share >= 0.5 for share in given]
    return {
        "accuracy": accuracy_score(truth, decided),
        "auc": roc_auc_score(truth, given),
        "average_precision": average_precision_score(truth, given),
        "brier": brier_score_loss(truth, given),
        "f1": f1_score(truth, decided, zero_division=0.0),
        "log_loss": log_loss(truth, given),
    }


def _of_more_classes(about: About, wanted: list[str], given: list[Any]) -> dict[str, float]:
    decided = [answer[about.label] for answer in given]
    return {
        "accuracy": accuracy_score(wanted, decided),
        "f1": f1_score(wanted, decided, average="macro", zero_division=0.0),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
