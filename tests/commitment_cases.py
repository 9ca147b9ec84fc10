"""Small pools, and an exact reference in rational numbers that shares no code with the package."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.cost import OtherUsage, UsageLine

MILLI = Fraction(1, 1000)
STEP = Fraction(1, 100_000)


def line(
    name: str,
    hours: Sequence[float] | NDArray[Any],
    on_demand: float,
    plan_rate: float | None,
    *,
    owner: bool = False,
    assumed: bool = False,
) -> UsageLine:
    return UsageLine(
        id=name,
        account="111111111111",
        owner=owner,
        component="hosting",
        instance_type="ml.m5.xlarge",
        region="eu-west-1",
        hours=np.array(hours),
        on_demand=on_demand,
        plan_rate=plan_rate,
        assumed=assumed,
    )


@dataclass(frozen=True)
class Item:
    """A line in thousandths of USD; ``first`` is other usage whose saving is not known."""

    hours: tuple[int, ...]
    on_demand: int
    plan_rate: int
    owner: bool = False
    counted: bool = True
    first: bool = False


@dataclass(frozen=True)
class Case:
    items: tuple[Item, ...]
    existing: tuple[int, ...] = ()
    rest: tuple[int, ...] = field(default=())

    def lines(self) -> list[UsageLine]:
        own = [
            line(f"l{n}", i.hours, i.on_demand / 1000, i.plan_rate / 1000, owner=i.owner)
            for n, i in enumerate(self.items)
            if i.counted and not i.first
        ]
        return [*own, line("spot", self.rest, 0.5, None)]

    def other(self) -> list[OtherUsage]:
        found = []
        for n, i in enumerate(self.items):
            if i.first or not i.counted:
                discount = None if i.first else 1 - i.plan_rate / i.on_demand
                usd = np.array(i.hours) * (i.on_demand / 1000)
                found.append(
                    OtherUsage(
                        id=f"o{n}",
                        usd_per_hour=usd,
                        discount=discount,
                        owner=i.owner,
                        counted=i.counted,
                    )
                )
        return found

    def bought(self) -> list[Decimal]:
        return [Decimal(one) / 1000 for one in self.existing]

    def ordered(self) -> list[Item]:
        def rank(item: Item) -> tuple[bool, Fraction, bool, int]:
            saving = Fraction(0) if item.first else Fraction(item.plan_rate, item.on_demand)
            return (not item.owner, saving, item.counted, item.plan_rate)

        return sorted(self.items, key=rank)

    def bill(self, commitment: Fraction, scale: Fraction = Fraction(1)) -> Fraction:
        """USD over the horizon with so much commitment in all, existing included."""
        total = commitment * len(self.rest) + sum(self.rest) * scale / 2
        for hour in range(len(self.rest)):
            left = commitment
            for item in self.ordered():
                rate = Fraction(item.on_demand if item.first else item.plan_rate) * MILLI
                grown = scale if item.counted and not item.first else Fraction(1)
                units = item.hours[hour] * grown
                taken = min(left, units * rate)
                left -= taken
                if item.counted:
                    total += (units - taken / rate) * item.on_demand * MILLI
        return total

    def kinks(self, scale: Fraction = Fraction(1)) -> set[Fraction]:
        """Commitments in all at which the bill bends."""
        found = set()
        for hour in range(len(self.rest)):
            rates = [
                Fraction(i.on_demand if i.first else i.plan_rate)
                * MILLI
                * i.hours[hour]
                * (scale if i.counted and not i.first else 1)
                for i in self.ordered()
            ]
            found |= set(itertools.accumulate(rates, initial=Fraction(0)))
        return found

    def sold(self, places: set[Fraction]) -> list[Fraction]:
        """Commitments that AWS sells next to places, ascending."""
        start = sum(self.existing) * MILLI
        steps = {0, 100}
        for place in places:
            low = (place - start) // STEP
            steps |= {low, low + 1}
        return [n * STEP for n in sorted(steps) if n == 0 or 100 <= n]

    def best(self, scale: Fraction = Fraction(1)) -> tuple[Fraction, Fraction, Fraction]:
        """Lowest bill, the smallest commitment with it, and the largest that follows on it."""
        start = sum(self.existing) * MILLI
        sold = self.sold(self.kinks(scale))
        bills = [self.bill(start + one, scale) for one in sold]
        low = min(bills)
        first = bills.index(low)
        last = first
        while last + 1 < len(bills) and bills[last + 1] == low:
            last += 1
        return low, sold[first], sold[last]


def random_case(seed: int, *, convex: bool = False) -> Case:
    """A small case full of ties; ``convex`` has neither an owner nor usage elsewhere."""
    rng = random.Random(seed)
    length = rng.randint(1, 6)
    items = []
    for _ in range(rng.randint(1, 4)):
        on_demand = rng.choice([100, 200, 200, 300, rng.randint(2, 900)])
        rate = max(1, on_demand * rng.choice([5, 5, 6, 8, 10, rng.randint(1, 10)]) // 10)
        hours = tuple(rng.choice([0, 1, 1, 2, rng.randint(0, 9)]) for _ in range(length))
        kind = rng.random()
        other = not convex and kind < 0.25
        items.append(
            Item(
                hours=hours,
                on_demand=on_demand,
                plan_rate=rate,
                owner=not convex and rng.random() < 0.4,
                counted=not other or rng.random() < 0.5,
                first=other and kind < 0.12,
            )
        )
    if all(i.first or not i.counted for i in items):
        items.append(Item(hours=(1,) * length, on_demand=200, plan_rate=100))
    existing = tuple(rng.randint(0, 800) for _ in range(rng.choice([0, 0, 1, 2])))
    return Case(tuple(items), existing, tuple(rng.randint(0, 2) for _ in range(length)))


def week() -> list[UsageLine]:
    """A day and night rhythm of two lines in two accounts."""
    hour = np.arange(168)
    busy = np.where((hour % 24 >= 8) & (hour % 24 < 20), 6, 2)
    return [
        line("prod/fraud", busy, 0.276, 0.201, owner=True),
        line("dev/vision", np.where(hour % 24 < 12, 1, 0), 1.408, 0.901),
    ]
