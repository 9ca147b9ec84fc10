"""Made-up images: a light bar that stands, lies or leans."""

import random
from typing import Any

SIDE = 8
SHAPES = ("leans", "lies", "stands")
HYPERPARAMETERS = {"label": "own_shape", "epochs": 6, "batch_size": 16, "learning_rate": 0.01}


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Images with their shape; the place of the bar and the background are drawn."""
    dice = random.Random(seed)
    return [_row(SHAPES[number % len(SHAPES)], dice) for number in range(count)]


def _row(shape: str, dice: random.Random) -> dict[str, Any]:
    place = dice.randrange(1, SIDE - 1)
    pixels = ""
    for line in range(SIDE):
        for column in range(SIDE):
            bar = {"leans": line == column, "lies": line == place, "stands": column == place}
            pixels += "g" if bar[shape] else dice.choice("0123")
    return {"pixels": pixels, "own_shape": shape}


def is_good(metrics: dict[str, float]) -> bool:
    """Whether the shapes are told apart."""
    return metrics["accuracy"] > 0.8
