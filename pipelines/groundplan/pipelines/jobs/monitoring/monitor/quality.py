"""What labels tell once they arrive: how good the answers were."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_ind

from .capture import Record
from .columns import kind_of, number, text
from .errors import MonitorError
from .options import Options
from .outcome import Outcome, insufficient

TINY = 1e-12
LOSS_INCREASE = 0.1
"""Relative increase of the mean loss that matters."""


@dataclass(frozen=True)
class Labelled:
    """Rows with their labels, in one order."""

    records: list[Record]
    labels: list[Any]


def join(records: list[Record], labels: dict[str, str]) -> Labelled:
    """The rows whose label is known."""
    known = [record for record in records if record.id in labels]
    return Labelled(known, [labels[record.id] for record in known])


def labelled_baseline(baseline: list[Record], column: str) -> Labelled:
    """The baseline's rows that have a label.

    Raises:
        MonitorError: If none has.
    """
    known = [record for record in baseline if text(record.row.get(column))]
    if not known:
        raise MonitorError(f"the baseline has no column {column} with a label in it")
    return Labelled(known, [record.row[column] for record in known])


def answers(records: Sequence[Record], key: str | None) -> list[Any]:
    """What of the predictions is compared with the label.

    Raises:
        MonitorError: If a prediction is an object and ``key`` does not name a part of it.
    """
    found = []
    for record in records:
        value = record.prediction
        if isinstance(value, dict):
            if key not in value:
                raise MonitorError(f"predictions have no {key!r}; name one of {', '.join(value)}")
            value = value[key]
        found.append(value)
    return found


def quality(baseline: Labelled, current: Labelled, options: Options) -> Outcome:
    """Whether the mean loss rose: by more than chance and by more than `LOSS_INCREASE`.

    The loss is the absolute error of a measured label, the squared error of a probability, and
    otherwise whether the answer is wrong.
    """
    counts = {"baseline_rows": len(baseline.labels), "rows": len(current.labels)}
    if min(counts.values()) < options.min_rows:
        return insufficient(**counts)
    given = answers(baseline.records, options.prediction)
    kind = _loss_kind(baseline.labels, given)
    before = _losses(kind, baseline.labels, given)
    now = _losses(kind, current.labels, answers(current.records, options.prediction))
    mean_before, mean_now = float(before.mean()), float(now.mean())
    if before.std() + now.std() < TINY:  # all losses are one number on either side
        p = 0.0 if mean_now > mean_before else 1.0
    else:
        p = float(ttest_ind(now, before, equal_var=False, alternative="greater").pvalue)
    worse = mean_now > mean_before * (1 + LOSS_INCREASE)
    return Outcome(
        drifted=p <= options.significance and worse,
        metrics={"loss": mean_now, "baseline_loss": mean_before, "labelled_rows": len(now)},
        details={"loss": kind, "p": p, **counts},
    )


def _loss_kind(labels: list[Any], given: list[Any]) -> str:
    if kind_of(labels) == "number":
        return "absolute error"
    binary = {text(label) for label in labels} <= {"0", "1"}
    if binary and all(0 <= number(value) <= 1 for value in given):
        return "squared error of the probability"
    return "share of wrong answers"


def _losses(kind: str, labels: list[Any], given: list[Any]) -> NDArray[np.float64]:
    if kind == "share of wrong answers":
        wrong = [text(a) != text(b) for a, b in zip(labels, given, strict=True)]
        return np.array(wrong, dtype=float)
    errors = [number(a) - number(b) for a, b in zip(labels, given, strict=True)]
    power = 1 if kind == "absolute error" else 2
    return np.array([abs(error) ** power for error in errors if not math.isnan(error)])
