"""The bill as a function of the commitment: piecewise linear, exact, in flat memory."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.cost.pool import Pool
from groundplan.blueprints.cost.usage import Hours

BINS = 4096
"""Parts into which the commitments are cut. More cost time in the first pass, fewer in the next."""


class BillCurve:
    """What a commitment of x USD an hour adds to the bill on demand, for every x at once.

    In an hour in which everything covered needs n USD of commitment, x adds x and takes away what
    the first min(x, n) USD cover, at on-demand prices. The sum over the hours is piecewise linear.
    Its kinks are, for each hour, the sums of needs up to each line in the order of application.
    It is convex where savings fall along that order, and not where the owner's usage, which comes
    first, saves less than other accounts'.

    A kink for each line and hour would be tens of millions of numbers to sort. Instead the kinks
    are counted into bins while one hour-vector runs through the lines. This gives the exact values
    at the bins' edges and a lower bound inside each; only bins that may hold what is looked
    for are then filled with their kinks, in a second pass.
    """

    edges: Hours
    """Commitments at the edges of the bins, USD an hour, from 0 to ``top``."""

    values: Hours
    """What each edge adds to the bill on demand, USD over the horizon; 0 at the first."""

    lower: Hours
    """A bound that the curve does not go below, for each bin."""

    steepest: float
    """A bound of the curve's slope, in USD over the horizon for each USD an hour."""

    slope_beyond: int
    """Slope above ``top``, where all that is added is lost: the clock hours of the horizon."""

    def __init__(self, usage: Pool, top: float) -> None:
        """Count the kinks.

        Args:
            usage: The pool.
            top: Above the largest commitment that any hour can use.
        """
        self._usage = usage
        self.slope_beyond = usage.hours
        self.edges = np.linspace(0.0, top, BINS + 1)
        self._width = top / BINS
        rising, falling, moment = np.zeros(BINS), np.zeros(BINS), np.zeros(BINS)
        slopes = [slope for slope, _ in usage.groups()]
        for change, _, position, index in self._kinks():
            counts = np.bincount(index, minlength=BINS)
            if change > 0:
                rising += change * counts
            else:
                falling -= change * counts
            position -= index
            np.subtract(1.0, position, out=position)
            moment += change * np.bincount(index, weights=position, minlength=BINS)
        first = usage.hours * (1.0 - (slopes[0] if slopes else 0.0))
        after = first + np.cumsum(rising - falling)
        self._left = np.concatenate([[first], after[:-1]])
        self.values = np.concatenate([[0.0], np.cumsum((self._left + moment) * self._width)])
        # Inside a bin the slope stays above that of its left edge less all that falls, and below
        # that of its right edge plus all that falls.
        self.lower = np.maximum(
            self.values[:-1] + np.minimum(0.0, self._left - falling) * self._width,
            self.values[1:] - np.maximum(0.0, after + falling) * self._width,
        )
        self.steepest = usage.hours * max([1.0, *slopes])

    def bin_of(self, commitments: Hours) -> NDArray[np.int64]:
        """Number of the bin that holds each commitment; the last for what is above."""
        index = np.minimum(commitments * (BINS / self.edges[-1]), BINS - 1)
        found: NDArray[np.int64] = index.astype(np.int64)
        return found

    def nodes(self, wanted: NDArray[np.bool_]) -> tuple[Hours, Hours]:
        """Kinks and edges of some bins with their values, ascending; linear between neighbours.

        Args:
            wanted: For each bin whether to fill it; at least one.
        """
        places, changes, bins = [], [], []
        for change, reach, _, index in self._kinks():
            chosen = wanted[index]
            if chosen.any():
                places.append(reach[chosen])
                bins.append(index[chosen])
                changes.append(np.full(places[-1].size, change))
        starts = np.flatnonzero(wanted)
        edge_places = np.concatenate([self.edges[starts], self.edges[starts + 1]])
        edge_values = np.concatenate([self.values[starts], self.values[starts + 1]])
        if not places:
            order = np.argsort(edge_places, kind="stable")
            return edge_places[order], edge_values[order]
        place, change_at = np.concatenate(places), np.concatenate(changes)
        index = np.concatenate(bins)
        order = np.argsort(place, kind="stable")
        place, change_at, index = place[order], change_at[order], index[order]
        offset = place - self.edges[index]
        total, weighted = np.cumsum(change_at), np.cumsum(change_at * offset)
        begin = np.searchsorted(index, index, side="left")  # first kink of the same bin
        before = np.concatenate([[0.0], total])[begin]
        before_weighted = np.concatenate([[0.0], weighted])[begin]
        value = (
            self.values[index]
            + self._left[index] * offset
            + (total - before) * offset
            - (weighted - before_weighted)
        )
        all_places = np.concatenate([edge_places, place])
        all_values = np.concatenate([edge_values, value])
        unique, first = np.unique(all_places, return_index=True)
        return unique, all_values[first]

    def at(self, commitment: float) -> float:
        """What one commitment adds to the bill on demand, USD over the horizon."""
        beyond = commitment - float(self.edges[-1])
        if beyond >= 0:
            return float(self.values[-1]) + self._usage.hours * beyond
        wanted = np.zeros(BINS, dtype=bool)
        wanted[self.bin_of(np.array([commitment]))] = True
        places, values = self.nodes(wanted)
        return float(np.interp(commitment, places, values))

    def _kinks(self) -> Iterator[tuple[float, Hours, Hours, NDArray[np.int32]]]:
        """For each group of lines: change of slope, kinks by hour, their place in bins, bins.

        The kinks are one array that grows from group to group: copy what is kept.
        """
        reach, part = np.zeros(self._usage.hours), np.empty(self._usage.hours)
        scale = BINS / self.edges[-1]
        slopes = [slope for slope, _ in self._usage.groups()]
        after = [*slopes[1:], 0.0][: len(slopes)]  # nothing at all where nothing has a plan rate
        for (slope, group), following in zip(self._usage.groups(), after, strict=True):
            for entry in group:
                np.multiply(entry.units, entry.rate, out=part)
                reach += part
            position = reach * scale
            index = np.minimum(position.astype(np.int32), BINS - 1)
            yield slope - following, reach, position, index


def top_of(usages: Iterable[Pool], step: float) -> float:
    """A commitment a few steps above the largest that any hour of the pools can use.

    The steps leave room for the best commitment that is sold, which may be just above.
    """
    return max(float(usage.demand().max()) for usage in usages) + 3 * step
