"""Characters of number plates: an image of 8 by 8 pixels to a digit."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np

SIDE = 8
SHADES = "0123456789abcdefg"  # one character a pixel, 17 shades of grey
LABEL = "character"
CHARACTERS = tuple("0123456789")


def features(rows: list[dict[str, Any]]) -> np.ndarray:
    """One line an image, its pixels from 0 to 1.

    Raises:
        KeyError: If a row lacks its pixels.
        ValueError: If an image has another size, or a pixel is no shade.
    """
    images = [[SHADES.index(shade) for shade in row["pixels"]] for row in rows]
    if any(len(image) != SIDE * SIDE for image in images):
        raise ValueError(f"an image needs {SIDE * SIDE} pixels")
    return np.array(images, dtype=float) / (len(SHADES) - 1)


def labels(rows: list[dict[str, Any]]) -> np.ndarray:
    """The character that each image shows."""
    return np.array([row[LABEL] for row in rows])


def save(directory: Path, network: Any, epochs: int) -> None:
    """Write what `load` reads."""
    joblib.dump(network, directory / "model.joblib")
    described = {"characters": CHARACTERS, "epochs": epochs}
    (directory / "model.json").write_text(json.dumps(described), encoding="utf-8")


def load(directory: Path) -> Any:
    """The network that training left in ``directory``."""
    return joblib.load(directory / "model.joblib")


def predict(network: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each image's character and how sure the network is."""
    shares = network.predict_proba(features(rows))
    best = shares.argmax(axis=1)
    return [
        {"character": str(network.classes_[index]), "probability": float(share[index])}
        for index, share in zip(best, shares, strict=True)
    ]
