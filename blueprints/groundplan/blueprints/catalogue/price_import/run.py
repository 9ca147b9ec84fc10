"""Import of bulk price files into one file of prices."""

import sqlite3
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from groundplan.blueprints.catalogue.near import suggest
from groundplan.blueprints.catalogue.price_import.offers import OFFER, read_offer
from groundplan.blueprints.catalogue.price_import.plans import read_plans
from groundplan.blueprints.catalogue.price_import.reading import BulkFile, parser_name
from groundplan.blueprints.catalogue.price_import.stage import Stage
from groundplan.blueprints.catalogue.price_rows import read_file
from groundplan.blueprints.catalogue.regions import regions as known_regions
from groundplan.blueprints.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did."""

    kept: int
    """Number of prices in the file that was written."""

    skipped: Mapping[str, int]
    """Number of rows that were left out, by reason, sorted by reason."""

    backend: str
    """Parser of ijson that read the files."""


def import_prices(
    paths: Sequence[Path],
    out: Path,
    *,
    regions: Collection[str] = (),
    add: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> ImportResult:
    """Read bulk files of AWS and write their prices to ``out``, sorted, the same for the same input.

    Everything is staged beside ``out`` and renamed at the end: after an error, ``out`` is as it
    was. Memory is flat, whatever the size of the files.

    Args:
        paths: Offer files of Amazon SageMaker and files of its Savings Plans, in any order.
        out: File to write; what is there is replaced if it is a file of prices.
        regions: Regions to keep. Default: all.
        add: Whether prices in ``out`` that the files do not have are kept.
        advance: Told of every number of bytes that were read; a file is read two or three times.

    Raises:
        InputError: If a file is not readable, cut off, malformed, empty, of another service or not
            in USD; if a region is not known; or if ``out`` is no file of prices or cannot be
            written.
    """
    for region in sorted(set(regions) - set(known_regions())):
        near = suggest(region, known_regions())
        raise InputError(
            "--region",
            "no such region",
            got=region,
            fix=f"did you mean {near!r}?" if near else "use a name such as eu-west-1",
        )
    try:
        with tempfile.TemporaryDirectory(
            prefix=f".{out.name}-", dir=out.parent, ignore_cleanup_errors=True
        ) as staged:
            stage = Stage(Path(staged) / "stage.sqlite")
            try:
                _keep_old(out, stage, add)
                for path in paths:
                    _read(path, stage, regions, advance)
                kept = stage.write(Path(staged) / "prices.csv")
            finally:
                stage.close()
            (Path(staged) / "prices.csv").replace(out)
    except (OSError, sqlite3.Error) as exc:
        raise InputError(
            str(out),
            "this file cannot be written",
            got=getattr(exc, "strerror", None) or str(exc) or type(exc).__name__,
            fix="name a file in a folder that exists and can be written to",
        ) from exc
    return ImportResult(
        kept=kept,
        skipped=MappingProxyType(dict(sorted(stage.skipped.items()))),
        backend=parser_name(),
    )


def _keep_old(out: Path, stage: Stage, add: bool) -> None:
    """Take the prices that ``out`` has; without ``add`` only see that it is a file of prices.

    A mistyped ``--out`` must not cost somebody a file that is not ours.
    """
    if out.exists() or out.is_symlink():
        for row in read_file(out):
            if not add:
                break
            stage.add(row, imported=False)


def _read(
    path: Path, stage: Stage, regions: Collection[str], advance: Callable[[int], object]
) -> None:
    with BulkFile(path, advance) as file:
        head = file.head()
        date = head.date[:10]
        if head.offer == OFFER:
            source = f"AWS offer {OFFER}, version {head.version}"
            read_offer(file, stage, source, date, regions)
            stage.end_file(source, date)
        elif head.offer and "SavingsPlan" not in head.offer:
            file.refuse(
                "offerCode", f"this is not an offer of {OFFER}", head.offer, "name one that is"
            )
        else:
            read_plans(
                file, stage, f"AWS Savings Plan rates, version {head.version}", date, regions
            )
