"""The prices that are known: those that come with groundplan, and those that a user imports."""

from pathlib import Path
from typing import Literal

from groundplan.blueprints.catalogue.prices import (
    Component,
    Payment,
    PlanRate,
    Price,
    ServicePrice,
)


class PriceBook:
    """Prices by what they are for. What is not in it is not known, and is never guessed."""

    def on_demand(self, instance_type: str, component: Component, region: str) -> Price | None:
        """Return the price on demand of an instance-hour, or None if it is not known."""
        raise NotImplementedError

    def plan_rate(
        self,
        instance_type: str,
        component: Component,
        region: str,
        term_years: Literal[1, 3],
        payment: Payment,
    ) -> PlanRate | None:
        """Return the rate of an instance-hour under a Savings Plan, or None if it is not known."""
        raise NotImplementedError

    def service(self, name: str, region: str) -> ServicePrice | None:
        """Return the price of a unit of another service, or None if it is not known.

        Raises:
            KeyError: If ``name`` is not one of ``SERVICES``: a mistake of the program, not a gap.
        """
        raise NotImplementedError


def price_book(extra: Path | None = None) -> PriceBook:
    """Return the prices that come with groundplan, under those of the file ``extra``."""
    raise NotImplementedError
