"""Measures a network on images that it has not seen, by the code that serves."""

from collections.abc import Mapping
from math import log
from pathlib import Path

from job import Row, run_evaluation
from model import labels, load, shares

LEAST = 1e-15  # a probability of 0 would make the loss infinite


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Accuracy, log loss, the mean of the classes' F1, and the worst class's recall."""
    model = load(directory)
    wanted, given = labels(rows, model.about.label), shares(model, rows)
    classes = model.about.classes
    unknown = sorted(set(wanted) - set(classes))
    if unknown:
        raise ValueError(f"training has seen no {model.about.label} {', '.join(unknown)}")
    decided = [classes[share.index(max(share))] for share in given]
    pairs = list(zip(wanted, decided, strict=True))
    losses = [
        -log(max(share[classes.index(cell)], LEAST))
        for cell, share in zip(wanted, given, strict=True)
    ]
    recalls, scores = [], []
    for name in sorted(set(wanted)):
        right = pairs.count((name, name))
        recalls.append(right / wanted.count(name))
        scores.append(2 * right / (wanted.count(name) + decided.count(name)))
    return {
        "accuracy": sum(cell == answer for cell, answer in pairs) / len(pairs),
        "f1": sum(scores) / len(scores),
        "log_loss": sum(losses) / len(losses),
        "worst_recall": min(recalls),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
