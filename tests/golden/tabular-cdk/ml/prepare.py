"""Splits raw CSV files into the folders that training, evaluation and the gates read.

    python prepare.py RAW.csv... --out ../data/DATASET [--id COLUMN] [--time COLUMN]

``train/`` is what a model learns from, ``test/`` is held out, and with ``--time`` the newest rows
become ``future/``. A row's side follows from a digest of its id, or of the whole row, so that the same
raw data gives the same files on every machine, more rows move none of those before, and rows of one
customer, patient or camera are on one side if that is their id.
"""

import argparse
import csv
import hashlib
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

Row = dict[str, str]


class Unusable(Exception):
    """Raw data, or a wish, that no split can be made of."""


def read(path: Path) -> Iterator[tuple[int, Row]]:
    """Line number and row, one after the other.

    Raises:
        Unusable: If it is no CSV file with a header line and as many cells in each line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            for row in reader:
                if None in row or None in row.values():
                    raise Unusable(f"{path}:{reader.line_num}: not as many cells as columns")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise Unusable(f"{path}: {exc}") from exc


def header(paths: Sequence[Path]) -> list[str]:
    """The columns, which all files must have in the same order.

    Raises:
        Unusable: If they do not.
    """
    found: list[str] = []
    for path in paths:
        columns = list(next((row for _, row in read(path)), {}))
        if not columns:
            raise Unusable(f"{path}: there is no row")
        if found and columns != found:
            raise Unusable(f"{path}: other columns than {paths[0]}")
        found = columns
    return found


def moment(text: str) -> float:
    """A time as a number: seconds of an ISO 8601 time, in UTC if it names no zone, or the number itself.

    Raises:
        ValueError: If it is neither.
    """
    try:
        number = float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def cut(paths: Sequence[Path], column: str, share: float) -> float:
    """The time from which on a row is among the newest ``share``.

    Raises:
        Unusable: If a row has no time.
    """
    times = []
    for path in paths:
        for line, row in read(path):
            try:
                times.append(moment(row[column]))
            except ValueError as exc:
                raise Unusable(f"{path}:{line}: {column} holds no time") from exc
    times.sort()
    return times[min(len(times) - 1, round(len(times) * (1 - share)))]


def held_out(key: str, share: float) -> bool:
    """Whether a row with this id is in the test data."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def split(
    paths: Sequence[Path],
    out: Path,
    *,
    id_column: str | None = None,
    time_column: str | None = None,
    test: float = 0.2,
    future: float = 0.1,
) -> dict[str, int]:
    """Write the folders; the number of rows of each.

    Args:
        paths: Raw files.
        out: Folder of the dataset.
        id_column: Column whose equal values stay together. Default: the whole row.
        time_column: Column with each row's time. Default: none, and there is no ``future/``.
        test: Share of the rows, those of the future left out, that are held out.
        future: Share of the rows that are the newest.

    Raises:
        Unusable: If a file or a column is missing or broken.
    """
    columns = header(paths)
    for wanted in (id_column, time_column):
        if wanted is not None and wanted not in columns:
            raise Unusable(f"there is no column {wanted}, only {', '.join(columns)}")
    newest = None if time_column is None else cut(paths, time_column, future)
    folders = ["train", "test"] if newest is None else ["train", "test", "future"]
    counts = dict.fromkeys(folders, 0)
    with ExitStack() as stack:
        writers = {}
        for folder in folders:
            (out / folder).mkdir(parents=True, exist_ok=True)
            file = (out / folder / "rows.new").open("w", newline="", encoding="utf-8")
            stack.enter_context(file)
            writers[folder] = csv.DictWriter(file, columns, lineterminator="\n")
            writers[folder].writeheader()
        for path in paths:
            for _, row in read(path):
                folder = "train"
                if newest is not None and time_column and moment(row[time_column]) >= newest:
                    folder = "future"
                elif held_out(row[id_column] if id_column else "\0".join(row.values()), test):
                    folder = "test"
                writers[folder].writerow(row)
                counts[folder] += 1
    for folder in folders:
        (out / folder / "rows.new").replace(out / folder / "rows.csv")
    return counts


def share(text: str) -> float:
    """A number between 0 and 1 of the command line."""
    number = float(text)
    if not 0 < number < 1:
        raise ValueError(text)
    return number


def main(arguments: list[str] | None = None) -> None:
    """Split, say how many rows went where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("raw", nargs="+", type=Path, help="CSV files with a header line")
    parser.add_argument("--out", required=True, type=Path, help="folder of the dataset")
    parser.add_argument("--id", help="column whose equal values stay together")
    parser.add_argument("--time", help="column with each row's time")
    parser.add_argument("--test", type=share, default=0.2, help="share held out; 0.2")
    parser.add_argument("--future", type=share, default=0.1, help="share of the newest; 0.1")
    given = parser.parse_args(arguments)
    try:
        counts = split(
            given.raw,
            given.out,
            id_column=given.id,
            time_column=given.time,
            test=given.test,
            future=given.future,
        )
    except Unusable as exc:
        sys.exit(str(exc))
    for folder, count in counts.items():
        print(f"{given.out / folder / 'rows.csv'}: {count} rows")
    if not all(counts.values()):
        sys.exit("a folder has no row: give more data, or other shares")


if __name__ == "__main__":
    main()
