"""Trains a classifier in a second."""

from collections.abc import Mapping

from job import hyperparameter, root, run_training, training_rows
from model import features, labels, save
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def train() -> Mapping[str, float]:
    """Fit; the number is that of the training data."""
    rows = training_rows()
    regression = LogisticRegression(C=hyperparameter("inverse_regularization", 1.0))
    classifier = make_pipeline(StandardScaler(), regression).fit(features(rows), labels(rows))
    save(root() / "model", classifier)
    return {"train_accuracy": float(classifier.score(features(rows), labels(rows)))}


if __name__ == "__main__":
    run_training(train)
