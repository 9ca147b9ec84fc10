"""Usage that a Savings Plan may cover, and the order in which it covers it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.errors import InputError

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.prices import Component

Hours = NDArray[np.float64]
"""Values by clock hour, one dimension."""

RATIO_DIGITS = 12
"""Savings percentages that agree in so many decimals are equal: what is left is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsageLine:
    """Instance-hours of one instance type, component, region and account."""

    id: str
    """Name of the line, such as ``prod/fraud/hosting``; unique among the lines of a pool."""

    account: str
    """Account that is billed."""

    owner: bool
    """Whether that account owns the Savings Plan: its usage is covered first."""

    component: "Component"
    """What runs."""

    instance_type: str
    """Name, such as ``ml.m5.xlarge``."""

    region: str
    """Region, such as ``eu-west-1``."""

    hours: NDArray[Any]
    """Instance-hours in each clock hour, integers or floats; the same length in all lines."""

    on_demand: float
    """USD per instance-hour on demand."""

    plan_rate: float | None
    """USD per instance-hour under the plan; None for what no plan covers (spot, serverless) and
    for what has no known rate."""

    assumed: bool = False
    """Whether the plan's rate comes from an assumed discount. Default: it is a published rate."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            InputError: If hours are not finite numbers of at least 0 in one dimension, or a rate
                is not positive, or the plan's rate is above the rate on demand.
        """
        _check_hours(f"usage line {self.id}: hours", self.hours)
        _check_rate(f"usage line {self.id}: on_demand", self.on_demand)
        if self.plan_rate is not None:
            _check_rate(f"usage line {self.id}: plan_rate", self.plan_rate)
            if self.plan_rate > self.on_demand:
                raise InputError(
                    f"usage line {self.id}: plan_rate",
                    f"above the rate on demand of {self.on_demand!r}",
                    got=self.plan_rate,
                    fix="give both rates for the same instance type, component and region",
                )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OtherUsage:
    """Usage elsewhere in the organisation that takes a part of the commitment."""

    usd_per_hour: float | Hours
    """Its cost on demand, USD an hour: the same in every hour, or by clock hour."""

    discount: float | None = None
    """What the plan saves on it, from 0 to 1 (exclusive). Default: not known; then it comes before
    all other usage of its account's standing and saves nothing, which is the cautious reading."""

    owner: bool = False
    """Whether it runs in the account that owns the plan. Default: in another account."""

    counted: bool = True
    """Whether its bill is part of the cost to minimise (the organisation's bill). If not, it only
    takes commitment away. Default: it is part."""

    id: str = "other_sagemaker_usage"
    """Name in the bill."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            InputError: If the usage is negative or not finite, or the discount is not in [0, 1).
        """
        _check_hours(f"other usage {self.id}: usd_per_hour", np.atleast_1d(self.usd_per_hour))
        if self.discount is not None and not 0 <= self.discount < 1:
            raise InputError(
                f"other usage {self.id}: discount",
                "not a discount",
                got=self.discount,
                fix="give a share of at least 0 and below 1",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """One line of the pool at its place in the order of application."""

    id: str
    """Name of the line."""

    need: float
    """Commitment that one unit of ``units`` takes, USD: the plan's rate."""

    worth: float
    """What one unit costs on demand, USD."""

    slope: float
    """On-demand USD that one USD of commitment replaces in the bill that is minimised."""

    counted: bool
    """Whether its bill is part of the cost to minimise."""

    units: NDArray[Any]
    """Instance-hours by clock hour; a single value stands for every hour."""

    def scaled(self, factor: float) -> "Ranked":
        """The same with ``factor`` times the usage."""
        return Ranked(
            self.id,
            self.need * factor,
            self.worth * factor,
            self.slope,
            self.counted,
            self.units,
        )


def ranked(lines: Sequence[UsageLine], other_usage: Sequence[OtherUsage] = ()) -> list[Ranked]:
    """Sort what a Savings Plan covers into AWS's order of application.

    The owner account's usage comes first, then that of the other accounts; within each the highest
    savings percentage first, equal ones by the lowest plan rate. Lines without a plan rate are
    left out. The id breaks the last tie, so that the order never depends on the input's.

    Source: "How Savings Plans apply to your AWS usage", AWS Savings Plans user guide, read
    2026-11-21.

    Args:
        lines: The pool.
        other_usage: Usage elsewhere in the organisation.
    """
    found: list[tuple[tuple[bool, float, float, str], Ranked]] = []
    for line in lines:
        if line.plan_rate is None:
            continue
        ratio = round(line.plan_rate / line.on_demand, RATIO_DIGITS)
        key = (not line.owner, ratio, line.plan_rate, line.id)
        rate, worth = float(line.plan_rate), float(line.on_demand)
        found.append((key, Ranked(line.id, rate, worth, 1 / ratio, True, line.hours)))
    for other in other_usage:
        unknown = other.discount is None
        ratio = 1.0 if other.discount is None else round(1 - other.discount, RATIO_DIGITS)
        # An unknown saving comes first of all: no plan's rate is below 0 of the rate on demand.
        other_key = (not other.owner, 0.0 if unknown else ratio, ratio, other.id)
        slope = 1 / ratio if other.counted else 0.0
        units = np.atleast_1d(np.asarray(other.usd_per_hour, dtype=np.float64))
        found.append((other_key, Ranked(other.id, ratio, 1.0, slope, other.counted, units)))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def horizon(lines: Sequence[UsageLine], other_usage: Sequence[OtherUsage] = ()) -> int:
    """Number of clock hours that all lines have.

    Raises:
        InputError: If they differ, two lines have one id, or there is no line.
    """
    if not lines:
        raise InputError("usage", "no usage line", got=0, fix="give at least one line")
    length = int(lines[0].hours.shape[0])
    seen: set[str] = set()
    for line in lines:
        if line.hours.shape[0] != length:
            raise InputError(
                f"usage line {line.id}: hours",
                f"not the {length} clock hours of {lines[0].id}",
                got=int(line.hours.shape[0]),
                fix="give every line the same hours, a week (168) or a year (8760)",
            )
    for identity, other_hours in (
        *((line.id, length) for line in lines),
        *((other.id, np.size(other.usd_per_hour)) for other in other_usage),
    ):
        if identity in seen:
            raise InputError(
                "usage", "two lines with one id", got=identity, fix="name each line differently"
            )
        seen.add(identity)
        if other_hours not in (1, length):
            raise InputError(
                f"other usage {identity}: usd_per_hour",
                f"not the {length} clock hours of the lines",
                got=int(other_hours),
                fix="give one number, or one for each clock hour",
            )
    return length


def groups(entries: Sequence[Ranked]) -> Iterator[tuple[float, list[Ranked]]]:
    """Neighbours in the order with one slope: within such a group the order changes no cost."""
    group: list[Ranked] = []
    for entry in entries:
        if group and not math.isclose(entry.slope, group[0].slope, rel_tol=1e-11):
            yield group[0].slope, group
            group = []
        group.append(entry)
    if group:
        yield group[0].slope, group


def _check_hours(place: str, hours: NDArray[Any]) -> None:
    if hours.ndim != 1 or hours.size == 0 or not np.isrealobj(hours):
        raise InputError(
            place,
            "not one number for each clock hour",
            got=hours.shape,
            fix="give an array of one dimension",
        )
    low = hours.min()  # NaN if any is
    high = hours.max()
    if not (low >= 0 and high < math.inf):
        raise InputError(
            place,
            "not finite and at least 0",
            got=float(high if low >= 0 else low),
            fix="give the hours that are used, 0 where nothing runs",
        )


def _check_rate(place: str, rate: float) -> None:
    if not 0 < rate < math.inf:
        raise InputError(
            place,
            "not a price",
            got=rate,
            fix="give USD per instance-hour above 0, or leave the rate out where none is known",
        )
