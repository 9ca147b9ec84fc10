"""Specs and prices whose cost can be worked out by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from groundplan.blueprints.catalogue.price_book import PriceBook, price_book
from groundplan.blueprints.cost.project import ProjectCost, project_cost
from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import ProjectSpec, validate_spec

HEAD = "name,component,region,term_years,payment,usd,source,date,confidence\n"
ROWS = {
    "ml.m5.large,hosting": "0.10",
    "ml.m5.xlarge,hosting": "0.20",
    "ml.m5.xlarge,training": "0.30",
    "ml.m5.large,processing": "0.12",
    "kms:key_month,service": "1.00",
    "vpc:interface_endpoint_hour,service": "0.011",
    "cloudwatch:alarm_month,service": "0.10",
    "states:transition,service": "0.00001",
    "ebs:ml_gp2_gib_month,service": "0.15",
    "ebs:ml_processing_gib_month,service": "0.11",
}


def price_file(folder: Path, without: tuple[str, ...] = (), rates: tuple[str, ...] = ()) -> Path:
    """Write prices of ca-central-1, of which groundplan comes with none."""
    lines = [
        f"{name},ca-central-1,,,{usd},by hand,2026-11,high\n"
        for name, usd in ROWS.items()
        if name not in without
    ]
    lines += [f"{rate},by hand,2026-11,high\n" for rate in rates]
    path = folder / "prices.csv"
    path.write_text(HEAD + "".join(lines), "utf-8")
    return path


def document(project: str = "shop", **changes: Any) -> dict[str, Any]:
    """Return a project with one account, one environment, no network, no trail, an endpoint of two."""
    return {
        "project": project,
        "organization": "acme",
        "owner": "ml@acme.example",
        "accounts": {"main": "111111111111"},
        "environments": [
            {"name": "prod", "account": "main", "region": "ca-central-1", "stage": "production"}
        ],
        "network": {"mode": "none"},
        "datasets": [{"name": "orders", "account": "main"}],
        "governance": {"audit_trail": "none"},
        "models": [
            {
                "name": "demand",
                "training": {"dataset": "orders", "image": "demand", "max_runtime_hours": 2},
                "serving": {"instance": "ml.m5.large", "instances": {"min": 2}},
            }
        ],
        **changes,
    }


def spec_of(data: dict[str, Any]) -> ProjectSpec:
    return validate_spec(data)


def cost_of_spec(data: dict[str, Any], prices: Path | PriceBook) -> ProjectCost:
    spec = spec_of(data)
    book = price_book(prices) if isinstance(prices, Path) else prices
    return project_cost(spec, plan(spec), book)


def usd(cost: ProjectCost, id: str) -> tuple[Decimal | None, Decimal | None]:
    line = next(line for line in cost.lines if line.id == id)
    return line.usd_least, line.usd_most
