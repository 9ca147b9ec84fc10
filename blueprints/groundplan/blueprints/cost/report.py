"""The cost of some projects as plain JSON: stable, sorted, money to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from groundplan.blueprints.cost.alternatives import EndpointWays, ways_json
from groundplan.blueprints.cost.lines import HOURS_PER_MONTH, CostLine, Total, cents, total
from groundplan.blueprints.cost.pooled import PoolCost, pools
from groundplan.blueprints.cost.project import ProjectCost


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostReport:
    """What some projects cost together."""

    costs: tuple[ProjectCost, ...]
    """The projects, in the order given."""

    pools: tuple[PoolCost, ...]
    """Their Savings Plans."""

    @property
    def total(self) -> Total:
        """Sum of all lines on demand."""
        return total(line for cost in self.costs for line in cost.lines)

    @property
    def saved(self) -> Decimal:
        """USD a month that bought commitments save, unused commitment taken off."""
        return sum((pool.saved(pool.bill) for pool in self.pools), Decimal("0.00"))

    def saved_by(self, *parts: str) -> Decimal:
        """USD a month that a bought commitment saves on usage of a project, or an environment."""
        prefix = "".join(f"{part}/" for part in parts)
        return sum(
            (pool.saved_on(prefix) for pool in self.pools if parts[0] in pool.projects),
            Decimal("0.00"),
        )


def cost_report(costs: Sequence[ProjectCost]) -> CostReport:
    """Pool some projects.

    Raises:
        InputError: If projects that share a Savings Plan contradict each other.
    """
    return CostReport(costs=tuple(costs), pools=pools(costs))


def to_json(report: CostReport, ways: Sequence[EndpointWays] | None = None) -> dict[str, Any]:
    """Return the report as plain JSON; money as text with two decimals, a commitment with five.

    Args:
        report: What is to be shown.
        ways: Other ways to serve, under ``alternatives``. Default: not asked for, and no such key.
    """
    alternatives = {} if ways is None else {"alternatives": [ways_json(found) for found in ways]}
    return {
        **alternatives,
        "hours_per_month": HOURS_PER_MONTH,
        "projects": [
            {
                "project": cost.project,
                "environments": [
                    {"environment": environment, "account": account, **_total(part)}
                    for environment, account, part in cost.by_environment()
                ],
                "lines": [line_json(line) for line in cost.lines],
                "not_counted": [
                    {"environment": item.environment, "what": item.what, "why": item.why}
                    for item in cost.not_counted
                ],
                "saved_by_savings_plan": str(report.saved_by(cost.project)),
                "budget": None if cost.budget is None else str(cents(cost.budget)),
                **_total(cost.total),
            }
            for cost in report.costs
        ],
        "savings_plans": [_pool(pool) for pool in report.pools],
        "saved_by_savings_plans": str(report.saved),
        **_total(report.total),
    }


def line_json(line: CostLine) -> dict[str, Any]:
    """Return a line as plain JSON."""
    price = line.price
    return {
        "id": line.id,
        "account": line.account,
        "region": line.region,
        "kind": line.kind,
        "what": line.what,
        "unit": line.unit,
        "quantity": str(line.least),
        "quantity_at_most": str(line.most),
        "price": None
        if price is None
        else {
            "usd": str(price.usd),
            "source": price.source,
            "date": price.date,
            "confidence": price.confidence,
            "assumption": price.assumption,
            "at_most": price.at_most,
        },
        "usd_per_month": None if line.usd_least is None else str(line.usd_least),
        "usd_per_month_at_most": None if line.usd_most is None else str(line.usd_most),
    }


def _total(sums: Total) -> dict[str, Any]:
    return {
        "usd_per_month": str(sums.least),
        "usd_per_month_at_most": str(sums.most),
        "complete": sums.complete,
        "missing_prices": {unit: str(quantity) for unit, quantity in sums.missing},
    }


def _pool(pool: PoolCost) -> dict[str, Any]:
    result = pool.result
    no_regret = pool.no_regret
    return {
        "name": pool.name,
        "projects": list(pool.projects),
        "term_years": pool.offering.term_years,
        "payment": pool.offering.payment,
        "assumed": result.assumed,
        "assumed_discount": pool.assumed_discount,
        "without_rate": list(pool.unrated),
        "bought_usd_per_hour": f"{pool.existing:.5f}",
        "commitment_usd_per_hour": f"{result.commitment:.5f}",
        "interval_usd_per_hour": [f"{bound:.5f}" for bound in result.interval],
        "utilisation": round(result.utilisation, 6),
        "coverage": round(result.coverage, 6),
        "saving_usd_per_month": str(month(result.savings_usd, result.hours)),
        "offerings": [
            {
                "term_years": offering.term_years,
                "payment": offering.payment,
                "assumed": found.assumed,
                "commitment_usd_per_hour": f"{found.commitment:.5f}",
                "saving_usd_per_month": str(month(found.savings_usd, found.hours)),
            }
            for offering, found in pool.offerings
        ],
        "sensitivity": [
            {
                "drop": drop.drop,
                "saving_usd_per_month": str(month(drop.result.savings_usd, drop.result.hours)),
                "utilisation": round(drop.result.utilisation, 6),
                "best_usd_per_hour": f"{drop.best:.5f}",
            }
            for drop in pool.drops
        ],
        "no_regret": None
        if no_regret is None
        else {
            "break_even_usd_per_hour": f"{no_regret.break_even:.5f}",
            "highest_least_saving_usd_per_hour": f"{no_regret.maximin:.5f}",
            "least_regret_usd_per_hour": f"{no_regret.minimax_regret:.5f}",
        },
    }


def month(usd: float, hours: int) -> Decimal:
    """Return USD over a horizon of so many clock hours as USD a month, to the cent."""
    return cents(Decimal(str(usd * HOURS_PER_MONTH / hours)))
