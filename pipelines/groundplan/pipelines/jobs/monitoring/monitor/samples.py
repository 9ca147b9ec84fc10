"""Two samples: how sure it is that they differ, and by how much.

Both are needed. With many rows every difference is significant, with few every distance is large.
Evidently's chi-square takes the baseline for the exact distribution, which makes far too many
alarms when it is a sample as well; so categories are tested by the contingency of both samples.
"""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, fisher_exact

os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently would report its use

import pandas as pd
from evidently.legacy.calculations.stattests import (
    jensenshannon_stat_test,
    ks_stat_test,
    wasserstein_stat_test,
)
from evidently.legacy.core import ColumnType

MIN_DISTANCE = 0.1
"""Evidently's own default of both distances."""
MIN_MISSING = 0.05
"""Difference between shares of missing values that matters."""


def numbers(baseline: NDArray[Any], current: NDArray[Any]) -> tuple[str, float, float]:
    """Kolmogorov-Smirnov's p-value, and Wasserstein's distance in the baseline's deviations."""
    sides = pd.Series(baseline), pd.Series(current)
    p = ks_stat_test(*sides, ColumnType.Numerical, None).drift_score
    distance = wasserstein_stat_test(*sides, ColumnType.Numerical, None).drift_score
    return "ks, wasserstein", float(p), float(distance)


def categories(baseline: NDArray[Any], current: NDArray[Any]) -> tuple[str, float, float]:
    """The p-value of the chi-square test of homogeneity, and the Jensen-Shannon distance."""
    levels = sorted({*baseline, *current})
    counts = np.array([[np.sum(side == level) for level in levels] for side in (baseline, current)])
    p = 1.0 if len(levels) == 1 else float(chi2_contingency(_merged(counts)).pvalue)
    sides = pd.Series(baseline), pd.Series(current)
    distance = jensenshannon_stat_test(*sides, ColumnType.Categorical, None).drift_score
    return "chi-square, jensen-shannon", p, float(distance)


def missing(counts: tuple[int, int], rows: tuple[int, int]) -> tuple[float, float]:
    """Fisher's p-value of the counts of missing values, and the difference of their shares."""
    table = [[counts[side], rows[side] - counts[side]] for side in (0, 1)]
    return float(fisher_exact(table).pvalue), abs(counts[0] / rows[0] - counts[1] / rows[1])


def _merged(counts: NDArray[Any]) -> NDArray[Any]:
    """Levels too rare for chi-square (fewer than ten rows on both sides together) made one."""
    rare = counts.sum(axis=0) < 10
    if not rare.any():
        return counts
    rest = counts[:, rare].sum(axis=1, keepdims=True)
    kept = np.hstack([counts[:, ~rare], rest])
    return kept if kept.shape[1] > 1 else counts
