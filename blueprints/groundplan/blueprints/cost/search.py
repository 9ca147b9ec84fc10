"""Commitments that AWS sells at which a largest of several bills is lowest, or not above 0."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.cost.curve import BINS, BillCurve
from groundplan.blueprints.cost.usage import Hours

GRANULARITY = Decimal("0.00001")
"""Smallest step of a commitment, USD an hour."""

SMALLEST = Decimal("0.001")
"""Smallest commitment, USD an hour."""

LARGEST = Decimal(1_000_000)
"""Largest commitment, USD an hour.

Source of the three: CreateSavingsPlan, botocore 1.44.5.
"""

FIRST_STEP = float(SMALLEST)
"""Gap between the commitments 0 and the smallest one, USD an hour."""

CHUNK = 64
"""Bins that are filled at once when the search goes down from the largest commitment."""


@dataclass(frozen=True, slots=True)
class Lowest:
    """Where the largest of the bills is lowest."""

    smallest: Decimal
    """The smallest such commitment, USD an hour."""

    largest: Decimal
    """The largest one between which and the smallest all are equal."""

    value: float
    """The largest of the bills there, offsets included, USD over the horizon."""


@dataclass(frozen=True, slots=True)
class Search:
    """Several bills over one range of commitments, and the commitments that can be bought.

    The curves share their edges. ``offsets`` are added to their values. Commitments to buy count
    from ``existing`` on, in steps of ``granularity``; values within ``tolerance`` of each other
    (USD over the horizon) are equal, because the rest is rounding.
    """

    curves: Sequence[BillCurve]
    offsets: Sequence[float]
    existing: Decimal
    granularity: Decimal
    tolerance: float

    def lowest(self) -> Lowest:
        """Where the largest of the bills is lowest over what can be bought, exactly.

        Between two neighbouring kinks (or crossings of two curves) everything is linear, so the
        best commitment that is sold is next to a kink, a crossing or an end of the range.
        """
        start = float(self.existing)
        edges = self.curves[0].edges
        if start >= edges[-1]:  # everything is covered already: more can only cost
            return Lowest(Decimal(0), Decimal(0), self._value(start))
        first = int(self.curves[0].bin_of(np.array([start]))[0])
        last = int(self.curves[0].bin_of(np.array([start + float(LARGEST)]))[0])
        lower = self._largest([curve.lower for curve in self.curves])
        values = self._largest([curve.values for curve in self.curves])
        # A commitment that is sold lies within one step of every edge, the first step apart.
        steepest = max(curve.steepest for curve in self.curves)
        slack = max(float(self.granularity), FIRST_STEP) * steepest + self.tolerance
        known = values[first + 1 : last + 1]
        bound = (float(known.min()) if known.size else np.inf) + slack
        wanted = np.zeros(BINS, dtype=bool)
        wanted[first : last + 1] = lower[first : last + 1] <= bound
        places, heights = self._nodes(wanted)
        steps = self._steps(places)
        at = start + steps * float(self.granularity)
        steps, at = steps[inside := self._inside(at, wanted)], at[inside]
        found = np.interp(at, places, heights)
        limit = float(found.min()) + self.tolerance
        best = int(np.flatnonzero(found <= limit)[0])
        # Equal ones end at the first that is worse, or where the next bin was not worth filling.
        bins = self.curves[0].bin_of(at[best:])
        filled = int(np.argmin(np.append(wanted[bins[0] :], False)))
        same = (found[best:] <= limit) & (bins < bins[0] + filled)
        reach = best + (same.size if same.all() else int(np.argmin(same))) - 1
        return Lowest(self._sold(steps[best]), self._sold(steps[reach]), float(found[best]))

    def largest_free(self) -> Decimal:
        """The largest commitment at which none of the bills is above 0; 0 if none is."""
        start = float(self.existing)
        curves = self.curves
        top = float(curves[0].edges[-1])
        end = self._value(max(top, start))
        if end <= self.tolerance:  # beyond the top each USD an hour is lost in every hour
            slope = curves[0].slope_beyond
            reach = max(top, start) - min(0.0, end) / slope
            steps = self._steps(np.array([reach]))
            beyond = [self._value(start + step * float(self.granularity)) for step in steps]
            return self._last_free(steps, np.array(beyond))
        first = int(curves[0].bin_of(np.array([start]))[0])
        lower = self._largest([curve.lower for curve in curves])
        candidates = np.flatnonzero(lower <= self.tolerance)
        candidates = candidates[candidates >= first][::-1]
        for position in range(0, candidates.size, CHUNK):
            wanted = np.zeros(BINS, dtype=bool)
            wanted[candidates[position : position + CHUNK]] = True
            places, heights = self._nodes(wanted)
            steps = self._steps(np.concatenate([places, _roots(places, heights)]))
            at = start + steps * float(self.granularity)
            steps, at = steps[inside := self._inside(at, wanted)], at[inside]
            free = self._last_free(steps, np.interp(at, places, heights))
            if free > 0:
                return free
        return Decimal(0)

    def _last_free(self, steps: Hours, heights: Hours) -> Decimal:
        free = steps[heights <= self.tolerance]
        return self._sold(free[-1]) if free.size else Decimal(0)

    def _inside(self, at: Hours, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = wanted[self.curves[0].bin_of(at)]
        inside &= at <= self.curves[0].edges[-1]
        return inside

    def _nodes(self, wanted: NDArray[np.bool_]) -> tuple[Hours, Hours]:
        """Kinks of the largest of the curves in some bins, crossings included, and its values."""
        found = [curve.nodes(wanted) for curve in self.curves]
        if len(found) == 1:
            return found[0][0], found[0][1] + self.offsets[0]
        places = np.unique(np.concatenate([place for place, _ in found]))
        heights = [
            np.interp(places, place, value) + offset
            for (place, value), offset in zip(found, self.offsets, strict=True)
        ]
        crossings = [places]
        for one, other in itertools.combinations(heights, 2):
            crossings.append(_roots(places, one - other))
        every = np.unique(np.concatenate(crossings))
        return every, self._largest([np.interp(every, places, height) for height in heights], False)

    def _steps(self, places: Hours) -> Hours:
        """Whole numbers of steps next to places, of commitments that are sold, ascending."""
        near = np.floor((places - float(self.existing)) / float(self.granularity))
        low = (SMALLEST / self.granularity).to_integral_value(rounding=ROUND_CEILING)
        high = float(LARGEST // self.granularity)
        ends = np.array([0.0, float(low), high])
        steps = np.unique(np.concatenate([near, near + 1, ends]))
        sold: Hours = steps[(steps == 0) | ((steps >= float(low)) & (steps <= high))]
        return sold

    def _sold(self, steps: float) -> Decimal:
        return (int(steps) * self.granularity).normalize() + Decimal("0.00000")

    def _value(self, commitment: float) -> float:
        return max(
            curve.at(commitment) + offset
            for curve, offset in zip(self.curves, self.offsets, strict=True)
        )

    def _largest(self, arrays: Sequence[Hours], offsets: bool = True) -> Hours:
        result = np.full(arrays[0].shape, -np.inf)
        for array, offset in zip(arrays, self.offsets, strict=True):
            np.maximum(result, array + (offset if offsets else 0.0), out=result)
        return result


def _roots(places: Hours, heights: Hours) -> Hours:
    """Where a piecewise linear function crosses 0 inside a piece."""
    left, right = heights[:-1], heights[1:]
    crossing = np.flatnonzero(left * right < 0)
    share = left[crossing] / (left[crossing] - right[crossing])
    return places[crossing] + share * (places[crossing + 1] - places[crossing])
