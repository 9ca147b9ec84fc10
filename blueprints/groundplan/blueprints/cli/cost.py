"""``groundplan cost``."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import echo_json, print_table
from groundplan.blueprints.errors import InputError

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.cost.lines import Total
    from groundplan.blueprints.cost.pooled import PoolCost
    from groundplan.blueprints.cost.project import ProjectCost
    from groundplan.blueprints.cost.report import CostReport
    from groundplan.blueprints.spec import ProjectSpec


class Usd(click.ParamType):  # type: ignore[type-arg]
    """An amount of USD of at least 0."""

    name = "usd"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Return the amount exactly as it is written."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not (amount.is_finite() and amount >= 0):
            self.fail(f"{value!r} is no amount of USD; write one such as 2500", param, ctx)
        return amount


@click.command()
@click.argument(
    "specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC..."
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["table", "json", "svg", "html"]),
    default="table",
    show_default=True,
    help="What to write.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Default: stdout.")
@click.option("--budget", type=Usd(), help="Most USD a month for all specs together.")
@click.option(
    "--prices", type=click.Path(path_type=Path), help="File of prices, in place of each spec's."
)
@click.option(
    "--purchase-request",
    "request",
    type=click.Path(path_type=Path),
    help="File for the request that buys the commitment; nothing is bought.",
)
@click.option("--lines/--no-lines", default=False, help="Show each line in the table.")
def command(
    specs: tuple[Path, ...],
    output: str,
    out: Path | None,
    budget: Decimal | None,
    prices: Path | None,
    request: Path | None,
    lines: bool,
) -> None:
    """Show what the projects in SPECs cost a month, and the Savings Plan that costs least.

    Exit 1 when a budget is exceeded by what is known: prices that are missing and usage that is only
    bounded do not count towards it, and are named.
    """
    from groundplan.blueprints.cli.cost_files import purchase_files, write_file
    from groundplan.blueprints.cost.report import to_json

    report = read_report(specs, prices)
    files = [] if request is None else purchase_files(report, request)
    exceeded = list(_exceeded(report, budget))
    if output == "json":
        text = None
        if out is None:
            echo_json(to_json(report))
        else:
            import json

            text = json.dumps(to_json(report), indent=2, sort_keys=True) + "\n"
    elif output == "table":
        if out is not None:
            raise InputError(
                "--out", "a table goes to stdout", got=str(out), fix="use another --format"
            )
        text = None
        _show(report, lines)
    else:
        from groundplan.blueprints.cost.page import page
        from groundplan.blueprints.cost.picture import picture

        text = picture(report) if output == "svg" else page(report)
        if out is None:
            click.echo(text, nl=False)
    if out is not None and text is not None:
        write_file(out, text)
    for path, content in files:
        write_file(path, content)
    for problem in exceeded:
        click.echo(problem, err=True)
    if exceeded:
        raise click.exceptions.Exit(1)


def read_report(paths: tuple[Path, ...], prices: Path | None) -> "CostReport":
    """Return the cost of the projects in some specs.

    Raises:
        SpecErrors: If a spec has mistakes.
        InputError: If two specs are of one project, or contradict each other.
    """
    from groundplan.blueprints.cost.report import cost_report

    costs: list[ProjectCost] = []
    for path in paths:
        cost = read_cost(path, prices)
        if any(one.project == cost.project for one in costs):
            raise InputError(
                str(path), "another spec is of this project", got=cost.project, fix="leave one out"
            )
        costs.append(cost)
    return cost_report(costs)


def read_cost(path: Path, prices: Path | None = None) -> "ProjectCost":
    """Return what the project in a spec costs on demand.

    Raises:
        SpecErrors: If the spec has mistakes.
        InputError: If a file that it names cannot be read.
    """
    from groundplan.blueprints.catalogue.price_book import price_book
    from groundplan.blueprints.cost.project import project_cost
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    spec = load_spec(path)
    book = prices_of(spec, path) if prices is None else price_book(prices)
    return project_cost(spec, plan(spec), book)


def prices_of(spec: "ProjectSpec", path: Path) -> "PriceBook":
    """Return the prices that a spec is to be computed from, its own ones first.

    Raises:
        InputError: If its file of prices cannot be read.
    """
    from groundplan.blueprints.catalogue.price_book import price_book

    own = spec.cost.prices if spec.cost is not None else None
    return price_book(None if own is None else path.parent / own)


def _exceeded(report: "CostReport", budget: Decimal | None) -> list[str]:
    """Return each budget that what is known exceeds."""
    from groundplan.blueprints.cost.lines import total

    found = []
    for cost in report.costs:
        known = cost.total.least - report.saved_by(cost.project)
        if cost.budget is not None and known > cost.budget:
            found.append(
                f"{cost.project}: cost.budget_usd_per_month: exceeded, got {known} USD"
                f"{_bound(cost.total)}; raise it from {cost.budget:.2f}, or use less"
            )
        budgets = cost.spec.cost.environment_budgets_usd_per_month if cost.spec.cost else {}
        for name, most in budgets.items():
            part = total(line for line in cost.lines if line.environment == name)
            known = part.least - report.saved_by(cost.project, name)
            if known > Decimal(str(most)):
                found.append(
                    f"{cost.project}: cost.environment_budgets_usd_per_month.{name}: exceeded, got "
                    f"{known} USD{_bound(part)}; raise it from {most:.2f}, or use less"
                )
    known = report.total.least - report.saved
    if budget is not None and known > budget:
        found.append(
            f"--budget: exceeded, got {known} USD{_bound(report.total)}; "
            f"raise it from {budget:.2f}, or use less"
        )
    return found


def _bound(sums: "Total") -> str:
    return "" if sums.complete else " or more"


def _usd(sums: "Total") -> str:
    text = f"{sums.least:,.2f}"
    if sums.most != sums.least:
        text += f" to {sums.most:,.2f}"
    return text if sums.complete else f"{text} +"


def _show(report: "CostReport", lines: bool) -> None:
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
    rows = []
    for line in (line for cost in report.costs for line in cost.lines):
        amount = f"{line.least.normalize():f}"
        if line.most != line.least:
            amount += f" to {line.most.normalize():f}"
        usd, source = "?", "no price is known"
        if line.price is not None:
            usd = f"{line.usd_least:,.2f}"
            if line.usd_most != line.usd_least:
                usd += f" to {line.usd_most:,.2f}"
            price = line.price
            source = f"{price.source} ({price.date}, {price.confidence} confidence)"
            if price.assumption is not None:
                source = f"{price.assumption}; {source}"
        each = "" if line.price is None else f"{line.price.usd.normalize():f}"
        rows.append([line.id, line.what, amount, line.unit, each, usd, source])
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
