"""Reading one bulk file in pieces, with errors that name it."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from groundplan.blueprints.catalogue.price_rows import USD
from groundplan.blueprints.errors import InputError

BACKEND = "yajl2_c"
"""ijson's parser in C; the others are up to fifty times slower."""

BUFFER_BYTES = 1 << 16
"""Bytes that are read and parsed at once."""

_DEEPEST = 1000
"""Levels of nesting; AWS's files have ten. ijson's memory grows with their square."""

_SLICE_BYTES = 4096
"""Bytes in which nesting is counted at once, and so what it may exceed ``_DEEPEST`` by."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?")
_VERSION = re.compile(r"[0-9A-Za-z._-]{1,40}")
_RESERVED = b'"Reserved"'
_AGAIN = "download it again from AWS; nothing was imported"


def parser() -> Any:
    """Return ijson's fastest backend that is installed."""
    import ijson

    try:
        return ijson.get_backend(BACKEND)
    except ImportError:
        return ijson.get_backend("python")


def parser_name() -> str:
    """Return the name of the backend that ``parser`` returns."""
    name: str = parser().backend_name
    return name


class Head:
    """What a bulk file says of itself before its products."""

    def __init__(self, texts: dict[str, str]) -> None:
        """Take the texts at the top of the file."""
        self.offer: str | None = texts.get("offerCode")
        self.date: str = texts.get("publicationDate", "")
        self.version: str = texts.get("version", "")


class BulkFile:
    """One bulk file, open; reads in pieces and reports how far it is."""

    def __init__(self, path: Path, advance: Callable[[int], object]) -> None:
        """Open ``path``; ``advance`` is told of every number of bytes that were read.

        Raises:
            InputError: If it cannot be read.
        """
        self.path = path
        self.saw_reserved = False
        self._advance = advance
        self._tail = b""
        self._depth = 0
        try:
            self._file = path.open("rb")
        except OSError as exc:
            raise InputError(
                str(path),
                "this price file cannot be read",
                got=exc.strerror or type(exc).__name__,
                fix="name a file that was downloaded from AWS",
            ) from exc

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; ijson calls it."""
        piece = self._file.read(size)
        if not self.saw_reserved:
            self.saw_reserved = _RESERVED in self._tail + piece
            self._tail = piece[-len(_RESERVED) :]
        for start in range(0, len(piece), _SLICE_BYTES):
            part = piece[start : start + _SLICE_BYTES]
            opened = part.count(b"{") + part.count(b"[")
            self._depth = max(0, self._depth + opened - part.count(b"}") - part.count(b"]"))
            if self._depth > _DEEPEST:
                self.refuse("", "this is no price file: it is nested too deep", self._depth)
        self._advance(len(piece))
        return piece

    def rewind(self) -> None:
        """Go back to the beginning."""
        self._file.seek(0)
        self._depth = 0

    def refuse(self, place: str, problem: str, got: object, fix: str = _AGAIN) -> NoReturn:
        """Refuse the whole file because of what stands at ``place`` in it.

        Raises:
            InputError: Always.
        """
        where = f"{self.path}: {place}" if place else str(self.path)
        raise InputError(where, problem, got=_short(got), fix=fix)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what goes wrong inside into an error that names the file.

        Raises:
            InputError: If the file is cut off, is not JSON, or cannot be read to its end.
        """
        from ijson import IncompleteJSONError, JSONError

        # ijson 3.6.0's C parser crashes the process on an integer that Python refuses to read for
        # its length, so for as long as it runs Python reads integers of any length.
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            yield
        except IncompleteJSONError as exc:
            self.refuse("", "this price file is cut off, or is not JSON", _first_line(exc))
        except (JSONError, UnicodeError, ArithmeticError, ValueError) as exc:
            self.refuse("", "this price file is not JSON", _first_line(exc))
        except OSError as exc:
            self.refuse("", "this price file cannot be read", exc.strerror or type(exc).__name__)
        finally:
            sys.set_int_max_str_digits(limit)

    def head(self) -> Head:
        """Return what the file says of itself.

        Raises:
            InputError: If it is not a bulk file of prices.
        """
        texts: dict[str, str] = {}
        self.rewind()
        with self.faults():
            for prefix, event, value in parser().parse(self, buf_size=BUFFER_BYTES):
                if prefix and event in ("start_map", "start_array"):
                    break
                if event == "string":
                    texts[prefix] = value
        head = Head(texts)
        if not _DATE.fullmatch(head.date) or not _VERSION.fullmatch(head.version):
            self.refuse(
                "",
                "a bulk file of AWS begins with its publicationDate and version",
                ", ".join(sorted(texts)) or "neither",
                "name the index.json of an offer or of a Savings Plan, not one that lists others",
            )
        return head


def exact_usd(text: object) -> str | None:
    """Return a price as a plain decimal number without needless zeros, or None if it is none."""
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # The exponent is looked at first: "1e999999999" must not be written out.
    if not number.is_finite() or not -30 <= number.adjusted() <= 12:
        return "0" if number == 0 else None
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain if USD.fullmatch(plain) else None


def is_hour(unit: object) -> bool:
    """Return whether a unit is an hour, however AWS writes it."""
    return isinstance(unit, str) and unit.lower() in ("hrs", "hr", "hour", "hours")


def _short(got: object) -> object:
    """Return what can be shown of a value, however long or deep it is."""
    if isinstance(got, str):
        return got[:77] + "..." if len(got) > 80 else got
    if isinstance(got, int | Decimal) and not isinstance(got, bool):
        return str(got)[:80] if -30 <= Decimal(got).adjusted() <= 30 else "a number"
    return "nothing" if got is None else type(got).__name__


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0]
