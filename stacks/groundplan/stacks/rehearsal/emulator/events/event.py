"""Events as rules match them and targets get them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.stacks.rehearsal.emulator.clock import CLOCK

Event = dict[str, Any]


def new_event(
    account: str,
    region: str,
    *,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str] = (),
) -> Event:
    """An event of now; ``account`` is whoever sends it and stays so on every bus."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": CLOCK.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": region,
        "resources": list(resources),
        "detail": dict(detail),
    }
