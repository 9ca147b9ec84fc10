"""Clients for the calls that an execution makes: always of the state machine's account."""

import sys
from collections.abc import Iterator
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

    def boto_client_for(region: str, service: str, state_credentials: Any) -> Any:
        role = state_credentials.role_arn
        return emulator.client(service, role.split(":")[4], region, role)

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
            mock.patch.object(ServiceTask, "client_for", staticmethod(emulator.client), create=True)
        )
        faults = staticmethod(lambda: emulator.faults)
        stack.enter_context(mock.patch.object(ServiceTask, "faults", faults, create=True))
        yield
