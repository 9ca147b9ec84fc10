"""Has the weight of the features in the answers changed?

The job has no model, so a linear surrogate of the answers stands for it: fitted on the requests and
their answers, once for the baseline and once for what was captured. A feature's attribution is the
mean absolute share that it has in the surrogate's answer (the SHAP value of a linear model). The two
rankings are compared as SageMaker Clarify does, by normalised discounted cumulative gain, and the
result with what resampling the baseline alone gives. Weights that a line does not see are not seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .capture import Record
from .columns import Kind, cells, kind_of, number, outputs, text
from .options import Options
from .outcome import Outcome, insufficient

MAX_NDCG = 0.9
"""Clarify's own bound, above which a ranking counts as the same."""
MIN_ROWS = 100
ROWS_A_FEATURE = 10
"""Below these a surrogate's ranking is mostly chance, and so is resampling it."""
RIDGE = 1e-3
MAX_DRAWS = 1000
MAX_FEATURES = 100
MAX_ROWS = 5000
SEED = 0

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Coding:
    """How one column becomes numbers: centred and scaled by the baseline, or one for each level."""

    name: str
    kind: Kind
    center: float
    scale: float
    levels: tuple[str, ...]

    def encode(self, values: Sequence[Any]) -> Matrix:
        """One row a value; what is missing or unknown is the baseline's mean."""
        if self.kind == "category":
            found = [text(value) for value in values]
            return np.array([[float(item == level) for level in self.levels] for item in found])
        numbers = np.array([number(value) for value in values], dtype=float)
        return np.nan_to_num((numbers - self.center) / self.scale)[:, None]


def coding(name: str, values: Sequence[Any]) -> Coding | None:
    """The coding of a column of the baseline, ``None`` where it cannot weigh."""
    kind = kind_of(values)
    if kind == "category":
        return Coding(name, kind, 0.0, 1.0, tuple(sorted({text(item) for item in values} - {""})))
    if kind is None:
        return None
    numbers = np.array([number(value) for value in values], dtype=float)
    scale = float(np.nanstd(numbers))
    return Coding(name, kind, float(np.nanmean(numbers)), scale, ()) if scale > 0 else None


def attribution(x: Matrix, y: Matrix, features: NDArray[np.int64], center: Matrix) -> Matrix:
    """Mean absolute share of each feature in the answers of a ridge regression of y on x."""
    centred = x - x.mean(axis=0)
    gram = centred.T @ centred + RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (y - y.mean(axis=0)))
    found = np.zeros(int(features.max()) + 1)
    for feature in range(len(found)):
        own = features == feature
        found[feature] = np.abs((x[:, own] - center[own]) @ weights[own]).mean()
    return found


def ndcg(baseline: Matrix, current: Matrix) -> float:
    """Gain of the current order by the baseline's attributions, 1 for the same order."""
    discount = 1 / np.log2(np.arange(2, len(baseline) + 2))
    ideal = float(np.sort(baseline)[::-1] @ discount)
    order = np.argsort(-current, kind="stable")
    return float(baseline[order] @ discount) / ideal if ideal > 0 else 1.0


def attribution_drift(baseline: list[Record], current: list[Record], options: Options) -> Outcome:
    """Whether the ranking of the features changed by more than resampling explains."""
    counts = {"baseline_rows": len(baseline), "rows": len(current)}
    if min(counts.values()) < max(MIN_ROWS, options.min_rows):
        return insufficient(**counts)
    baseline, current = baseline[:MAX_ROWS], current[:MAX_ROWS]
    ignored = {*options.ignore, options.label}
    asked = dict.fromkeys(name for record in current for name in record.row)
    names = [name for name in asked if name not in ignored][:MAX_FEATURES]
    inputs = _codings((name, cells(baseline, name)) for name in names)
    answers = _codings(outputs(baseline).items())
    if len(inputs) < 2 or not answers:
        return insufficient(features=len(inputs), outputs=len(answers))
    coded = sum(max(1, len(item.levels)) for item in inputs)
    if min(counts.values()) < ROWS_A_FEATURE * coded:
        return insufficient(**counts, coded_features=coded)
    features = np.repeat(np.arange(len(inputs)), [max(1, len(item.levels)) for item in inputs])
    x, y = _matrices(baseline, inputs, answers)
    z, t = _matrices(current, inputs, answers)
    center = x.mean(axis=0)
    before, now = attribution(x, y, features, center), attribution(z, t, features, center)
    found = ndcg(before, now)
    random = np.random.default_rng(SEED)
    draws = min(MAX_DRAWS, ceil(2 / options.significance))
    worse = 0
    for _ in range(draws):
        one = random.integers(len(x), size=len(x))
        other = random.integers(len(x), size=len(z))
        worse += found >= ndcg(
            attribution(x[one], y[one], features, x[one].mean(axis=0)),
            attribution(x[other], y[other], features, x[one].mean(axis=0)),
        )
    p = (1 + worse) / (1 + draws)
    ranked = np.argsort(-now, kind="stable")
    return Outcome(
        drifted=p <= options.significance and found < MAX_NDCG,
        metrics={"ndcg": found},
        details={
            "p": p,
            "features": {
                inputs[index].name: {
                    "attribution": float(now[index]),
                    "before": float(before[index]),
                }
                for index in ranked
            },
        },
    )


def _codings(columns: Iterable[tuple[str, Sequence[Any]]]) -> list[Coding]:
    found = [coding(name, values) for name, values in columns]
    return [item for item in found if item is not None]


def _matrices(
    records: list[Record], inputs: list[Coding], answers: list[Coding]
) -> tuple[Matrix, Matrix]:
    given = outputs(records)
    empty = [None] * len(records)
    x = np.hstack([item.encode(cells(records, item.name)) for item in inputs])
    y = np.hstack([item.encode(given.get(item.name, empty)) for item in answers])
    return x, y
