"""Measures the classifier on wines that it has not seen."""

from collections.abc import Mapping
from pathlib import Path

from job import Row, run_evaluation
from model import features, labels, load
from sklearn.metrics import log_loss


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Accuracy and log loss."""
    classifier = load(directory)
    given, wanted = features(rows), labels(rows)
    shares = classifier.predict_proba(given)
    return {
        "accuracy": float(classifier.score(given, wanted)),
        "log_loss": float(log_loss(wanted, shares, labels=classifier.classes_)),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
