"""Gaps between the groups of a facet in what the endpoint answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.stats import norm

from .capture import Record
from .columns import cells, number, text
from .options import Options
from .outcome import INSUFFICIENT, Outcome, insufficient
from .quality import Labelled, answers

MIN_GROUP = 30
MAX_GROUPS = 50  # that are described; a gap is that of all
Row = tuple[str, bool, bool | None]  # group, answered positively, is positive


@dataclass(frozen=True)
class Gap:
    """The greatest difference between two groups, and its standard error."""

    value: float
    error: float


def rates(
    rows: Sequence[Row], counts: Callable[[Row], bool], wanted: Callable[[Row], bool]
) -> dict[str, tuple[float, int]]:
    """Share and number by group, among the rows that count; small groups are left out."""
    found: dict[str, list[bool]] = {}
    for row in rows:
        if counts(row):
            found.setdefault(row[0], []).append(wanted(row))
    return {
        group: (sum(values) / len(values), len(values))
        for group, values in sorted(found.items())
        if len(values) >= MIN_GROUP
    }


def gap(found: dict[str, tuple[float, int]]) -> Gap | None:
    """The gap between the groups, ``None`` for fewer than two."""
    if len(found) < 2:
        return None
    least, most = min(found.values()), max(found.values())
    error = sqrt(sum(share * (1 - share) / rows for share, rows in (least, most)))
    return Gap(most[0] - least[0], error)


def fairness(current: list[Record], labelled: Labelled | None, options: Options) -> Outcome:
    """Whether a gap is beyond its bound by more than chance.

    Demographic parity needs answers only; the gaps of the two error rates need labels.
    """
    known = labelled or Labelled([], [])
    answered = list(zip(_positive(current, options), [None] * len(current), strict=True))
    judged = list(
        zip(
            _positive(known.records, options),
            [text(label) == text(options.positive) for label in known.labels],
            strict=True,
        )
    )
    sides = float(norm.ppf(1 - options.significance))
    metrics: dict[str, float] = {}
    details: dict[str, object] = {}
    exceeded = False
    for facet, bounds in sorted(options.fairness.items()):
        for measure, bound in sorted(bounds.items()):
            source, pairs = (
                (current, answered)
                if measure == "demographic_parity_gap"
                else (known.records, judged)
            )
            rows = [
                (text(group), positive, label)
                for group, (positive, label) in zip(cells(source, facet), pairs, strict=True)
                if text(group)
            ]
            groups = _by_measure(measure, rows)
            found = gap(groups)
            name = f"{measure}_{facet}"
            if found is None:
                details[name] = {"status": INSUFFICIENT, "rows": len(rows), "least": MIN_GROUP}
                continue
            beyond = found.value - sides * found.error > bound
            exceeded = exceeded or beyond
            metrics[name] = found.value
            details[name] = {
                "gap": found.value,
                "bound": bound,
                "exceeded": beyond,
                "groups": {group: groups[group][1] for group in list(groups)[:MAX_GROUPS]},
            }
    if not metrics:
        return insufficient(rows=len(current), labelled_rows=len(known.labels))
    return Outcome(exceeded, metrics, details)


def _positive(records: Sequence[Record], options: Options) -> list[bool]:
    """Whether each answer is positive: the positive label, or a probability that is high enough."""
    given = answers(records, options.prediction)
    probabilities = any(0 < number(value) < 1 for value in given)
    if probabilities:
        return [number(value) >= options.threshold for value in given]
    return [text(value) == text(options.positive) for value in given]


def _by_measure(measure: str, rows: Sequence[Row]) -> dict[str, tuple[float, int]]:
    if measure == "fpr_gap":
        return rates(rows, lambda row: row[2] is False, lambda row: row[1])
    if measure == "fnr_gap":
        return rates(rows, lambda row: row[2] is True, lambda row: not row[1])
    return rates(rows, lambda row: True, lambda row: row[1])
