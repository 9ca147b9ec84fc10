"""Collects the lines of a project's bill, and the usage that a Savings Plan may cover."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from groundplan.blueprints.cost.lines import (
    HOURS_PER_MONTH,
    CostLine,
    Kind,
    NotCounted,
    UnitPrice,
    quantity,
)
from groundplan.blueprints.cost.usage import Hours
from groundplan.blueprints.plan.names import Place

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.catalogue.prices import Component, PlanRate, Price, ServicePrice

INSTANCE_HOUR = "instance-hour"
"""Unit of everything that runs on instances."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InstanceUse:
    """Instance-hours of one line by clock hour."""

    line: CostLine
    """The line of the bill."""

    component: "Component"
    """What the hours are billed as."""

    instance_type: str
    """Name, such as ``ml.m5.xlarge``."""

    hours: Hours
    """Instance-hours that are certain, shape (168,) or (8760,); a week begins on Monday, UTC."""

    hours_most: Hours
    """Instance-hours at most, the same shape."""

    steady: bool
    """Whether it is known in which hours it runs; a commitment does not count on the rest."""

    @property
    def spot(self) -> bool:
        """Whether it runs on spare capacity, which no Savings Plan covers."""
        return self.line.kind == "spot_training"


@dataclass(slots=True, kw_only=True)
class Collector:
    """Lines of one project while they are found."""

    project: str
    """Name of the project."""

    book: "PriceBook"
    """Known prices."""

    lines: list[CostLine] = field(default_factory=list)
    """Found so far."""

    uses: list[InstanceUse] = field(default_factory=list)
    """Found so far."""

    not_counted: list[NotCounted] = field(default_factory=list)
    """Found so far."""

    def skip(self, environment: str, what: str, why: str) -> None:
        """Name something that is not counted."""
        self.not_counted.append(
            NotCounted(project=self.project, environment=environment, what=what, why=why)
        )

    def add(
        self,
        environment: str,
        place: Place,
        name: str,
        kind: Kind,
        what: str,
        unit: str,
        amount: tuple[Decimal | float, Decimal | float],
        price: UnitPrice | None,
    ) -> CostLine:
        """Add a line of a quantity at least and at most; return it."""
        line = CostLine(
            id=f"{self.project}/{environment}/{name}",
            project=self.project,
            environment=environment,
            account=place.account,
            region=place.region,
            kind=kind,
            what=what,
            unit=unit,
            least=quantity(amount[0]),
            most=quantity(amount[1]),
            price=price,
        )
        self.lines.append(line)
        return line

    def service(
        self,
        environment: str,
        place: Place,
        name: str,
        kind: Kind,
        what: str,
        unit: str,
        amount: Decimal | float,
        priced: str,
        least: Decimal | float | None = None,
    ) -> None:
        """Add a line of something that is not an instance, unless there is none of it.

        Args:
            environment: Environment, or ``tooling`` or ``data``.
            place: Account and region.
            name: Last parts of the line's id.
            kind: What it is for.
            what: What it is, for a reader.
            unit: Unit of the quantity.
            amount: Quantity a month.
            priced: Name of its price in the book.
            least: Quantity that is certain. Default: all of it.
        """
        if not amount:
            return
        known = self.book.service(priced, place.region)
        certain = amount if least is None else least
        price = None if known is None else unit_price(known, known.usd)
        self.add(environment, place, name, kind, what, unit, (certain, amount), price)

    def instances(
        self,
        environment: str,
        place: Place,
        name: str,
        kind: Kind,
        what: str,
        *,
        component: "Component",
        instance_type: str,
        hours: Hours,
        hours_most: Hours,
        steady: bool,
        spot_saving: Decimal | None = None,
    ) -> None:
        """Add a line of instance-hours, unless there are none.

        Args:
            environment: Environment.
            place: Account and region.
            name: Last parts of the line's id.
            kind: What it is for.
            what: What it is, for a reader.
            component: What it is billed as.
            instance_type: Instance type.
            hours: Instance-hours that are certain, by clock hour.
            hours_most: Instance-hours at most, by clock hour.
            steady: Whether it is known in which hours it runs.
            spot_saving: What spare capacity is assumed to save. Default: nothing is assumed.
        """
        if not hours_most.any():
            return
        known = self.book.on_demand(instance_type, component, place.region)
        price = None if known is None else unit_price(known, known.usd_per_hour)
        if price is not None and kind == "spot_training":
            price = _spot(price, spot_saving)
        line = self.add(
            environment, place, name, kind, what, INSTANCE_HOUR,
            (monthly(hours), monthly(hours_most)), price,
        )  # fmt: skip
        self.uses.append(
            InstanceUse(
                line=line,
                component=component,
                instance_type=instance_type,
                hours=hours,
                hours_most=hours_most,
                steady=steady,
            )
        )


def monthly(hours: Hours) -> Decimal:
    """Return what hours of a week or a year come to in a month of 730 hours."""
    return Decimal(str(float(hours.sum()))) * HOURS_PER_MONTH / len(hours)


def unit_price(known: "Price | PlanRate | ServicePrice", usd: Decimal) -> UnitPrice:
    """Return a price of the book as that of a line."""
    return UnitPrice(usd=usd, source=known.source, date=known.date, confidence=known.confidence)


def _spot(price: UnitPrice, saving: Decimal | None) -> UnitPrice:
    assumed = saving is not None
    return UnitPrice(
        usd=price.usd * (1 - saving) if saving is not None else price.usd,
        source=price.source,
        date=price.date,
        confidence=price.confidence,
        assumption=f"ASSUMED: spare capacity saves {saving:.0%}"
        if assumed
        else "price on demand: what spare capacity saves is not known",
        at_most=not assumed,
    )
