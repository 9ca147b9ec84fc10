"""What needs neither Evidently nor pandas: columns, quality, fairness, attribution."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, ndcg_score

from groundplan.pipelines.jobs.monitoring.monitor.attribution import attribution_drift, ndcg
from groundplan.pipelines.jobs.monitoring.monitor.capture import Record
from groundplan.pipelines.jobs.monitoring.monitor.columns import column, kind_of, outputs, text
from groundplan.pipelines.jobs.monitoring.monitor.errors import MonitorError
from groundplan.pipelines.jobs.monitoring.monitor.fairness import fairness
from groundplan.pipelines.jobs.monitoring.monitor.options import Options
from groundplan.pipelines.jobs.monitoring.monitor.quality import (
    Labelled,
    join,
    labelled_baseline,
    quality,
)

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([str(value) for value in range(200)], "number"),
        ([1, 2, 3] * 50, "category"),
        (["a", "b"] * 50, "category"),
        ([True, False] * 50, "category"),
        ([f"C{number:06}" for number in range(200)], None),
        (["", None] * 50, None),
        (["nan", *map(str, range(99))], None),
    ],
)
def test_the_baseline_says_what_a_column_holds(values: list[Any], kind: str | None) -> None:
    assert kind_of(values) == kind


def test_one_category_however_it_is_written() -> None:
    assert {text(value) for value in (1, 1.0, "1", " 1.0", True)} == {"1"}
    assert text(1_000_001) != text(1_000_002)


def test_what_is_no_number_in_a_column_of_numbers_is_missing() -> None:
    found = column("age", list(range(100)), ["1", "", None, "old", 5])
    assert found is not None
    assert list(found.current) == [1.0, 5.0]
    assert found.missing == (0, 3)


def test_predictions_become_columns() -> None:
    structured = [Record("1", {}, {"label": "a", "p": 0.5}), Record("2", {}, {"label": "b"})]
    assert outputs(structured) == {"prediction.label": ["a", "b"], "prediction.p": [0.5, None]}
    assert outputs([Record("1", {}, [1, 2])]) == {"prediction.0": [1], "prediction.1": [2]}


def rows(answers: list[Any], **columns: list[Any]) -> list[Record]:
    return [
        Record(str(index), {name: values[index] for name, values in columns.items()}, answer)
        for index, answer in enumerate(answers)
    ]


def labelled(answers: list[Any], labels: list[Any]) -> Labelled:
    return Labelled(rows(answers), labels)


@pytest.mark.parametrize(
    ("good", "bad", "loss"),
    [
        (([0.9, 0.1] * 100, [1, 0] * 100), ([0.4, 0.6] * 100, ["1", "0"] * 100),
         "squared error of the probability"),
        ((["a", "b", "c", "a"] * 50, ["a", "b", "c", "b"] * 50),
         (["a", "b", "c", "a"] * 50, ["b", "a", "c", "a"] * 50), "share of wrong answers"),
        (([v + 1 + v % 3 / 100 for v in range(200)], list(range(200))),
         ([v + (9 if v % 2 else 1) for v in range(200)], list(range(200))), "absolute error"),
    ],
)  # fmt: skip
def test_quality(good: tuple[list[Any], list[Any]], bad: Any, loss: str) -> None:
    before = labelled(*good)
    same, worse = quality(before, before, Options()), quality(before, labelled(*bad), Options())
    assert (same.drifted, worse.drifted) == (False, True)
    assert worse.details["loss"] == loss
    assert worse.metrics["loss"] > worse.metrics["baseline_loss"]


def test_too_few_labels_decide_nothing() -> None:
    before = labelled([0.9, 0.1] * 100, [1, 0] * 100)
    few = labelled([0.1] * 20, [1] * 20)
    found = quality(before, few, Options())
    assert found.drifted is None
    assert found.details == {"status": "insufficient_data", "baseline_rows": 200, "rows": 20}


def test_labels_are_joined_by_the_id_of_the_request() -> None:
    known = join(rows([0.1, 0.2, 0.3]), {"0": "1", "2": "0"})
    assert [record.prediction for record in known.records] == [0.1, 0.3]
    assert known.labels == ["1", "0"]


def test_fails_for_a_baseline_without_labels() -> None:
    with pytest.raises(MonitorError, match="the baseline has no column left"):
        labelled_baseline(rows([1], age=[3]), "left")


def test_fails_for_answers_that_are_objects_without_a_key() -> None:
    with pytest.raises(MonitorError, match="predictions have no None; name one of label, p"):
        quality(labelled([{"label": 1, "p": 1}] * 200, [1] * 200),
                labelled([{"label": 1, "p": 1}] * 200, [1] * 200), Options())  # fmt: skip


def group_rates(groups: Any, truth: Any, answers: Any, group: str) -> tuple[float, float, float]:
    own = groups == group
    tn, fp, fn, tp = confusion_matrix(truth[own], answers[own]).ravel()
    return fp / (fp + tn), fn / (fn + tp), float(answers[own].mean())


def test_gaps_are_those_of_the_confusion_matrices() -> None:
    size = 600
    groups = RANDOM.choice(["f", "m"], size)
    truth = RANDOM.integers(2, size=size)
    answers = np.where((groups == "f") & (RANDOM.random(size) < 0.5), 1, truth)
    records = rows(answers.tolist(), sex=groups.tolist())
    bounds = {"fpr_gap": 0.1, "fnr_gap": 0.1, "demographic_parity_gap": 0.4}
    found = fairness(records, Labelled(records, truth.tolist()), Options(fairness={"sex": bounds}))
    f, m = (group_rates(groups, truth, answers, group) for group in "fm")
    expected = [abs(one - other) for one, other in zip(f, m, strict=True)]
    names = ("fpr_gap_sex", "fnr_gap_sex", "demographic_parity_gap_sex")
    assert [found.metrics[name] for name in names] == pytest.approx(expected)
    assert found.drifted is True
    assert [found.details[name]["exceeded"] for name in names] == [True, False, False]


def test_small_groups_are_left_out() -> None:
    records = rows([1, 0] * 60, sex=["f"] * 100 + ["m"] * 20)
    found = fairness(records, None, Options(fairness={"sex": {"demographic_parity_gap": 0.1}}))
    assert found.drifted is None


def test_a_gap_within_chance_is_no_alarm() -> None:
    records = rows([1, 0, 1, 0, 1] * 16 + [0, 0, 1, 0, 1] * 16, sex=["f"] * 80 + ["m"] * 80)
    found = fairness(records, None, Options(fairness={"sex": {"demographic_parity_gap": 0.1}}))
    assert found.metrics["demographic_parity_gap_sex"] == pytest.approx(0.2)
    assert found.drifted is False


def test_gain_is_scikit_learns() -> None:
    before, now = RANDOM.random(8), RANDOM.random(8)
    assert ndcg(before, now) == pytest.approx(ndcg_score([before], [now]))
    assert ndcg(before, before) == pytest.approx(1)


def answered(weights: tuple[float, ...], size: int = 400) -> list[Record]:
    x = RANDOM.normal(size=(size, 3))
    answers = x @ np.array(weights) + 0.1 * RANDOM.normal(size=size)
    return rows(
        answers.tolist(), a=x[:, 0].tolist(), b=x[:, 1].tolist(), c=x[:, 2].tolist(),
        kind=RANDOM.choice(["u", "v"], size).tolist(),
    )  # fmt: skip


def test_other_weights_are_found_and_the_same_are_not() -> None:
    before = answered((3, 1, 0.2))
    same = attribution_drift(before, answered((3, 1, 0.2)), Options())
    other = attribution_drift(before, answered((0.2, 1, 3)), Options())
    assert (same.drifted, other.drifted) == (False, True)
    assert next(iter(other.details["features"])) == "c"
    assert math.isclose(same.metrics["ndcg"], 1, abs_tol=0.01)


def test_too_few_rows_for_the_features_decide_nothing() -> None:
    assert (
        attribution_drift(answered((1, 1, 1), 90), answered((1, 1, 1)), Options()).drifted is None
    )
