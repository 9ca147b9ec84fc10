"""Chooses an instance type for what a spec requires: the first preferred one, or the cheapest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from groundplan.blueprints.catalogue import InstanceType, instance_types, is_absent
from groundplan.blueprints.catalogue.absences import is_arm
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.spec import HostingInstanceRequirements
from groundplan.blueprints.spec.instance import meets

PriceComponent = Literal["hosting", "asynchronous", "batch_transform"]
PROXY_REGION = "us-east-1"
"""Region whose prices rank types where no price of the project's own region is known."""
_BURSTABLE = "ml.t"


class HourlyPrice(Protocol):
    """A price."""

    @property
    def usd_per_hour(self) -> Decimal:
        """USD per instance and hour."""


class Prices(Protocol):
    """What is asked of a book of prices."""

    def on_demand(
        self, instance_type: str, component: PriceComponent, region: str
    ) -> HourlyPrice | None:
        """Return a price, or None where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeChoice:
    """A chosen instance type, and what the choice rests on."""

    instance_type: str
    """The type."""

    price_region: str | None
    """Region whose prices ranked the types; None where the spec named the type. Where it is not the
    project's own, the ranking is an assumption."""

    unpriced: tuple[str, ...] = ()
    """Types that would do as well, but have no known price, so they could not be compared."""

    too_slow: tuple[str, ...] = ()
    """Types that have what is required, but miss the latency target or were not measured."""


def candidates(wanted: HostingInstanceRequirements, region: str) -> tuple[InstanceType, ...]:
    """Return the types that have what is required and that a region may have, in catalogue order.

    Without ``prefer``, types are left out that an ordinary image may not run on, or not evenly:
    Graviton processors, accelerators other than NVIDIA's, and burstable types.
    """
    return tuple(
        known
        for known in instance_types().values()
        if known.hosting
        and meets(known, wanted)
        and not is_absent(known.name, region)
        and not is_arm(known.name)
        and not known.name.startswith(_BURSTABLE)
        and (not known.accelerators or (known.accelerator_name or "").startswith("NVIDIA"))
    )


def choose_hosting_type(
    choice: str | HostingInstanceRequirements,
    region: str,
    prices: Prices,
    *,
    instances: Callable[[str], float | None] | None = None,
    spec_path: str = "serving",
) -> TypeChoice:
    """Return the instance type that serves.

    A type that the spec names is taken, of preferred ones the first that the region may have. Else it
    is the type with the lowest cost that has what is required; of equal ones the first in the
    catalogue.

    Args:
        choice: The spec's ``instance``.
        region: Region of the endpoint.
        prices: Known prices.
        instances: Mean number of instances that the traffic needs of a type, or None if it cannot
            meet the latency target. Default: as many of every type.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If no type has what is required, meets the target, or has a price.
    """
    if isinstance(choice, str):
        return TypeChoice(instance_type=choice, price_region=None)
    if choice.prefer:
        present = [name for name in choice.prefer if not is_absent(name, region)]
        return TypeChoice(instance_type=(present or choice.prefer)[0], price_region=None)
    found = candidates(choice, region)
    asked = ", ".join(f"{key} {value:g}" for key, value in _asked(choice))
    if not found:
        raise PlanError(
            f"{spec_path}.instance",
            f"no instance type that hosts has what is required in {region}",
            got=asked,
            fix="lower a requirement, or name a type",
        )
    counts = {known.name: 1.0 if instances is None else instances(known.name) for known in found}
    fast = [name for name, count in counts.items() if count is not None]
    too_slow = tuple(name for name, count in counts.items() if count is None)
    if not fast:
        raise PlanError(
            f"{spec_path}.instance",
            f"none of the {len(too_slow)} types that have what is required meets the latency target",
            got=asked,
            fix="allow a longer latency, or add measured latencies of a faster type",
        )
    for source in dict.fromkeys((region, PROXY_REGION)):
        costs = {name: _price(prices, name, source) for name in fast}
        priced = [(usd * Decimal(counts[name] or 0), name) for name, usd in _known(costs)]
        if priced:
            return TypeChoice(
                instance_type=min(priced, key=lambda item: item[0])[1],
                price_region=source,
                unpriced=tuple(name for name, usd in costs.items() if usd is None),
                too_slow=too_slow,
            )
    raise PlanError(
        f"{spec_path}.instance",
        f"no price is known for any of the {len(fast)} types that have what is required",
        got=asked,
        fix="name types in 'prefer', or import prices with 'groundplan prices import'",
    )


def _price(prices: Prices, name: str, region: str) -> Decimal | None:
    found = prices.on_demand(name, "hosting", region)
    return None if found is None else found.usd_per_hour


def _known(costs: dict[str, Decimal | None]) -> Sequence[tuple[str, Decimal]]:
    return [(name, usd) for name, usd in costs.items() if usd is not None]


def _asked(choice: HostingInstanceRequirements) -> list[tuple[str, float]]:
    fields = ("accelerators", "accelerator_memory_gib", "vcpus", "memory_gib")
    return [(key, value) for key in fields if (value := getattr(choice, key)) is not None]
