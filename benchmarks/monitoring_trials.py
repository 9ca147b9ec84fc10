"""Trials of the monitoring job on scikit-learn's bundled real data; prints one JSON object.

Runs with the interpreter of `.venv-monitoring` and the job's package on its path. A trial splits a
data set at random into rows to train on, a baseline, and what was captured; then one thing is
changed in what was captured, or nothing.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from monitor.__main__ import report
from monitor.capture import Record
from monitor.options import Options
from monitor.quality import Labelled
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

OPTIONS = Options(min_rows=40, label="label", fairness={"group": {"demographic_parity_gap": 0.1}})


def means_of_tumours(**given: Any) -> tuple[np.ndarray, np.ndarray]:
    """Breast cancer without the errors and the extremes of its ten measures."""
    x, y = datasets.load_breast_cancer(**given)
    return x[:, :10], y


LOADERS: dict[str, Callable[..., Any]] = {
    "breast cancer": datasets.load_breast_cancer,
    "breast cancer, means": means_of_tumours,
    "diabetes": lambda **given: datasets.load_diabetes(scaled=False, **given),
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}
REGRESSION = {"diabetes"}


@dataclass
class Trial:
    """One split: columns by name, answers and labels of the baseline and of what was captured."""

    random: np.random.Generator
    x: np.ndarray
    y: np.ndarray
    now_x: np.ndarray
    now_y: np.ndarray
    model: Any
    regression: bool
    answers: list[Any] | None = None

    def given(self, x: np.ndarray) -> list[Any]:
        return [item.item() for item in self.model.predict(x)]


def split(name: str, seed: int) -> Trial:
    x, y = LOADERS[name](return_X_y=True)
    random = np.random.default_rng(seed)
    train, base, now = np.array_split(random.permutation(len(x)), 3)
    regression = name in REGRESSION
    model = make_pipeline(
        StandardScaler(), Ridge() if regression else LogisticRegression(max_iter=200)
    ).fit(x[train], y[train])
    return Trial(random, x[base], y[base], x[now], y[now], model, regression)


def some_rows(trial: Trial, share: float) -> np.ndarray:
    return trial.random.random(len(trial.now_x)) < share


def nothing(trial: Trial) -> None:
    """No change."""


def columns_shifted(trial: Trial) -> None:
    """A tenth of the columns (one at least) moved by one standard deviation."""
    spread = trial.x.std(axis=0)
    movable = np.flatnonzero(spread > 0)
    moved = trial.random.choice(movable, max(1, -(-len(movable) // 10)), replace=False)
    trial.now_x[:, moved] += spread[moved]


def values_missing(trial: Trial) -> None:
    """A tenth of the columns without a value in 40 % of the rows (the answers stay)."""
    trial.answers = trial.given(trial.now_x)
    count = trial.now_x.shape[1]
    lost = trial.random.choice(count, max(1, -(-count // 10)), replace=False)
    trial.now_x[np.ix_(some_rows(trial, 0.4), lost)] = np.nan


def answers_shifted(trial: Trial) -> None:
    """Measured answers moved by one standard deviation; 40 % of the classes turned into one."""
    found = trial.given(trial.now_x)
    if trial.regression:
        spread = float(np.std(trial.given(trial.x)))
        trial.answers = [value + spread for value in found]
        return
    turned = some_rows(trial, 0.4)
    trial.answers = [1 if turn else value for value, turn in zip(found, turned, strict=True)]


def labels_shifted(trial: Trial) -> None:
    """Half of the rows above the median label (or of class 0) do not come."""
    high = trial.now_y > np.median(trial.y) if trial.regression else trial.now_y == 0
    keep = ~(high & some_rows(trial, 0.5))
    trial.now_x, trial.now_y = trial.now_x[keep], trial.now_y[keep]


def labels_wrong(trial: Trial) -> None:
    """What was learnt no longer holds for 40 % of the rows: their labels are other rows'."""
    trial.answers = trial.given(trial.now_x)
    chosen = np.flatnonzero(some_rows(trial, 0.4))
    trial.now_y = trial.now_y.copy()
    trial.now_y[chosen] = trial.random.permutation(trial.now_y)[: len(chosen)]


def feature_ignored(trial: Trial) -> None:
    """Another model answers, trained as if its three most important columns were constant."""
    weights = np.abs(np.atleast_2d(trial.model[-1].coef_)).sum(axis=0)
    blind = trial.now_x.copy()
    most = np.argsort(-weights)[: max(1, min(3, len(weights) // 2))]
    blind[:, most] = trial.x[:, most].mean(axis=0)
    trial.answers = trial.given(blind)


def group_favoured(trial: Trial) -> None:
    """Nine tenths of one group's answers turn positive (below, once there are groups)."""
    trial.answers = trial.given(trial.now_x)


SHIFTS: dict[str, tuple[Callable[[Trial], None], ...]] = {
    "data_drift": (columns_shifted, values_missing),
    "prediction_drift": (answers_shifted,),
    "target_drift": (labels_shifted,),
    "quality": (labels_wrong,),
    "attribution_drift": (feature_ignored,),
    "fairness": (group_favoured,),
}


def records(
    x: np.ndarray, answers: list[Any], groups: np.ndarray, labels: np.ndarray | None = None
) -> list[Record]:
    found = []
    for index, row in enumerate(x):
        cells: dict[str, Any] = {
            f"x{column}": None if np.isnan(value) else float(value)
            for column, value in enumerate(row)
        }
        cells["group"] = "ab"[groups[index]]
        if labels is not None:
            cells["label"] = float(labels[index])
        found.append(Record(str(index), cells, answers[index]))
    return found


def decide(name: str, check: str, shift: Callable[[Trial], None], seed: int) -> bool | None:
    """Whether the job says that ``check`` drifted; ``None`` for too little data."""
    trial = split(name, seed)
    shift(trial)
    answers = trial.given(trial.now_x) if trial.answers is None else trial.answers
    before = trial.random.integers(2, size=len(trial.x))
    groups = trial.random.integers(2, size=len(trial.now_x))
    if shift is group_favoured:
        turned = (groups == 0) & some_rows(trial, 0.9)
        answers = [1 if turn else value for value, turn in zip(answers, turned, strict=True)]
    baseline = records(trial.x, trial.given(trial.x), before, trial.y)
    current = records(trial.now_x, answers, groups)
    judged = (
        Labelled(baseline, [float(label) for label in trial.y]),
        Labelled(current, [float(label) for label in trial.now_y]),
    )
    # A class is a code: its number says nothing about its size.
    options = replace(OPTIONS, checks=(check,), ignore=() if check == "fairness" else ("group",))
    found = report(baseline, current, judged, options)["checks"][check]["status"]
    return None if found == "insufficient_data" else bool(found == "drifted")


def main() -> None:
    seeds = int(sys.argv[1])
    wanted = sys.argv[2:] or list(LOADERS)
    found = []
    for name in wanted:
        for check, shifts in SHIFTS.items():
            if name == "breast cancer, means" and check != "attribution_drift":
                continue  # the same rows once more
            if check == "fairness" and (name in REGRESSION or name in ("iris", "wine")):
                continue  # no classes, or groups below thirty rows
            for shift in (nothing, *shifts):
                decided = [decide(name, check, shift, seed) for seed in range(seeds)]
                found.append(
                    {
                        "data": name,
                        "check": check,
                        "shift": shift.__name__,
                        "runs": sum(item is not None for item in decided),
                        "alarms": sum(item is True for item in decided),
                    }
                )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
