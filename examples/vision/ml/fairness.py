"""Measures how differently a model decides about the groups of a column.

A copy of groundplan's standard module; it needs Python's standard library only. What is measured for
each group is the false positive rate, the false negative rate and the share of positive decisions; a
gap is the difference between the greatest and the least of them. A rate of fewer than `MIN_ROWS` rows
is left out, because chance alone would make a gap of it.
"""

from collections.abc import Callable, Sequence
from typing import Any

MIN_ROWS = 30
MAX_GROUPS = 50  # that are described; gaps are those of all

Case = tuple[str, bool, bool]  # group, is positive, decided positively
Report = dict[str, Any]

# Of a gap: the name of its rate, which cases count, and which of them raise the rate.
MEASURES: dict[str, tuple[str, Callable[[Case], bool], Callable[[Case], bool]]] = {
    "fpr_gap": ("fpr", lambda case: not case[1], lambda case: case[2]),
    "fnr_gap": ("fnr", lambda case: case[1], lambda case: not case[2]),
    "demographic_parity_gap": ("positive_share", lambda case: True, lambda case: case[2]),
}


class Unmeasurable(Exception):
    """A model or a column of which no gap can be measured."""


def gaps(cases: Sequence[Case]) -> Report:
    """The gap of each measure between the groups, and what it comes from.

    A gap that less than two groups have rows enough for is missing, and among the ``problems``.
    """
    report: Report = {"groups": {}, "left_out": {}, "problems": {}}
    for group in sorted({case[0] for case in cases}):
        report["groups"][group] = {"rows": sum(case[0] == group for case in cases)}
    for measure, (name, counts, raises) in MEASURES.items():
        rates, small = [], []
        for group, described in report["groups"].items():
            counted = [case for case in cases if case[0] == group and counts(case)]
            if len(counted) < MIN_ROWS:
                small.append(len(counted))
                continue
            described[name] = sum(map(raises, counted)) / len(counted)
            rates.append(described[name])
        if small:
            report["left_out"][measure] = {"groups": len(small), "rows": sum(small)}
        if len(rates) > 1:
            report[measure] = max(rates) - min(rates)
        else:
            report["problems"][measure] = (
                f"fewer than two groups have the {MIN_ROWS} rows that {name} needs, "
                f"{len(small)} with {sum(small)} rows are left out"
            )
    greatest = sorted(report["groups"].items(), key=lambda item: -item[1]["rows"])
    report["groups"] = dict(sorted(greatest[:MAX_GROUPS]))
    return report


def measure(
    rows: Sequence[dict[str, Any]],
    predictions: Sequence[Any],
    *,
    facets: Sequence[str],
    label: str,
    positive: str,
    threshold: float,
) -> dict[str, Report]:
    """The report of each facet; where nothing can be measured, it holds nothing but ``problems``.

    Args:
        rows: Held-out rows.
        predictions: The model's answer to each: a label, or the probability of the positive one.
        facets: Columns whose values make the groups; a row without a value is in no group.
        label: Column of the truth.
        positive: The label that counts as positive.
        threshold: Probability from which on a decision is positive.
    """
    found: dict[str, Report] = {}
    for facet in facets:
        try:
            truth = positives(column(rows, label), label, positive)
            decided = decisions(predictions, column(rows, label), positive, threshold)
            groups = column(rows, facet)
        except Unmeasurable as exc:
            found[facet] = {"problems": dict.fromkeys(MEASURES, str(exc))}
            continue
        cases = [case for case in zip(groups, truth, decided, strict=True) if case[0]]
        found[facet] = gaps(cases)
    return found


def column(rows: Sequence[dict[str, Any]], name: str) -> list[str]:
    """The cells of a column.

    Raises:
        Unmeasurable: If there is no such column.
    """
    if not rows or any(name not in row for row in rows):
        raise Unmeasurable(f"there is no column {name}")
    return [str(row[name] if row[name] is not None else "").strip() for row in rows]


def positives(cells: Sequence[str], label: str, positive: str) -> list[bool]:
    """Whether each label is the positive one.

    Raises:
        Unmeasurable: If there are not two labels, or none of them is the positive one.
    """
    values = set(cells)
    if len(values) != 2:
        raise Unmeasurable(
            f"column {label} has {len(values)} values, gaps are measured for two classes"
        )
    if positive not in values:
        raise Unmeasurable(f"no row of column {label} has the positive label {positive}")
    return [cell == positive for cell in cells]


def decisions(
    predictions: Sequence[Any], labels: Sequence[str], positive: str, threshold: float
) -> list[bool]:
    """Whether each prediction is positive: the positive label, or a probability high enough.

    Raises:
        Unmeasurable: If they are neither labels nor probabilities.
    """
    if any(isinstance(item, (dict, list)) for item in predictions):
        raise Unmeasurable("predictions are objects, neither labels nor probabilities")
    known = set(labels)
    if all(str(item) in known for item in predictions):
        return [str(item) == positive for item in predictions]
    if all(isinstance(item, (int, float)) and 0 <= item <= 1 for item in predictions):
        return [item >= threshold for item in predictions]
    raise Unmeasurable("predictions are neither labels of the data nor probabilities from 0 to 1")
