"""What changed since an older plan, as a page shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from groundplan.blueprints.cost.change import CostChange
from groundplan.blueprints.cost.lines import CostLine, span
from groundplan.blueprints.diff import Permission
from groundplan.blueprints.diff.changes import SIGNS
from groundplan.blueprints.report.content import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A resource that differs."""

    sign: str
    """What happens to it, as one sign."""

    kind: str
    """What happens to it, as a word."""

    id: str
    """Stage, stack and unit."""

    type: str
    """Type of the unit."""

    what: str
    """Fields that differ, and what else to know."""

    loses_data: bool
    """Whether data is lost or left behind."""


def rows(changes: Changes) -> tuple[Row, ...]:
    """Return the resources that differ, those that lose data first."""
    found = [
        Row(
            sign=SIGNS[change.kind],
            kind=change.kind,
            id=change.id,
            type=change.type,
            what="; ".join(part for part in (", ".join(change.fields), change.note or "") if part),
            loses_data=change.loses_data,
        )
        for change in changes.resources.changes
    ]
    return tuple(sorted(found, key=lambda row: not row.loses_data))


def permissions(found: Iterable[Permission]) -> tuple[tuple[str, ...], ...]:
    """Return permissions as rows: who, change, actions, on, when."""
    return tuple(
        (
            item.subject,
            f"{', '.join(item.principals)} {item.change}".strip(),
            ", ".join(item.actions),
            ", ".join(item.resources),
            item.condition,
        )
        for item in found
    )


def cost_lines(cost: CostChange) -> tuple[tuple[str, ...], ...]:
    """Return the lines of the bill that differ: line, before, after, change."""
    return tuple(
        (line.id, _amount(line.old), _amount(line.new), difference(line.usd_least, line.usd_most))
        for line in cost.lines
    )


def difference(least: Decimal | None, most: Decimal | None) -> str:
    """Return a change in USD as text with its sign."""
    if least is None or most is None:
        return "?"
    return f"{least:+,.2f}" if least == most else f"{least:+,.2f} to {most:+,.2f}"


def _amount(line: CostLine | None) -> str:
    if line is None:
        return ""
    if line.usd_least is None or line.usd_most is None:
        return f"? ({span(line.least, line.most)} {line.unit}s)"
    return span(line.usd_least, line.usd_most)
