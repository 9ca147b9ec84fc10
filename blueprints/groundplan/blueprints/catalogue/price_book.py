"""The prices that are known: those that come with groundplan, and those that a user imports."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from groundplan.blueprints.catalogue.price_rows import (
    SERVICE,
    Key,
    Row,
    read_file,
    read_rows,
)
from groundplan.blueprints.catalogue.prices import (
    SERVICES,
    Component,
    Confidence,
    Payment,
    PlanRate,
    Price,
    ServicePrice,
)
from groundplan.blueprints.errors import InputError

_OWN = ("prices.csv", "plan_rates.csv", "service_prices.csv")


class PriceBook:
    """Prices by what they are for. What is not in it is not known, and is never guessed."""

    def __init__(self, rows: Mapping[Key, Row]) -> None:
        """Take the rows; a price is only made of one when it is asked for."""
        self._rows = rows

    def on_demand(self, instance_type: str, component: Component, region: str) -> Price | None:
        """Return the price on demand of an instance-hour, or None if it is not known."""
        row = self._rows.get((instance_type, component, region, "", ""))
        if row is None:
            return None
        return Price(
            instance_type=instance_type,
            component=component,
            region=region,
            usd_per_hour=Decimal(row.usd),
            source=row.source,
            date=row.date,
            confidence=cast(Confidence, row.confidence),
        )

    def plan_rate(
        self,
        instance_type: str,
        component: Component,
        region: str,
        term_years: Literal[1, 3],
        payment: Payment,
    ) -> PlanRate | None:
        """Return the rate of an instance-hour under a Savings Plan, or None if it is not known."""
        row = self._rows.get((instance_type, component, region, str(term_years), payment))
        if row is None:
            return None
        return PlanRate(
            instance_type=instance_type,
            component=component,
            region=region,
            term_years=term_years,
            payment=payment,
            usd_per_hour=Decimal(row.usd),
            source=row.source,
            date=row.date,
            confidence=cast(Confidence, row.confidence),
        )

    def service(self, name: str, region: str) -> ServicePrice | None:
        """Return the price of a unit of another service, or None if it is not known.

        Raises:
            KeyError: If ``name`` is not one of ``SERVICES``: a mistake of the program, not a gap.
        """
        if name not in SERVICES:
            raise KeyError(name)
        row = self._rows.get((name, SERVICE, region, "", ""))
        if row is None:
            return None
        return ServicePrice(
            name=name,
            region=region,
            usd=Decimal(row.usd),
            source=row.source,
            date=row.date,
            confidence=cast(Confidence, row.confidence),
        )

    def rows(self) -> tuple[Row, ...]:
        """Return every price as a row, sorted by what it is for."""
        return tuple(self._rows[key] for key in sorted(self._rows))


@cache
def price_book(extra: Path | None = None) -> PriceBook:
    """Return the prices that come with groundplan, under those of the file ``extra``.

    A price in ``extra`` replaces the one that comes with groundplan.

    Raises:
        InputError: If ``extra`` cannot be read, is not a file of prices, or says one thing twice.
    """
    rows: dict[Key, Row] = {}
    data = files("groundplan.blueprints.catalogue")
    for name in _OWN:
        text = data.joinpath(name).read_text("utf-8")
        rows |= keyed(name, read_rows(name, text.splitlines(keepends=True)))
    if extra is not None:
        rows |= keyed(str(extra), read_file(extra))
    return PriceBook(rows)


def keyed(place: str, rows: Iterable[Row]) -> dict[Key, Row]:
    """Return rows by what they are for.

    Raises:
        InputError: If two rows are for the same.
    """
    by_key: dict[Key, Row] = {}
    for row in rows:
        known = by_key.setdefault(row[:5], row)
        if known is not row:
            raise InputError(
                place,
                f"there are two prices of {' '.join(part for part in row[:5] if part)}",
                got=f"{known.usd} and {row.usd}",
                fix="keep one of them",
            )
    return by_key
