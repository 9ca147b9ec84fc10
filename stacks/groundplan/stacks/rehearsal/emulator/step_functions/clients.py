"""Clients for the calls that an execution makes: always of the state machine's account."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.stepfunctions.parser.asl.utils import boto_client

from groundplan.stacks.rehearsal.emulator.step_functions.service_task import ServiceTask

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Give every task state a client of its own account instead of moto's default account."""
    client_for = _cached(emulator)

    def boto_client_for(region: str, service: str, state_credentials: Any) -> Any:
        return client_for(service, state_credentials.role_arn.split(":")[4], region)

    original = boto_client.boto_client_for
    users = [
        module
        for name, module in sorted(sys.modules.items())
        if name.startswith("moto.stepfunctions.")
        and getattr(module, "boto_client_for", None) is original
    ]
    with ExitStack() as stack:
        for module in users:
            stack.enter_context(mock.patch.object(module, "boto_client_for", boto_client_for))
        stack.enter_context(
            mock.patch.object(ServiceTask, "client_for", staticmethod(client_for), create=True)
        )
        yield


def _cached(emulator: "Emulator") -> Callable[[str, str, str], Any]:
    clients: dict[tuple[str, str, str], Any] = {}
    lock = threading.Lock()  # making a client is not safe between threads, using one is

    def client_for(service: str, account: str, region: str) -> Any:
        key = (service, account, region)
        with lock:
            if key not in clients:
                clients[key] = emulator.client(service, account, region)
            return clients[key]

    return client_for
