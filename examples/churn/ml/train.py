"""Trains gradient-boosted trees, a few at a time, and can go on where it was interrupted."""

from collections.abc import Mapping

from job import Checkpoints, hyperparameter, root, run_training, training_rows
from model import CATEGORIES, NUMBERS, features, labels, predict, save
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from tracking import record

ITERATIONS_A_CHECKPOINT = 20


def train() -> Mapping[str, float]:
    """Train to ``iterations`` trees; the numbers are those of the training data."""
    rows = training_rows()
    given, wanted = features(rows), labels(rows)
    iterations = hyperparameter("iterations", 120)
    checkpoints = Checkpoints()
    classifier = checkpoints.load() or HistGradientBoostingClassifier(
        learning_rate=hyperparameter("learning_rate", 0.06),
        max_leaf_nodes=hyperparameter("max_leaf_nodes", 15),
        l2_regularization=hyperparameter("l2_regularization", 1.0),
        categorical_features=list(range(len(NUMBERS), len(NUMBERS) + len(CATEGORIES))),
        early_stopping=False,
        max_iter=0,
        warm_start=True,
        random_state=0,
    )
    while classifier.max_iter < iterations:
        classifier.max_iter = min(classifier.max_iter + ITERATIONS_A_CHECKPOINT, iterations)
        classifier.fit(given, wanted)
        loss = float(log_loss(wanted, predict(classifier, rows)))
        record(classifier.max_iter, train_log_loss=loss)
        checkpoints.save(classifier)
    save(root() / "model", classifier, iterations)
    return {"train_log_loss": float(log_loss(wanted, predict(classifier, rows)))}


if __name__ == "__main__":
    run_training(train)
