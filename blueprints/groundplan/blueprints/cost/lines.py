"""What a bill is made of: quantities, prices, and what is not known of either."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

HOURS_PER_MONTH = 730
"""Hours of a mean month, as AWS's own calculator counts."""
CENT = Decimal("0.01")
QUANTUM = Decimal("0.001")
"""Step of quantities, so that a reader can multiply what is printed."""

Kind = Literal[
    "endpoint",
    "training",
    "spot_training",
    "processing",
    "monitoring",
    "scoring",
    "volume",
    "storage",
    "key",
    "network",
    "logs",
    "alarms",
    "metrics",
    "transitions",
]
"""What a line is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """What one unit costs, and who says so."""

    usd: Decimal
    """USD for one unit."""

    source: str
    """Who says so."""

    date: str
    """Day, month or years for which the source says so."""

    confidence: str
    """``high`` or ``low``."""

    assumption: str | None = None
    """What the price assumes beyond its source. Default: nothing."""

    at_most: bool = False
    """Whether it is an upper bound, whose lower bound nobody knows. Default: it is the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of a month's bill."""

    id: str
    """Project, environment, thing and kind, joined by slashes."""

    project: str
    """Name of the project."""

    environment: str
    """Environment, or ``tooling``, or ``data``."""

    account: str
    """Account that pays."""

    region: str
    """Region."""

    kind: Kind
    """What it is for."""

    what: str
    """What it is, for a reader."""

    unit: str
    """Unit of the quantity, such as ``instance-hour``."""

    least: Decimal
    """Quantity a month of 730 hours that is certain, three decimals."""

    most: Decimal
    """Quantity that it is at most; equal to ``least`` where the quantity is known."""

    price: UnitPrice | None
    """Price of a unit; None where none is known."""

    @property
    def usd_least(self) -> Decimal | None:
        """USD a month at least, to the cent; None without a price."""
        if self.price is None:
            return None
        return cents(Decimal(0) if self.price.at_most else self.least * self.price.usd)

    @property
    def usd_most(self) -> Decimal | None:
        """USD a month at most, to the cent; None without a price."""
        return None if self.price is None else cents(self.most * self.price.usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCounted:
    """Something that costs money and is in no line."""

    project: str
    """Name of the project."""

    environment: str
    """Environment, or ``tooling``, or ``data``."""

    what: str
    """What it is."""

    why: str
    """Why it is not counted, and what would have it counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of some lines."""

    least: Decimal
    """USD a month at least, of the lines with a price."""

    most: Decimal
    """USD a month at most, of the lines with a price."""

    missing: tuple[tuple[str, Decimal], ...]
    """Quantities a month without a price by unit, sorted: the sums are too low by what they cost."""

    @property
    def complete(self) -> bool:
        """Whether every line has a price."""
        return not self.missing


def cents(usd: Decimal) -> Decimal:
    """Round USD to the cent, halves away from zero."""
    return usd.quantize(CENT, rounding=ROUND_HALF_UP)


def quantity(value: Decimal | float) -> Decimal:
    """Round a quantity to three decimals, halves away from zero."""
    return Decimal(str(value)).quantize(QUANTUM, rounding=ROUND_HALF_UP)


def total(lines: Iterable[CostLine]) -> Total:
    """Sum the cents of the lines, so that a total over environments is the sum of theirs."""
    least = most = Decimal("0.00")
    missing: dict[str, Decimal] = {}
    for line in lines:
        if line.usd_least is None or line.usd_most is None:
            if line.most:
                missing[line.unit] = missing.get(line.unit, Decimal(0)) + line.most
            continue
        least += line.usd_least
        most += line.usd_most
    return Total(least=least, most=most, missing=tuple(sorted(missing.items())))


def span(least: Decimal, most: Decimal) -> str:
    """Return two amounts as text, as one where they are equal; money keeps its cents."""

    def text(value: Decimal) -> str:
        cents_kept = value.as_tuple().exponent == CENT.as_tuple().exponent
        return f"{value:,.2f}" if cents_kept else f"{value.normalize():,f}"

    return text(least) if least == most else f"{text(least)} to {text(most)}"


def source_of(line: CostLine) -> str:
    """Return who says a line's price, for when, how surely, and what it assumes, as text."""
    price = line.price
    if price is None:
        return "no price is known"
    source = f"{price.source} ({price.date}, {price.confidence} confidence)"
    return source if price.assumption is None else f"{price.assumption}; {source}"
