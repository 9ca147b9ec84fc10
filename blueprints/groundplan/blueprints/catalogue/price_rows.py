"""The one form of a file of prices: CSV, a row a price, whatever it is for."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from groundplan.blueprints.catalogue.near import suggest
from groundplan.blueprints.catalogue.prices import COMPONENTS, PAYMENTS, SERVICES
from groundplan.blueprints.errors import InputError

SERVICE = "service"
"""What stands in the column ``component`` of a price that is for no instance."""


class Row(NamedTuple):
    """One row; its first five columns are what the price is for."""

    name: str
    """Instance type, or one of ``SERVICES``."""

    component: str
    """One of ``COMPONENTS``, or ``service``."""

    region: str
    """Name, such as ``eu-west-1``."""

    term_years: str
    """``1`` or ``3`` for a rate of a Savings Plan, else empty."""

    payment: str
    """One of ``PAYMENTS`` for a rate of a Savings Plan, else empty."""

    usd: str
    """USD an hour, or for a unit of a service; a plain decimal number."""

    source: str
    """Who says so."""

    date: str
    """Day, month or years for which the source says so."""

    confidence: str
    """``high`` or ``low``."""


Key = tuple[str, str, str, str, str]
"""What a price is for: name, component, region, term and payment."""

HEADER = list(Row._fields)
"""First row of every file of prices."""

_COMPONENTS = frozenset((*COMPONENTS, SERVICE))
_PLANS = frozenset((term, payment) for term in ("1", "3") for payment in PAYMENTS)
USD = re.compile(r"[0-9]{1,12}(\.[0-9]{1,30})?")
"""Form of a price."""

_FORM = "write it with `groundplan prices import`, or by hand in the same form"


def read_rows(place: str, lines: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of a file of prices; lines that begin with ``#`` are comments.

    Args:
        place: Name of the file in errors.
        lines: Its lines.

    Raises:
        InputError: At the first line that is not a price; the error names the line.
    """
    numbers: list[int] = []
    reader = csv.reader(_without_comments(lines, numbers))
    try:
        header = next(reader, None)
        if header != HEADER:
            raise InputError(
                place,
                f"this is not a file of prices, whose first line is {','.join(HEADER)}",
                got=",".join(header or ())[:80],
                fix=_FORM,
            )
        for cells in reader:
            try:
                row = _row(cells)
            except _BadRow as exc:
                raise InputError(
                    f"{place}:{numbers[-1]}", exc.problem, got=exc.got, fix=exc.fix
                ) from exc
            yield row
    except csv.Error as exc:
        where = f"{place}:{numbers[-1]}" if numbers else place
        raise InputError(where, "this is not CSV", got=str(exc), fix=_FORM) from exc


def _without_comments(lines: Iterable[str], numbers: list[int]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            numbers[:] = [number]
            yield line


class _BadRow(Exception):
    """A row that is no price; whoever knows its line says where."""

    def __init__(self, problem: str, *, got: object, fix: str) -> None:
        self.problem, self.got, self.fix = problem, got, fix
        super().__init__(problem)


def _row(cells: list[str]) -> Row:
    if len(cells) != len(HEADER):
        raise _BadRow(
            f"a price has {len(HEADER)} columns",
            got=len(cells),
            fix=f"write {','.join(HEADER)}",
        )
    row = Row._make(cells)
    if row.component not in _COMPONENTS:
        near = suggest(row.component, sorted(_COMPONENTS))
        fix = f"did you mean {near!r}?" if near else f"use one of {', '.join(sorted(_COMPONENTS))}"
        raise _BadRow("no such component", got=row.component, fix=fix)
    if row.component == SERVICE and row.name not in SERVICES:
        near = suggest(row.name, SERVICES)
        fix = f"did you mean {near!r}?" if near else f"use one of {', '.join(SERVICES)}"
        raise _BadRow("no such price of a service", got=row.name, fix=fix)
    if row.component != SERVICE and not row.name.startswith("ml."):
        raise _BadRow(
            "instance types of SageMaker begin with ml.",
            got=row.name,
            fix="write, for instance, ml.m5.xlarge",
        )
    plan = (row.term_years, row.payment)
    if plan != ("", "") and (plan not in _PLANS or row.component == SERVICE):
        raise _BadRow(
            "term_years and payment name a Savings Plan, or are empty for a price on demand",
            got=",".join(plan),
            fix=f"use 1 or 3 with one of {', '.join(PAYMENTS)}, or leave both empty",
        )
    if not USD.fullmatch(row.usd) or not row.usd.strip("0."):
        raise _BadRow(
            "a price is a positive number of USD",
            got=row.usd,
            fix="write, for instance, 0.23; leave a price out that is not known",
        )
    if row.confidence not in ("high", "low"):
        raise _BadRow("confidence is high or low", got=row.confidence, fix="use high or low")
    for column in ("region", "source", "date"):
        if not getattr(row, column):
            raise _BadRow(f"{column} is missing", got="", fix="say where it comes from")
    return row


def read_file(path: Path) -> Iterator[Row]:
    """Yield the rows of the file ``path``.

    Raises:
        InputError: If it cannot be read, or is not a file of prices.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            yield from read_rows(str(path), lines)
    except OSError as exc:
        raise InputError(
            str(path),
            "this file of prices cannot be read",
            got=exc.strerror or type(exc).__name__,
            fix="write it with `groundplan prices import`, or name the right one",
        ) from exc
    except UnicodeDecodeError as exc:
        raise InputError(
            str(path), "this file of prices is not UTF-8", got=exc.reason, fix=_FORM
        ) from exc
