"""Trains a small convolutional network, and can go on where it was interrupted.

Hyperparameters: ``label``, ``positive``, ``epochs``, ``batch_size``, ``learning_rate``,
``weight_decay``, ``channels``, ``dropout``, ``seed``.
"""

from collections.abc import Mapping

import torch
from columns import LABEL, POSITIVE
from job import hyperparameter, root, run_training, training_rows
from learning import device, learn, settle
from model import About, Model, classes_of, features, labels, network, save, size
from torch import Tensor, nn


def train() -> Mapping[str, float]:
    """Train to ``epochs``; the number is that of the training data."""
    rows = training_rows()
    label = hyperparameter("label", "") or LABEL or list(rows[0])[-1]
    cells = labels(rows, label)
    positive = hyperparameter("positive", "") or (POSITIVE if label == LABEL else None)
    classes = classes_of(cells, positive)
    side, white = size(rows)
    about = About(
        label=label,
        classes=classes,
        side=side,
        white=white,
        channels=hyperparameter("channels", 16),
        dropout=hyperparameter("dropout", 0.2),
        epochs=hyperparameter("epochs", 30),
    )
    seed, place = hyperparameter("seed", 0), device()
    settle(seed)
    print(f"{len(rows)} images of {side} by {side}, {len(classes)} classes, on {place}", flush=True)
    given = features(about, rows).to(place)
    positions = {name: index for index, name in enumerate(classes)}
    wanted = torch.tensor([positions[cell] for cell in cells], device=place)
    learned = network(about).to(place)

    def loss_of(chosen: Tensor) -> Tensor:
        chosen = chosen.to(place)
        return nn.functional.cross_entropy(learned(given[chosen]), wanted[chosen])

    loss = learn(learned, loss_of, len(rows), epochs=about.epochs, seed=seed)
    save(root() / "model", Model(about, learned))
    return {"train_loss": loss}


if __name__ == "__main__":
    run_training(train)
