"""A small square image to a class: what training, evaluation and serving share.

The column `PIXELS` holds an image as text, a character a pixel and row by row: its shade from ``0``,
the darkest, over ``9`` and ``a`` up to ``z``. Of two classes the answer to an image is the probability
of the positive one, of more classes ``{LABEL: class, "probability": how sure the network is}``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from columns import PIXELS
from learning import device, settle
from torch import Tensor, nn

SHADES = "0123456789abcdefghijklmnopqrstuvwxyz"
BATCH = 256  # images at a time on a GPU

Row = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What a model says of itself, in ``model.json``."""

    label: str
    classes: tuple[str, ...]
    side: int
    white: int
    channels: int
    dropout: float
    epochs: int


@dataclass(frozen=True)
class Model:
    """A network, and how to ask it."""

    about: About
    network: nn.Module


def network(about: About) -> nn.Module:
    """Two convolutions and a linear layer, with the weights that the random numbers give."""
    wide = 2 * about.channels
    return nn.Sequential(
        nn.Conv2d(1, about.channels, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(about.channels, wide, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(about.dropout),
        nn.Linear(wide * (about.side // 4) ** 2, len(about.classes)),
    )


def shades(row: Row) -> list[int]:
    """The shade of each pixel.

    Raises:
        KeyError: If a row has no image.
        TypeError: If it is no text.
        ValueError: If a pixel is no shade.
    """
    cell = row[PIXELS]
    if not isinstance(cell, str):
        raise TypeError(f"{PIXELS} must be a text")
    found = [SHADES.find(pixel) for pixel in cell.strip()]
    if -1 in found:
        raise ValueError(f"a pixel of {PIXELS} is none of {SHADES}")
    return found


def size(rows: Sequence[Row]) -> tuple[int, int]:
    """Side and lightest shade of these images.

    Raises:
        ValueError: If the first one is not square or less than four pixels wide.
    """
    pixels = len(shades(rows[0]))
    side = isqrt(pixels)
    if side * side != pixels or side < 4:
        raise ValueError(f"images must be square, at least 4 by 4, and not of {pixels} pixels")
    return side, max(1, *(max(shades(row)) for row in rows))


def features(about: About, rows: Sequence[Row]) -> Tensor:
    """Images, one channel of pixels from 0 to 1.

    Raises:
        KeyError: If a row has no image.
        ValueError: If an image has another size, or a pixel is no shade.
    """
    images = [shades(row) for row in rows]
    if any(len(image) != about.side**2 for image in images):
        raise ValueError(f"an image needs {about.side**2} pixels")
    pixels = torch.tensor(images, dtype=torch.float32) / about.white
    return pixels.reshape(-1, 1, about.side, about.side)


def labels(rows: Sequence[Row], label: str) -> list[str]:
    """What each image shows.

    Raises:
        ValueError: If a row does not say it.
    """
    if any(label not in row for row in rows):
        raise ValueError(f"there is no column {label}")
    cells = [str(row[label]).strip() for row in rows]
    if "" in cells:
        raise ValueError(f"{cells.count('')} of {len(cells)} rows have no {label}")
    return cells


def classes_of(cells: Sequence[str], positive: str | None) -> tuple[str, ...]:
    """The classes in order, the positive one of two last.

    Raises:
        ValueError: If there are less than two, or none of two is the positive one.
    """
    different = sorted(set(cells))
    if len(different) < 2:
        raise ValueError(f"the label has one value only: {different[0]}")
    if positive is not None and len(different) == 2:
        if positive not in different:
            raise ValueError(f"no row has the positive label {positive}")
        different.sort(key=lambda cell: cell == positive)
    return tuple(different)


def save(directory: Path, model: Model) -> None:
    """Write what `load` reads."""
    weights = {name: value.cpu() for name, value in model.network.state_dict().items()}
    torch.save(weights, directory / "model.pt")
    described = json.dumps(asdict(model.about), indent=2, sort_keys=True)
    (directory / "model.json").write_text(described, encoding="utf-8")


def load(directory: Path) -> Model:
    """The model that training left in ``directory``, ready to answer."""
    settle(0)
    given = json.loads((directory / "model.json").read_text("utf-8"))
    about = About(**{**given, "classes": tuple(given["classes"])})
    empty = network(about)
    weights = torch.load(directory / "model.pt", map_location="cpu", weights_only=True)
    empty.load_state_dict(weights)
    return Model(about, empty.to(device()).eval())


def shares(model: Model, rows: Sequence[Row]) -> list[list[float]]:
    """The probability of each class for each image.

    On a CPU each image is computed by itself, because the last digits of a product of matrices depend
    on how many rows it has: an answer must not depend on what else is asked.
    """
    place = device()
    given, step = features(model.about, rows).to(place), BATCH if place.type == "cuda" else 1
    found: list[list[float]] = []
    with torch.inference_mode():
        for begin in range(0, len(rows), step):
            scores = model.network(given[begin : begin + step])
            found += torch.softmax(scores.double(), dim=1).tolist()
    return found


def predict(model: Model, rows: Sequence[Row]) -> list[Any]:
    """The answer to each row."""
    about, given = model.about, shares(model, rows)
    if len(about.classes) == 2:
        return [share[1] for share in given]
    best = [share.index(max(share)) for share in given]
    return [
        {about.label: about.classes[index], "probability": share[index]}
        for index, share in zip(best, given, strict=True)
    ]
