"""Trains a small neural network, saves a checkpoint after every epoch and resumes from it."""

from collections.abc import Mapping

from job import Checkpoints, hyperparameter, root, run_training, training_rows
from model import CHARACTERS, features, labels, save
from sklearn.neural_network import MLPClassifier
from tracking import record


def train() -> Mapping[str, float]:
    """Train to ``epochs``; the numbers are those of the training data."""
    rows = training_rows()
    given, wanted = features(rows), labels(rows)
    epochs = hyperparameter("epochs", 60)
    checkpoints = Checkpoints()
    epoch, network = checkpoints.load() or (
        0,
        MLPClassifier(
            hidden_layer_sizes=(hyperparameter("hidden_units", 96),),
            learning_rate_init=hyperparameter("learning_rate", 0.005),
            alpha=0.001,
            batch_size=64,
            random_state=0,
        ),
    )
    while epoch < epochs:
        network.partial_fit(given, wanted, classes=CHARACTERS)
        epoch += 1
        record(epoch, train_loss=float(network.loss_))
        checkpoints.save((epoch, network))
    save(root() / "model", network, epochs)
    return {
        "train_loss": float(network.loss_),
        "train_accuracy": float(network.score(given, wanted)),
    }


if __name__ == "__main__":
    run_training(train)
