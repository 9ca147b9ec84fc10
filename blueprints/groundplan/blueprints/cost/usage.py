"""Usage that a Savings Plan may cover."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.catalogue import Component
from groundplan.blueprints.errors import InputError

Hours = NDArray[np.float64]
"""Values by clock hour, one dimension."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsageLine:
    """Instance-hours of one instance type, component, region and account."""

    id: str
    """Name of the line, such as ``prod/fraud/hosting``; unique among the lines of a pool."""

    account: str
    """Account that is billed."""

    owner: bool
    """Whether that account owns the Savings Plan: its usage is covered first."""

    component: Component
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
