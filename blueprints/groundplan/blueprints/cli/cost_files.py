"""Files that ``groundplan cost`` writes."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from groundplan.blueprints.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    from groundplan.blueprints.cost.report import CostReport


def purchase_files(report: "CostReport", path: Path) -> list[tuple[Path, str]]:
    """Return the request that buys the commitment, and the page that says how.

    Raises:
        InputError: If there is not exactly one commitment to buy.
    """
    from groundplan.blueprints.cost.purchase import purchase_request

    wanted = [pool for pool in report.pools if pool.result.commitment > 0]
    if len(wanted) != 1:
        raise InputError(
            "--purchase-request",
            "needs exactly one commitment to buy",
            got=", ".join(pool.name for pool in wanted) or "none",
            fix="give the specs that share one plan, with known rates or an assumed discount",
        )
    pool = wanted[0]
    request = purchase_request(pool.result.commitment, pool.offering)
    readme = request.readme.replace("savings-plan-request.json", path.name)
    if pool.result.assumed:
        readme += (
            f"\nThe commitment rests on an ASSUMED discount of {pool.assumed_discount:.0%}: do not "
            "buy before step 2 has confirmed it.\n"
        )
    return [(path, request.json()), (path.with_name(f"{path.name}.md"), readme)]


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        EnvironmentFault: If it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise EnvironmentFault(
            str(path),
            "cannot be written",
            got=(exc.strerror or "an error").lower(),
            fix="name another file",
        ) from exc
