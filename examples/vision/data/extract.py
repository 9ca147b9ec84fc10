"""Writes scikit-learn's bundled handwritten digits as this example's images: `python extract.py`."""

import csv
from pathlib import Path

from sklearn.datasets import load_digits

HERE = Path(__file__).parent
COLUMNS = ("frame_id", "camera", "exposure", "pixels", "character")
SHADES = "0123456789abcdefg"
CAMERAS = ("north", "south", "ramp")
HELD_OUT_EVERY = 5


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(target: Path = HERE) -> None:
    """Write ``train/``, ``test/`` and their spoiled counterpart ``bad/`` below ``target``."""
    images, characters = load_digits(return_X_y=True)
    rows: list[dict[str, object]] = [
        {
            "frame_id": f"F{number:05d}",
            "camera": CAMERAS[number % len(CAMERAS)],
            "exposure": f"{image.mean() / 16:.3f}",
            "pixels": "".join(SHADES[int(shade)] for shade in image),
            "character": int(character),
        }
        for number, (image, character) in enumerate(zip(images, characters, strict=True))
    ]
    held_out = rows[::HELD_OUT_EVERY]
    kept = [row for number, row in enumerate(rows) if number % HELD_OUT_EVERY]
    cut_off = [
        row | ({"pixels": str(row["pixels"])[:40], "exposure": "1.700"} if number % 9 == 0 else {})
        for number, row in enumerate(kept[:200])
    ]
    write(target / "train" / "frames.csv", kept)
    write(target / "test" / "frames.csv", held_out)
    write(target / "bad" / "train" / "frames.csv", cut_off)
    write(target / "bad" / "test" / "frames.csv", held_out)


if __name__ == "__main__":
    main()
