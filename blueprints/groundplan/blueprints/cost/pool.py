"""The usage that shares a Savings Plan, in the order in which AWS covers it."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.cost.usage import Hours, OtherUsage, UsageLine
from groundplan.blueprints.errors import InputError

RATIO_DIGITS = 12
"""Savings percentages that agree in so many decimals are equal: what is left is rounding."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Entry:
    """One line of the pool at its place in the order of application."""

    id: str
    """Name of the line."""

    rate: float
    """Commitment that one unit takes, USD."""

    worth: float
    """What one unit costs on demand, USD."""

    slope: float
    """On-demand USD that one USD of commitment replaces in the bill that is minimised."""

    counted: bool
    """Whether its bill is part of the cost to minimise."""

    other: bool
    """Whether it is usage elsewhere, which keeps its size when demand changes."""

    units: NDArray[Any]
    """Instance-hours by clock hour; a single value stands for every hour."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pool:
    """All usage of one commitment over the horizon."""

    entries: tuple[Entry, ...]
    """What a plan covers, in the order in which it does."""

    hours: int
    """Clock hours of the horizon."""

    eligible_usd: float
    """What the counted entries cost on demand over the horizon."""

    rest_usd: float
    """What usage that no plan covers costs over the horizon."""

    assumed: bool
    """Whether any plan rate comes from an assumed discount."""

    def scaled(self, factor: float) -> "Pool":
        """The pool when the lines, but not the usage elsewhere, become ``factor`` times as much."""
        entries = tuple(
            entry
            if entry.other
            else replace(entry, rate=entry.rate * factor, worth=entry.worth * factor)
            for entry in self.entries
        )
        return replace(
            self,
            entries=entries,
            eligible_usd=_on_demand(entries, self.hours),
            rest_usd=self.rest_usd * factor,
        )

    def groups(self) -> Iterator[tuple[float, list[Entry]]]:
        """Neighbours of one slope: within such a group the order changes no cost."""
        group: list[Entry] = []
        for entry in self.entries:
            if group and not math.isclose(entry.slope, group[0].slope, rel_tol=1e-11):
                yield group[0].slope, group
                group = []
            group.append(entry)
        if group:
            yield group[0].slope, group

    def demand(self) -> Hours:
        """Commitment that would cover everything, by clock hour."""
        total = np.zeros(self.hours)
        for entry in self.entries:
            total += entry.units * entry.rate
        return total


def pool(lines: Sequence[UsageLine], other_usage: Sequence[OtherUsage] = ()) -> Pool:
    """Sort what a Savings Plan covers into AWS's order of application.

    The owner account's usage comes first, then that of the other accounts; within each the highest
    savings percentage first, equal ones by the lowest plan rate. Lines without a plan rate are
    never covered. The id breaks the last tie, so that the order does not depend on the input's.
    Usage elsewhere has no rate of an instance: what only takes commitment away wins its ties.

    Source: "How Savings Plans apply to your AWS usage", AWS Savings Plans user guide, read
    2026-11-21.

    Args:
        lines: The usage; one for each account, component, instance type and region, or finer.
        other_usage: Usage elsewhere in the organisation.

    Raises:
        InputError: If there is no line, two have one id, or their hours differ in number.
    """
    length = _horizon(lines, other_usage)
    found: list[tuple[tuple[bool, float, bool, float, str], Entry]] = []
    for line in lines:
        if line.plan_rate is None:
            continue
        rate, worth = float(line.plan_rate), float(line.on_demand)
        ratio = round(rate / worth, RATIO_DIGITS)
        entry = Entry(
            id=line.id,
            rate=rate,
            worth=worth,
            slope=worth / rate,
            counted=True,
            other=False,
            units=line.hours,
        )
        found.append(((not line.owner, ratio, True, rate, line.id), entry))
    for other in other_usage:
        ratio = 1.0 if other.discount is None else 1 - other.discount
        entry = Entry(
            id=other.id,
            rate=ratio,
            worth=1.0,
            slope=1 / ratio if other.counted else 0.0,
            counted=other.counted,
            other=True,
            units=np.atleast_1d(np.asarray(other.usd_per_hour, dtype=np.float64)),
        )
        # An unknown saving is ranked before every known one: no plan rate is 0.
        rank = 0.0 if other.discount is None else round(ratio, RATIO_DIGITS)
        found.append(((not other.owner, rank, other.counted, ratio, other.id), entry))
    entries = tuple(entry for _, entry in sorted(found, key=lambda pair: pair[0]))
    rest = (line.on_demand * float(line.hours.sum()) for line in lines if line.plan_rate is None)
    return Pool(
        entries=entries,
        hours=length,
        eligible_usd=_on_demand(entries, length),
        rest_usd=math.fsum(rest),
        assumed=any(line.assumed and line.plan_rate is not None for line in lines),
    )


def _on_demand(entries: Sequence[Entry], hours: int) -> float:
    return math.fsum(
        entry.worth * float(entry.units.sum()) * (hours if entry.units.size == 1 else 1)
        for entry in entries
        if entry.counted
    )


def _horizon(lines: Sequence[UsageLine], other_usage: Sequence[OtherUsage]) -> int:
    if not lines:
        raise InputError("usage", "no usage line", got=0, fix="give at least one line")
    length = int(lines[0].hours.shape[0])
    for line in lines:
        if line.hours.shape[0] != length:
            raise InputError(
                f"usage line {line.id}: hours",
                f"not the {length} clock hours of {lines[0].id}",
                got=line.hours.shape[0],
                fix="give every line the same hours, a week (168) or a year (8760)",
            )
    for other in other_usage:
        if np.size(other.usd_per_hour) not in (1, length):
            raise InputError(
                f"other usage {other.id}: usd_per_hour",
                f"not the {length} clock hours of the lines",
                got=np.size(other.usd_per_hour),
                fix="give one number, or one for each clock hour",
            )
    names = sorted([line.id for line in lines] + [other.id for other in other_usage])
    for name, following in itertools.pairwise(names):
        if name == following:
            raise InputError(
                "usage", "two lines with one id", got=name, fix="name each line differently"
            )
    return length
