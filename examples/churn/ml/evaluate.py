"""Measures the model on customers that it has not seen."""

from collections.abc import Mapping
from pathlib import Path

from job import Row, run_evaluation
from model import labels, load, predict
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Ranking (auc, average precision) and calibration (log loss, Brier score)."""
    wanted, given = labels(rows), predict(load(directory), rows)
    return {
        "auc": float(roc_auc_score(wanted, given)),
        "average_precision": float(average_precision_score(wanted, given)),
        "brier": float(brier_score_loss(wanted, given)),
        "log_loss": float(log_loss(wanted, given)),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
