"""Writes two of scikit-learn's bundled datasets as this example's: `python extract.py`."""

import csv
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer, load_diabetes

HERE = Path(__file__).parent
FEATURES = ("mean radius", "mean texture", "mean smoothness", "mean concavity", "worst area")
WARDS = 3
EVERY = 5

Row = dict[str, object]


def write(path: Path, rows: list[Row]) -> None:
    """Write a CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def split(target: Path, name: str, rows: list[Row], label: str) -> None:
    """Three fifths train, one fifth tests, and the last fifth arrives unlabelled, ward by ward."""
    parts = [rows[part::EVERY] for part in range(EVERY)]
    write(target / name / "train" / "rows.csv", [row for part in parts[2:] for row in part])
    write(target / name / "test" / "rows.csv", parts[0])
    arrived = [{key: value for key, value in row.items() if key != label} for row in parts[1]]
    for ward in range(WARDS):
        path = target / f"new-{name}" / "score" / f"ward_{ward + 1}.csv"
        write(path, arrived[ward::WARDS])


def biopsies() -> list[Row]:
    """Five measurements of a biopsy, and the diagnosis."""
    source: Any = load_breast_cancer()
    columns = [list(source.feature_names).index(name) for name in FEATURES]
    return [
        {
            name.replace(" ", "_"): float(row[column])
            for name, column in zip(FEATURES, columns, strict=True)
        }
        | {"diagnosis": str(source.target_names[kind])}
        for row, kind in zip(source.data, source.target, strict=True)
    ]


def patients() -> list[Row]:
    """Ten measurements of a patient as they were taken, and the progression after a year."""
    source: Any = load_diabetes(scaled=False)
    return [
        {name: float(value) for name, value in zip(source.feature_names, row, strict=True)}
        | {"progression": float(value)}
        for row, value in zip(source.data, source.target, strict=True)
    ]


def main(target: Path = HERE) -> None:
    """Write four datasets below ``target``."""
    split(target, "biopsies", biopsies(), "diagnosis")
    split(target, "patients", patients(), "progression")


if __name__ == "__main__":
    main()
