"""Measures the network on images that it has not seen."""

from collections.abc import Mapping
from pathlib import Path

from job import Row, run_evaluation
from model import features, labels, load
from sklearn.metrics import log_loss


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Character error rate (cer), accuracy and log loss; the worst error rate of a camera."""
    network = load(directory)
    given, wanted = features(rows), labels(rows)
    wrong = network.predict(given) != wanted
    cameras = {row["camera"] for row in rows}
    worst = max(
        float(wrong[[row["camera"] == camera for row in rows]].mean()) for camera in cameras
    )
    return {
        "accuracy": float(1 - wrong.mean()),
        "cer": float(wrong.mean()),
        "log_loss": float(log_loss(wanted, network.predict_proba(given))),
        "worst_camera_cer": worst,
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
