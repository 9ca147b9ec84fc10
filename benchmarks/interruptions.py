"""Trainings of generated programs, killed at random moments and resumed: do they end as undisturbed?

``python -m benchmarks.interruptions`` writes the table of docs/interruptions.md. The programs of PyTorch
run with the interpreter of `.venv-torch`, which ``make environments`` makes.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundplan.blueprints.generator import generate

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "interruptions.md"
BEGIN, END = "<!-- begin table -->", "<!-- end table -->"
TORCH = ROOT / ".venv-torch" / "bin" / "python"
COUNT = 50
AT_START = 0.15  # share of the interruptions that come before the training has said anything
SPEC = """
project: interrupted
organization: acme
accounts: {{dev: "111111111111"}}
environments: [{{name: dev, account: dev, region: eu-west-1}}]
network: {{mode: none}}
datasets: [{{name: rows}}]
images: [{{name: programs, family: {family}}}]
models: [{{name: model, training: {{dataset: rows, image: programs}}, serving: {{}}}}]
"""

Row = dict[str, Any]


def patients() -> list[Row]:
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    return [
        {**dict(zip(found.feature_names, line, strict=True)), "benign": int(benign)}
        for line, benign in zip(found.data.tolist(), found.target.tolist(), strict=True)
    ]


def digits() -> list[Row]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return [
        {"pixels": "".join("0123456789abcdefg"[int(shade)] for shade in image), "digit": int(digit)}
        for image, digit in zip(found.data.tolist(), found.target.tolist(), strict=True)
    ]


def texts() -> list[Row]:
    from sklearn import datasets

    names = ("breast_cancer", "diabetes", "digits", "iris", "wine")
    pages = [getattr(datasets, f"load_{name}")().DESCR for name in names]
    parts = [re.sub(r"\s+", " ", part).strip() for page in pages for part in page.split("\n\n")]
    return [{"text": part} for part in parts if len(part) > 60]


@dataclass(frozen=True)
class Family:
    data: str
    rows: Callable[[], list[Row]]
    python: Path
    hyperparameters: dict[str, str]


FAMILIES = {
    "tabular": Family(
        "breast cancer",
        patients,
        Path(sys.executable),
        {"iterations": "300", "checkpoint_minutes": "0.001"},
    ),
    "image": Family(
        "digits",
        digits,
        TORCH,
        {"epochs": "12", "channels": "8", "checkpoint_minutes": "0.001"},
    ),
    "text": Family(
        "descriptions of data sets",
        texts,
        TORCH,
        {"epochs": "3", "width": "32", "layers": "2", "context": "64", "batch_size": "8"}
        | {"checkpoint_minutes": "0.001"},
    ),
}


@dataclass
class Found:
    """What interruptions did."""

    signals: Counter[str] = field(default_factory=Counter)
    trainings: int = 0
    resumed: int = 0
    skipped: int = 0
    different: int = 0


class Trial:
    """A family's programs with their data, in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.family = FAMILIES[name]
        self.root = folder / "ml"
        (folder / "groundplan.yaml").write_text(SPEC.format(family=name))
        generate(folder / "groundplan.yaml", folder / "repository")
        self.programs = folder / "repository" / "ml"
        rows = self.family.rows()
        self.unseen = rows[::5]
        self.fill("train", [row for number, row in enumerate(rows) if number % 5])
        self.give(**self.family.hyperparameters)

    def fill(self, channel: str, rows: list[Row]) -> None:
        path = self.root / "input" / "data" / channel / "rows.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def give(self, **hyperparameters: str) -> None:
        path = self.root / "input" / "config" / "hyperparameters.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(hyperparameters))

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(self.family.python), "-B", *command],
            cwd=self.programs,
            env=os.environ
            | {"ML_ROOT": str(self.root), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def clear(self) -> None:
        for name in ("checkpoints", "model", "output"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def result(self) -> dict[str, bytes]:
        """The bytes of the model and of its metrics."""
        files = [*(self.root / "model").iterdir(), self.root / "output" / "data" / "metrics.json"]
        return {path.name: path.read_bytes() for path in files}

    def whole(self) -> tuple[dict[str, bytes], float]:
        """The result of an undisturbed training, and the seconds after its first line."""
        self.clear()
        process = self.start("train.py")
        assert process.stdout is not None
        first = process.stdout.readline()
        began = time.monotonic()
        printed, _ = process.communicate()
        if process.returncode != 0:
            sys.exit(first + printed)
        return self.result(), time.monotonic() - began

    def interrupt(
        self,
        count: int,
        seed: int,
        before: Callable[[Path, int], None] = lambda checkpoints, number: None,
    ) -> Found:
        """Train again and again until ``count`` trainings were interrupted.

        Args:
            count: Interruptions that hit a running program, half of them SIGKILL.
            seed: Of the moments.
            before: What is done to the checkpoints before the program is started for the
                number-th time.
        """
        expected, seconds = self.whole()
        dice, found, starts = random.Random(seed), Found(), 0
        self.clear()
        while True:
            before(self.root / "checkpoints", starts)
            starts += 1
            process = self.start("train.py")
            hit = None
            if found.signals.total() < count:
                hit = self._hit(process, dice, seconds)
            printed, _ = process.communicate()
            found.resumed += "resumed from a checkpoint" in printed
            found.skipped += printed.count("warning: checkpoint")
            if hit is not None and process.returncode != 0:
                if process.returncode not in (-hit, 128 + hit):
                    sys.exit(printed)
                found.signals[hit.name] += 1
                continue
            if process.returncode != 0:
                sys.exit(printed)
            found.trainings += 1
            found.different += self.result() != expected
            if found.signals.total() >= count:
                return found
            self.clear()

    def _hit(
        self, process: "subprocess.Popen[str]", dice: random.Random, seconds: float
    ) -> signal.Signals:
        chosen = dice.choice((signal.SIGTERM, signal.SIGKILL))
        if dice.random() < AT_START:
            time.sleep(dice.uniform(0, 1))
        else:
            for line in self._lines(process):
                if not line.startswith("warning"):
                    break
            time.sleep(dice.uniform(0, 0.6 * seconds))
        process.send_signal(chosen)
        return chosen

    @staticmethod
    def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
        """Lines as they come, without taking those that come later."""
        assert process.stdout is not None
        while line := process.stdout.readline():
            yield line


def table(count: int, seed: int) -> str:
    lines = [
        "| programs | data | SIGTERM | SIGKILL | trainings | resumed | ended otherwise |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, family in FAMILIES.items():
        if not family.python.exists():
            sys.exit(f"{family.python} is missing; run make environments")
        with tempfile.TemporaryDirectory() as folder:
            found = Trial(name, Path(folder)).interrupt(count, seed)
        print(name, found, file=sys.stderr)
        lines.append(
            f"| {name} | {family.data} | {found.signals['SIGTERM']} | {found.signals['SIGKILL']} "
            f"| {found.trainings} | {found.resumed} | {found.different} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="interruptions of each family")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    text = table(given.count, given.seed)
    print(text)
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
