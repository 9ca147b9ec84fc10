"""What a change of a spec does to the cost of a month."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from groundplan.blueprints.cost.lines import CostLine
from groundplan.blueprints.cost.project import ProjectCost


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """A line that differs."""

    id: str
    """Environment, thing and kind, joined by slashes."""

    old: CostLine | None
    """The line before; None where it is new."""

    new: CostLine | None
    """The line after; None where it is gone."""

    @property
    def usd_least(self) -> Decimal | None:
        """Change in what is certain, USD a month; None where a price is missing."""
        return _difference(
            None if self.old is None else self.old.usd_least,
            None if self.new is None else self.new.usd_least,
            self,
        )

    @property
    def usd_most(self) -> Decimal | None:
        """Change in what it costs at most, USD a month; None where a price is missing."""
        return _difference(
            None if self.old is None else self.old.usd_most,
            None if self.new is None else self.new.usd_most,
            self,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChange:
    """How the cost of a project changes, on demand."""

    old_usd: Decimal
    """USD a month before, of what is certain and priced."""

    new_usd: Decimal
    """The same afterwards."""

    usd_least: Decimal
    """Change in what is certain, over the lines with prices."""

    usd_most: Decimal
    """Change in what it costs at most, over the lines with prices."""

    lines: tuple[LineChange, ...]
    """Lines that differ in quantity or price, sorted by id."""

    unpriced: tuple[str, ...]
    """Those of them without a price, which are in no sum."""

    @property
    def increase(self) -> Decimal:
        """The greater one of both changes: what a threshold is compared with."""
        return max(self.usd_least, self.usd_most)


def cost_change(old: ProjectCost, new: ProjectCost) -> CostChange:
    """Compare two costs line by line; the name of the project does not matter."""
    before = {_id(line): line for line in old.lines}
    after = {_id(line): line for line in new.lines}
    changes = tuple(
        LineChange(id=id, old=before.get(id), new=after.get(id))
        for id in sorted(before.keys() | after.keys())
        if _facts(before.get(id)) != _facts(after.get(id))
    )
    priced = [change for change in changes if change.usd_least is not None]
    return CostChange(
        old_usd=old.total.least,
        new_usd=new.total.least,
        usd_least=sum((change.usd_least or Decimal(0) for change in priced), Decimal("0.00")),
        usd_most=sum((change.usd_most or Decimal(0) for change in priced), Decimal("0.00")),
        lines=changes,
        unpriced=tuple(change.id for change in changes if change.usd_least is None),
    )


def change_json(change: CostChange) -> dict[str, Any]:
    """Return a change as plain JSON; money as text with two decimals."""
    return {
        "old_usd_per_month": str(change.old_usd),
        "new_usd_per_month": str(change.new_usd),
        "change_usd_per_month": str(change.usd_least),
        "change_usd_per_month_at_most": str(change.usd_most),
        "without_price": list(change.unpriced),
        "lines": [
            {
                "id": line.id,
                "old": None if line.old is None else _line(line.old),
                "new": None if line.new is None else _line(line.new),
                "change_usd_per_month": _text(line.usd_least),
                "change_usd_per_month_at_most": _text(line.usd_most),
            }
            for line in change.lines
        ],
    }


def _line(line: CostLine) -> dict[str, Any]:
    return {
        "what": line.what,
        "unit": line.unit,
        "quantity": str(line.least),
        "quantity_at_most": str(line.most),
        "usd_per_month": _text(line.usd_least),
        "usd_per_month_at_most": _text(line.usd_most),
    }


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)


def _id(line: CostLine) -> str:
    return line.id.removeprefix(f"{line.project}/")


def _facts(line: CostLine | None) -> object:
    return None if line is None else (line.least, line.most, line.unit, line.price)


def _difference(old: Decimal | None, new: Decimal | None, change: LineChange) -> Decimal | None:
    if (change.old is not None and old is None) or (change.new is not None and new is None):
        return None
    return (new or Decimal("0.00")) - (old or Decimal("0.00"))
