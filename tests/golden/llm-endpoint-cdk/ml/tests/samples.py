"""Made-up texts: sums in words, from a prompt to its completion."""

import random
from typing import Any

COLOURS = {"sky": "blue", "grass": "green", "snow": "white", "coal": "black"}
HYPERPARAMETERS = {
    "epochs": 6,
    "batch_size": 8,
    "learning_rate": 0.005,
    "context": 48,
    "width": 32,
    "layers": 2,
    "heads": 2,
    "dropout": 0.05,
}


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Questions with their answers, in a drawn order."""
    dice = random.Random(seed)
    things = [dice.choice(sorted(COLOURS)) for _ in range(count)]
    return [{"prompt": f"{thing} is ", "completion": COLOURS[thing]} for thing in things]


def is_good(metrics: dict[str, float]) -> bool:
    """Whether bytes are guessed better than by chance."""
    return metrics["bits_per_byte"] < 3 and metrics["accuracy"] > 0.4
