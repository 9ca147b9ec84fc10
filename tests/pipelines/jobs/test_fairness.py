"""Gaps between groups, against scikit-learn's confusion matrices."""

from random import Random
from typing import Any

import pytest
from sklearn.metrics import confusion_matrix

from groundplan.pipelines.jobs.fairness import MEASURES, gaps, measure

SIZES = {"AT": 200, "DE": 500, "FR": 120}
ASKED: dict[str, Any] = {"label": "left", "positive": "yes", "threshold": 0.5}


def drawn(seed: int) -> tuple[list[dict[str, str]], list[float]]:
    random = Random(seed)
    rows, predictions = [], []
    for country, size in SIZES.items():
        for _ in range(size):
            left = random.random() < 0.4
            rows.append({"country": country, "left": "yes" if left else "no"})
            share = random.betavariate(3, 2) if left else random.betavariate(2, 3 + len(rows) / 400)
            predictions.append(share)
    return rows, predictions


@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_those_of_confusion_matrices(seed: int) -> None:
    rows, predictions = drawn(seed)
    found = measure(rows, predictions, facets=["country"], **ASKED)["country"]

    fpr, fnr, shares = [], [], []
    for country in SIZES:
        group = [
            (row["left"] == "yes", share >= 0.5)
            for row, share in zip(rows, predictions, strict=True)
            if row["country"] == country
        ]
        truth, decided = zip(*group, strict=True)
        tn, fp, fn, tp = confusion_matrix(truth, decided).ravel()
        fpr.append(fp / (fp + tn))
        fnr.append(fn / (fn + tp))
        shares.append((tp + fp) / len(group))
        assert found["groups"][country]["fpr"] == pytest.approx(fpr[-1])
    assert found["fpr_gap"] == pytest.approx(max(fpr) - min(fpr))
    assert found["fnr_gap"] == pytest.approx(max(fnr) - min(fnr))
    assert found["demographic_parity_gap"] == pytest.approx(max(shares) - min(shares))
    assert (found["left_out"], found["problems"]) == ({}, {})


def test_small_groups_are_left_out_and_counted() -> None:
    rows, predictions = drawn(0)
    small = [{"country": "LI", "left": "yes"}] * 29 + [{"country": "", "left": "no"}]
    found = measure([*rows, *small], [*predictions, *[1.0] * 30], facets=["country"], **ASKED)
    without = measure(rows, predictions, facets=["country"], **ASKED)

    left_out = {"groups": 1, "rows": 29}
    assert found["country"]["left_out"] == {
        "fpr_gap": {"groups": 1, "rows": 0},
        "fnr_gap": left_out,
        "demographic_parity_gap": left_out,
    }
    assert all(found["country"][name] == without["country"][name] for name in MEASURES)


def test_one_group_has_no_gap() -> None:
    cases = [("DE", True, True)] * 40 + [("FR", False, False)] * 12
    problem = "fewer than two groups have the 30 rows that fnr needs, 1 with 0 rows are left out"

    assert gaps(cases)["problems"]["fnr_gap"] == problem
    assert "fnr_gap" not in gaps(cases)


LABELS = ["yes"] * 50 + ["no"] * 50


@pytest.mark.parametrize(
    ("labels", "predictions", "changes", "problem"),
    [
        (LABELS, [0.5] * 100, {"facets": ["sex"]}, "there is no column sex"),
        (LABELS, [0.5] * 100, {"label": "gone"}, "there is no column gone"),
        (
            LABELS,
            [0.5] * 100,
            {"positive": "1"},
            "no row of column left has the positive label 1",
        ),
        (
            [str(number) for number in range(100)],
            [0.5] * 100,
            {},
            "column left has 100 values, gaps are measured for two classes",
        ),
        (
            LABELS,
            [17.3] * 100,
            {},
            "predictions are neither labels of the data nor probabilities from 0 to 1",
        ),
        (
            LABELS,
            ["perhaps"] * 100,
            {},
            "predictions are neither labels of the data nor probabilities from 0 to 1",
        ),
        (
            LABELS,
            [{"left": 0.5}] * 100,
            {},
            "predictions are objects, neither labels nor probabilities",
        ),
    ],
)
def test_says_why_nothing_can_be_measured(
    labels: list[str], predictions: list[Any], changes: dict[str, Any], problem: str
) -> None:
    rows = [{"country": "DE", "left": label} for label in labels]
    asked = {"facets": ["country"], **ASKED, **changes}

    [found] = measure(rows, predictions, **asked).values()
    assert found == {"problems": dict.fromkeys(MEASURES, problem)}


def test_labels_decide_as_well_as_probabilities() -> None:
    rows = [{"country": f"c{number % 2}", "left": LABELS[number % 100]} for number in range(400)]
    predictions = [row["left"] for row in rows]
    found = measure(rows, predictions, facets=["country"], **ASKED)["country"]

    assert (found["fpr_gap"], found["fnr_gap"]) == (0, 0)
