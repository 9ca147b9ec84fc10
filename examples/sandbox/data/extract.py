"""Writes scikit-learn's bundled wine data as this example's dataset: `python extract.py`."""

import csv
from pathlib import Path

from sklearn.datasets import load_wine

HERE = Path(__file__).parent
FEATURES = ("alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "proline")
HELD_OUT_EVERY = 4


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, (*FEATURES, "cultivar"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(target: Path = HERE) -> None:
    """Write ``train/`` and ``test/`` below ``target``."""
    wines = load_wine()
    columns = [wines.feature_names.index(name) for name in FEATURES]
    rows: list[dict[str, object]] = [
        dict(zip(FEATURES, (float(wine[column]) for column in columns), strict=True))
        | {"cultivar": f"cultivar_{kind + 1}"}
        for wine, kind in zip(wines.data, wines.target, strict=True)
    ]
    kept = [row for number, row in enumerate(rows) if number % HELD_OUT_EVERY]
    write(target / "train" / "wines.csv", kept)
    write(target / "test" / "wines.csv", rows[::HELD_OUT_EVERY])


if __name__ == "__main__":
    main()
