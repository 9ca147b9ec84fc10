"""Where prices wait until every file is read: a database on disk, so that memory stays flat."""

import csv
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from groundplan.blueprints.catalogue.price_rows import HEADER, Row

_SCHEMA = """
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -2048;
create table price (
  name text, component text, region text, term_years text, payment text, usd text, source text,
  date text, confidence text, imported integer);
create table product (sku text primary key, name text, component text, region text) without rowid;
create table plan (number integer primary key, term_years text, payment text);
create table rate (plan integer, name text, component text, region text, usd text);
"""

_HEAD = "# Prices as AWS publishes them, by `groundplan prices import`. A service's may be added by hand.\n"

_BATCH = 1000


class Stage:
    """Rows of prices, and what of AWS's files must be joined before it is one."""

    def __init__(self, path: Path) -> None:
        """Make a database at ``path``; nobody but this process needs it."""
        self.skipped: Counter[str] = Counter()
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("begin")
        self._waiting: list[tuple[object, ...]] = []
        self._statement = ""

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def add(self, row: Row, *, imported: bool) -> None:
        """Take one price; one that is imported replaces one that is not."""
        self._insert("insert into price values (?,?,?,?,?,?,?,?,?,?)", (*row, imported))

    def add_product(self, sku: str, name: str, component: str, region: str) -> bool:
        """Take the product of a SKU; False if the SKU already stands for another one."""
        new = (name, component, region)
        try:
            self._database.execute("insert into product values (?,?,?,?)", (sku, *new))
        except sqlite3.IntegrityError:
            return self.product(sku) == new
        return True

    def product(self, sku: str) -> tuple[str, str, str] | None:
        """Return name, component and region of a SKU, or None if it was not taken."""
        found: tuple[str, str, str] | None = self._database.execute(
            "select name, component, region from product where sku = ?", (sku,)
        ).fetchone()
        return found

    def products(self) -> int:
        """Return how many products there are."""
        count: int = self._database.execute("select count(*) from product").fetchone()[0]
        return count

    def add_plan(self, number: int, term_years: str, payment: str) -> None:
        """Say which plan the rates under ``number`` belong to."""
        self._database.execute("insert into plan values (?,?,?)", (number, term_years, payment))

    def add_rate(self, number: int, name: str, component: str, region: str, usd: str) -> None:
        """Take a rate of plan ``number``, which need not be known yet."""
        self._insert("insert into rate values (?,?,?,?,?)", (number, name, component, region, usd))

    def end_file(self, source: str, date: str) -> int:
        """Make prices of the rates, forget what the file alone needed; return how many rates."""
        self._flush()
        made = self._database.execute(
            "insert into price select name, component, region, term_years, payment, usd, ?, ?,"
            " 'high', 1 from rate join plan on plan.number = rate.plan",
            (source, date),
        ).rowcount
        for table in ("product", "plan", "rate"):
            self._database.execute(f"delete from {table}")
        return made

    def write(self, path: Path) -> int:
        """Write every price to ``path``, sorted; return how many.

        Of prices for one thing, imported ones win, then the newest. Where those differ, none is
        kept: nothing says which one is right.
        """
        kept = 0
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(_HEAD)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for row in self._settled():
                writer.writerow(row)
                kept += 1
            file.flush()
            os.fsync(file.fileno())
        return kept

    def _settled(self) -> Iterator[Row]:
        self._flush()
        found = self._database.execute(
            "select * from price order by name, component, region, term_years, payment,"
            " imported desc, date desc, usd, source"
        )
        for _, group in groupby(found, key=lambda cells: cells[:5]):
            cells = list(group)
            newest = [row for row in cells if (row[9], row[7]) == (cells[0][9], cells[0][7])]
            rivals = {row[5] for row in newest}
            self._count("an older price of the same", len(cells) - len(newest))
            if len(rivals) > 1:
                self._count("prices for one thing that differ", len(newest))
            else:
                self._count("the same price again", len(newest) - 1)
                yield Row._make(cells[0][:9])

    def _count(self, reason: str, times: int) -> None:
        if times:
            self.skipped[reason] += times

    def _insert(self, statement: str, values: tuple[object, ...]) -> None:
        if statement != self._statement or len(self._waiting) >= _BATCH:
            self._flush()
            self._statement = statement
        self._waiting.append(values)

    def _flush(self) -> None:
        if self._waiting:
            self._database.executemany(self._statement, self._waiting)
            self._waiting.clear()
