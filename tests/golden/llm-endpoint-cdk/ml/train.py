"""Trains a small language model, and can go on where it was interrupted.

Weights to start from are a folder ``base`` with the ``model.pt`` and ``model.json`` of an earlier
training, in the channel ``train`` (the folder ``train/base/`` of the dataset) or as a channel of its
own; the network is then of that shape. Hyperparameters: ``epochs``, ``batch_size``,
``learning_rate``, ``weight_decay``, ``dropout``, ``seed``, and without ``base`` the shape:
``context``, ``width``, ``layers``, ``heads``.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from job import hyperparameter, root, run_training, training_rows
from learning import device, learn, settle
from model import About, Model, Network, features, load, save, start
from torch import Tensor, nn

NOT_LEARNED = -100  # what torch's loss leaves out


def base() -> Path | None:
    """The folder with weights to start from, if one is given."""
    channels = root() / "input" / "data"
    for folder in (channels / "base", channels / "train" / "base"):
        if (folder / "model.json").exists():
            return folder
    return None


def begun() -> Model:
    """What training starts with."""
    folder = base()
    if folder is not None:
        print("starts from the weights in base/", flush=True)
        given = load(folder)
        about = replace(given.about, dropout=hyperparameter("dropout", given.about.dropout))
        network = Network(about)
        network.load_state_dict(given.network.state_dict())
        return Model(about, network)
    about = About(
        context=hyperparameter("context", 256),
        width=hyperparameter("width", 128),
        layers=hyperparameter("layers", 4),
        heads=hyperparameter("heads", 4),
        dropout=hyperparameter("dropout", 0.1),
    )
    if about.width % about.heads:
        raise ValueError(f"width {about.width} cannot be divided by {about.heads} heads")
    return Model(about, start(about))


def train() -> Mapping[str, float]:
    """Train to ``epochs``; the number is that of the training data."""
    rows = training_rows()
    seed, place = hyperparameter("seed", 0), device()
    settle(seed)
    model = begun()
    settle(seed)  # the same random numbers from here on, whatever it began with
    about, network = model.about, model.network.to(place)
    cases = [case for row in rows for case in features(row, about.context)]
    print(
        f"{len(rows)} texts, {sum(len(case[0]) for case in cases)} tokens, on {place}", flush=True
    )

    def loss_of(chosen: Tensor) -> Tensor:
        picked = [cases[index] for index in chosen.tolist()]
        longest = max(len(tokens) for tokens, _ in picked)
        given = torch.zeros(len(picked), longest - 1, dtype=torch.long)
        wanted = torch.full_like(given, NOT_LEARNED)
        for line, (tokens, read) in enumerate(picked):
            given[line, : len(tokens) - 1] = torch.tensor(tokens[:-1])
            wanted[line, read - 1 : len(tokens) - 1] = torch.tensor(tokens[read:])
        scores, _ = network(given.to(place))
        return nn.functional.cross_entropy(
            scores.flatten(0, 1), wanted.to(place).flatten(), ignore_index=NOT_LEARNED
        )

    loss = learn(network, loss_of, len(cases), epochs=hyperparameter("epochs", 10), seed=seed)
    save(root() / "model", Model(about, network))
    return {"train_loss": loss}


if __name__ == "__main__":
    run_training(train)
