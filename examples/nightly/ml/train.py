"""Trains a linear model of the column that hyperparameter ``label`` names, in a second."""

from collections.abc import Mapping

from job import hyperparameter, root, run_training, training_rows
from model import columns, features, labels, save
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def train() -> Mapping[str, float]:
    """Fit; the number is that of the training data: accuracy, or for numbers R2."""
    rows, label = training_rows(), hyperparameter("label", "")
    names, wanted = columns(rows, label), labels(rows, label)
    numbers = isinstance(wanted[0], float)
    estimator = make_pipeline(StandardScaler(), Ridge() if numbers else LogisticRegression())
    estimator.fit(features(rows, names), wanted)
    save(root() / "model", {"label": label, "columns": names, "estimator": estimator})
    return {"train_score": float(estimator.score(features(rows, names), wanted))}


if __name__ == "__main__":
    run_training(train)
