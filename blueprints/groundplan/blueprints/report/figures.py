"""The figures that a reader looks for first."""

from dataclasses import dataclass

from groundplan.blueprints.cost.lines import Total, span
from groundplan.blueprints.prove.words import counted
from groundplan.blueprints.report.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure."""

    value: str
    """The figure."""

    label: str
    """What it counts."""

    href: str
    """Part of the page that says more."""

    note: str = ""
    """What else to know. Default: nothing."""

    good: bool | None = None
    """Whether it is as it should be. Default: it is neither good nor bad."""


def tiles(content: Content) -> tuple[Tile, ...]:
    """Return the headline figures of a project."""
    plan, figures = content.plan, content.proof.figures
    stacks = sum(1 for _ in plan.stacks())
    results = content.proof.results
    hold = sum(result.verdict.holds for result in results)
    facts = sum(result.verdict.checked for result in results)
    reasons = "each with its reason"
    if figures.unexplained:
        reasons = f"{figures.unexplained} without a reason"
    return (
        Tile(
            value=f"{len(plan.places())}",
            label="account" if len(plan.places()) == 1 else "accounts",
            href="accounts",
            note=plan.stages[0].place.region,
        ),
        Tile(
            value=f"{stacks}",
            label="stacks",
            href="accounts",
            note=counted(len(content.pipelines), "pipeline"),
        ),
        Tile(value=f"{len(content.resources):,}", label="resources", href="accounts"),
        Tile(
            value=usd(content.cost.total),
            label="USD a month",
            href="cost",
            note="on demand" if content.cost.total.complete else "a lower bound, on demand",
        ),
        Tile(
            value=f"{hold} of {len(results)}",
            label="claims hold",
            href="proof",
            note=f"{facts:,} facts checked",
            good=hold == len(results),
        ),
        Tile(value=f"{figures.roles}", label="roles", href="proof"),
        Tile(
            value=f"{figures.wildcards}",
            label="wildcards",
            href="proof",
            note=reasons,
            good=not figures.unexplained,
        ),
        Tile(
            value=f"{figures.full_access}",
            label="FullAccess",
            href="proof",
            note="grants of a whole service",
            good=figures.full_access == 0,
        ),
    )


def usd(total: Total) -> str:
    """Return a sum for a heading: to the dollar, with what it is at most."""
    least, most = (f"{amount:,.0f}" for amount in (total.least, total.most))
    if least == most and total.least != total.most:
        least, most = span(total.least, total.least), span(total.most, total.most)
    return least if least == most else f"{least} to {most}"
