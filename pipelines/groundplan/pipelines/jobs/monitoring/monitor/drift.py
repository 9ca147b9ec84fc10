"""Have columns drifted? Several tests at once, with the share of false alarms kept in hand."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from . import samples
from .capture import Record
from .columns import Column, cells, column, outputs
from .options import Options
from .outcome import INSUFFICIENT, Outcome, insufficient

MAX_COLUMNS = 200
"""Columns that the report describes, those that drifted first: it must stay below 256 KiB."""


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values: those up to q make a false discovery rate of q."""
    p = np.asarray(p_values, dtype=float)
    if not len(p):
        return []
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(np.minimum(1.0, p[order] * len(p) / ranks))
    return [float(value) for value in found]


def data_drift(baseline: list[Record], current: list[Record], options: Options) -> Outcome:
    """Whether the share of the requests' columns that drifted reaches the bound.

    Columns of the baseline that no request has (the label, an id) are left out.
    """
    asked = dict.fromkeys(name for record in current for name in record.row)
    ignored = {*options.ignore, options.label}
    pairs = ((name, cells(baseline, name), cells(current, name)) for name in asked)
    outcome = compare((pair for pair in pairs if pair[0] not in ignored), options)
    new = sorted(asked.keys() - {name for record in baseline for name in record.row})
    return Outcome(
        outcome.drifted, outcome.metrics, {**outcome.details, "new_columns": new[:MAX_COLUMNS]}
    )


def prediction_drift(baseline: list[Record], current: list[Record], options: Options) -> Outcome:
    """Whether any part of the predictions drifted."""
    before, now = outputs(baseline), outputs(current)
    empty = [None] * len(current)
    pairs = ((name, values, now.get(name, empty)) for name, values in before.items())
    return compare(pairs, options, share=0.0)


def target_drift(baseline: Sequence[Any], current: Sequence[Any], options: Options) -> Outcome:
    """Whether the labels drifted."""
    return compare([("label", baseline, current)], options, share=0.0)


def compare(
    pairs: Iterable[tuple[str, Sequence[Any], Sequence[Any]]],
    options: Options,
    share: float | None = None,
) -> Outcome:
    """Compare columns: name, baseline's values, current values.

    Args:
        pairs: The columns.
        options: Significance and least rows.
        share: Share of the columns that must have drifted. Default: the options'.
    """
    bound = options.drifted_share if share is None else share
    compared: list[Column] = []
    skipped: list[str] = []
    for name, before, now in pairs:
        if min(len(before), len(now)) < options.min_rows:
            return insufficient(baseline_rows=len(before), rows=len(now))
        found = column(name, before, now)
        if found is None:
            skipped.append(name)
        else:
            compared.append(found)
    tests = [test for item in compared for test in _tests(item, options.min_rows)]
    for test, p in zip(tests, adjusted([test["p"] for test in tests]), strict=True):
        test["adjusted_p"] = p
        test["drifted"] = p <= options.significance and test["distance"] >= test["min_distance"]
    if not tests:
        return Outcome(None, {}, {"status": INSUFFICIENT, "skipped": skipped})
    columns = {
        item.name: [test for test in tests if test["column"] == item.name] for item in compared
    }
    drifted = [name for name, own in columns.items() if any(test["drifted"] for test in own)]
    found_share = len(drifted) / len(columns)
    first = sorted(columns, key=lambda name: min(test["adjusted_p"] for test in columns[name]))
    return Outcome(
        drifted=bool(drifted) and found_share >= bound,
        metrics={"columns": len(columns), "drifted_columns": len(drifted)},
        details={
            "drifted_columns": drifted[:MAX_COLUMNS],
            "skipped": skipped[:MAX_COLUMNS],
            "columns": {
                name: [_shown(test) for test in columns[name]] for name in first[:MAX_COLUMNS]
            },
        },
    )


def _tests(item: Column, min_rows: int) -> list[dict[str, Any]]:
    """The tests of one column: of its values, and of what is missing where anything is."""
    found = []
    if min(len(item.baseline), len(item.current)) >= min_rows:
        measure = samples.numbers if item.kind == "number" else samples.categories
        name, p, distance = measure(item.baseline, item.current)
        found.append(_test(item.name, name, p, distance, samples.MIN_DISTANCE))
    if any(item.missing):
        p, distance = samples.missing(item.missing, item.rows)
        found.append(_test(item.name, "missing values", p, distance, samples.MIN_MISSING))
    return found


def _test(column: str, name: str, p: float, distance: float, least: float) -> dict[str, Any]:
    return {"column": column, "test": name, "p": p, "distance": distance, "min_distance": least}


def _shown(test: dict[str, Any]) -> dict[str, Any]:
    numbers = ("p", "adjusted_p", "distance")
    shown = {name: float(f"{test[name]:.4g}") for name in numbers}
    return {"test": test["test"], **shown, "drifted": test["drifted"]}
