"""CloudFormation as the rehearsal needs it: an engine of its own and one adapter a type."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from moto.cloudformation import urls

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.api import CloudFormationApi
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.registry import ADAPTERS, UNCOVERED
from groundplan.stacks.rehearsal.emulator.cloudformation.service_apis import completed

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

__all__ = ["UNCOVERED", "patched"]


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Answer CloudFormation's requests in place of moto, which skips types and properties."""
    regions: dict[tuple[str, str], Region] = {}
    lock = threading.Lock()

    def region_for(account_id: str, name: str) -> Region:
        with lock:
            if (account_id, name) not in regions:
                account = Account(emulator.client, account_id, name)
                adapters = {adapter.type: adapter(account) for adapter in ADAPTERS}
                regions[account_id, name] = Region(account, adapters, lambda: emulator.faults)
            return regions[account_id, name]

    with (
        completed(),
        mock.patch.object(CloudFormationApi, "region_for", staticmethod(region_for), create=True),
        mock.patch.dict(urls.url_paths, {"{0}/$": CloudFormationApi.dispatch}, clear=True),
    ):
        yield
