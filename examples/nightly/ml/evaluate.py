"""Measures a model on rows that it has not seen."""

from collections.abc import Mapping
from pathlib import Path

from job import Row, run_evaluation
from model import labels, load, predict
from sklearn.metrics import accuracy_score, f1_score, r2_score, root_mean_squared_error


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Accuracy and F1 of a class, R2 and root mean squared error of a number."""
    bundle = load(directory)
    wanted, given = labels(rows, bundle["label"]), predict(bundle, rows)
    if isinstance(wanted[0], float):
        error = root_mean_squared_error(wanted, given)
        return {"r2": float(r2_score(wanted, given)), "rmse": float(error)}
    return {
        "accuracy": float(accuracy_score(wanted, given)),
        "f1": float(f1_score(wanted, given, average="macro")),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
