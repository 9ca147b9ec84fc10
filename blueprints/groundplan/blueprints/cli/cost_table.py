"""The tables of ``groundplan cost``."""

from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import print_table
from groundplan.blueprints.cost.lines import source_of, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundplan.blueprints.cost.alternatives import EndpointWays, Way
    from groundplan.blueprints.cost.lines import Total
    from groundplan.blueprints.cost.pooled import PoolCost
    from groundplan.blueprints.cost.report import CostReport


def _usd(sums: "Total") -> str:
    text = span(sums.least, sums.most)
    return text if sums.complete else f"{text} +"


def show_cost(report: "CostReport", *, lines: bool) -> None:
    """Print a report as tables: by environment, on request by line, and its Savings Plans."""
    rows = []
    for cost in report.costs:
        for environment, account, part in cost.by_environment():
            rows.append([cost.project, environment, account, _usd(part), _missing(part)])
        rows.append([cost.project, "all", "", _usd(cost.total), _missing(cost.total)])
    if len(report.costs) > 1:
        rows.append(["all", "", "", _usd(report.total), _missing(report.total)])
    print_table(
        "USD a month of 730 hours, on demand, all endpoints in service",
        ["project", "part", "account", "USD", "no price is known for"],
        rows,
    )
    if lines:
        _lines(report)
    if not report.total.complete:
        click.echo(
            "+ the total is a lower bound: it lacks what no price is known for; "
            "`groundplan prices import` takes AWS's price files"
        )
    for pool in report.pools:
        _pool(pool)
    for cost in report.costs:
        over = cost.total.most - report.saved_by(cost.project)
        if cost.budget is not None and over > cost.budget:
            click.echo(f"{cost.project}: may cost up to {over:,.2f}, budget {cost.budget:,.2f} USD")
    click.echo("Not counted:")
    whys: dict[tuple[str, str, str], list[str]] = {}
    for cost in report.costs:
        for item in cost.not_counted:
            whys.setdefault((item.project, item.what, item.why), []).append(item.environment)
    for (project, what, why), places in whys.items():
        click.echo(f"- {project}/{', '.join(places)}: {what}: {why}")


def _missing(sums: "Total") -> str:
    return ", ".join(
        f"{quantity.normalize():f} {unit}{'s' if quantity != 1 else ''}"
        for unit, quantity in sums.missing
    )


def _lines(report: "CostReport") -> None:
    rows = [
        [
            line.id,
            line.what,
            span(line.least.normalize(), line.most.normalize()),
            line.unit,
            "" if line.price is None else f"{line.price.usd.normalize():f}",
            "?"
            if line.usd_least is None or line.usd_most is None
            else span(line.usd_least, line.usd_most),
            source_of(line),
        ]
        for cost in report.costs
        for line in cost.lines
    ]
    print_table(
        "lines",
        ["id", "what", "quantity", "unit", "USD each", "USD a month", "source"],
        rows,
    )


def _pool(pool: "PoolCost") -> None:
    from groundplan.blueprints.cost.report import month

    result = pool.result
    mark = " (ASSUMED)" if result.assumed else ""
    click.echo(f"Savings Plan of {pool.name}, shared by {', '.join(pool.projects)}:")
    if pool.existing and pool.rated:
        click.echo(
            f"- bought: {pool.existing:.5f} USD an hour{mark}, {pool.bill.utilisation:.1%} used, "
            f"{pool.bill.coverage:.1%} covered, saves {pool.saved(pool.bill):,.2f} USD a month"
        )
        for warning in pool.warnings:
            click.echo(f"- {warning}")
    elif pool.existing:
        click.echo(
            f"- bought: {pool.existing:.5f} USD an hour; what it saves is not known without rates"
        )
    if result.assumed:
        click.echo(f"- ASSUMED: a discount of {pool.assumed_discount:.0%} where no rate is known")
    if pool.unrated:
        click.echo(f"- no rate is known, so not covered: {', '.join(pool.unrated)}")
    if not pool.offerings:
        click.echo(
            "- no commitment can be computed: import AWS's rates, or give "
            "cost.savings_plan.assumed_discount"
        )
        return
    saving = month(result.savings_usd, result.hours)
    click.echo(
        f"- {'add' if pool.existing else 'commit'} {result.commitment:.5f} USD an hour{mark}: saves "
        f"{saving:,.2f} USD a month; {result.utilisation:.1%} used, {result.coverage:.1%} covered"
    )
    rows = []
    for offering, found in pool.offerings:
        years = "1 year" if offering.term_years == 1 else f"{offering.term_years} years"
        rows.append(
            [
                f"{years}, {offering.payment.replace('_', ' ')}",
                f"{found.commitment:.5f}",
                f"{month(found.savings_usd, found.hours):,.2f}",
                "ASSUMED" if found.assumed else "known",
            ]
        )
    print_table("best commitments", ["plan", "USD an hour", "saves a month", "rates"], rows)
    if pool.drops:
        rows = [
            [
                f"{drop.drop:.0%}",
                f"{month(drop.result.savings_usd, drop.result.hours):,.2f}",
                f"{drop.result.utilisation:.1%}",
                f"{drop.best:.5f}",
            ]
            for drop in pool.drops
        ]
        print_table(
            f"if demand drops{mark}",
            ["by", "saves a month", "used", "best would have been"],
            rows,
        )
    if pool.no_regret is not None:
        click.echo(
            f"- no regret{mark}: up to {pool.no_regret.break_even:.5f} USD an hour saves at each drop; "
            f"{pool.no_regret.minimax_regret:.5f} has the least regret"
        )


def show_ways(found: "Sequence[EndpointWays]") -> None:
    """Print the ways to serve each sized endpoint, and what groundplan deploys of them."""
    if not found:
        click.echo("No endpoint is sized from traffic, so there are no other ways to compare.")
        return
    for endpoint in found:
        print_table(
            f"ways to serve {endpoint.project}/{endpoint.environment}/{endpoint.model} on "
            f"{endpoint.instance_type}, USD a month on demand, compute only",
            ["way", "USD", "quantity", "what it means"],
            [
                [
                    f"{way.kind.replace('_', ' ')}{'' if way.deployed else ' *'}",
                    "?" if way.usd is None else f"{way.usd:,.2f}",
                    f"{way.quantity.normalize():,f} {way.unit}s",
                    _meaning(way),
                ]
                for way in endpoint.ways
            ],
        )
    click.echo(
        "* only compared: groundplan deploys realtime and batch so far. A way without a price may "
        "cost less or more; none is assumed."
    )


def _meaning(way: "Way") -> str:
    if way.impossible is not None:
        return f"impossible: {way.impossible}"
    return way.note if way.missing is None else f"{way.note}; no price is known for {way.missing}"
