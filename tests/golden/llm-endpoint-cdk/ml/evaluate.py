"""Measures a language model on texts that it has not seen."""

from collections.abc import Mapping
from math import exp, log
from pathlib import Path

import torch
from job import Row, run_evaluation
from learning import device
from model import features, load
from torch import nn


def evaluate(directory: Path, rows: list[Row]) -> Mapping[str, float]:
    """Loss of a byte in nats and bits, perplexity, and how often the likeliest byte is right."""
    model, place = load(directory), device()
    loss, right, count = 0.0, 0, 0
    with torch.inference_mode():
        for tokens, read in (case for row in rows for case in features(row, model.about.context)):
            scores, _ = model.network(torch.tensor([tokens[:-1]], device=place))
            wanted = torch.tensor(tokens[read:])
            given = scores[0, read - 1 :].double().cpu()
            loss += float(nn.functional.cross_entropy(given, wanted, reduction="sum"))
            right += int((given.argmax(1) == wanted).sum())
            count += len(wanted)
    return {
        "accuracy": right / count,
        "bits_per_byte": loss / count / log(2),
        "loss": loss / count,
        "perplexity": exp(min(loss / count, 700.0)),
    }


if __name__ == "__main__":
    run_evaluation(evaluate)
