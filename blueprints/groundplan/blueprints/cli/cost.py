"""``groundplan cost``."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import echo_json
from groundplan.blueprints.errors import InputError

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.cost.alternatives import EndpointWays
    from groundplan.blueprints.cost.lines import Total
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
@click.option(
    "--alternatives", is_flag=True, help="Compare other ways to serve each sized endpoint."
)
def command(
    specs: tuple[Path, ...],
    output: str,
    out: Path | None,
    budget: Decimal | None,
    prices: Path | None,
    request: Path | None,
    lines: bool,
    alternatives: bool,
) -> None:
    """Show what the projects in SPECs cost a month, and the Savings Plan that costs least.

    Exit 1 when a budget is exceeded by what is known: prices that are missing and usage that is only
    bounded do not count towards it, and are named.
    """
    from groundplan.blueprints.cli.cost_files import purchase_files, write_file
    from groundplan.blueprints.cli.cost_table import show_cost, show_ways
    from groundplan.blueprints.cost.report import to_json

    if alternatives and output not in ("table", "json"):
        raise InputError(
            "--alternatives", "no picture shows them", got=output, fix="use --format table or json"
        )
    report = read_report(specs, prices)
    files = [] if request is None else purchase_files(report, request)
    exceeded = list(_exceeded(report, budget))
    ways = _ways(report) if alternatives else None
    if output == "json":
        text = None
        if out is None:
            echo_json(to_json(report, ways))
        else:
            import json

            text = json.dumps(to_json(report, ways), indent=2, sort_keys=True) + "\n"
    elif output == "table":
        if out is not None:
            raise InputError(
                "--out", "a table goes to stdout", got=str(out), fix="use another --format"
            )
        text = None
        show_cost(report, lines=lines)
        if ways is not None:
            show_ways(ways)
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


def _ways(report: "CostReport") -> "list[EndpointWays]":
    from groundplan.blueprints.cost.alternatives import endpoint_ways

    return [found for cost in report.costs for found in endpoint_ways(cost)]


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
