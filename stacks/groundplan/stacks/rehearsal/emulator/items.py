"""DynamoDB's writes, one at a time: moto reads an item, changes a copy and puts that in its place.

Between the two, another execution's write would be lost, and a lock could be taken twice.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.dynamodb.models import DynamoDBBackend

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Make every write of an item atomic until the context ends."""
    lock = threading.RLock()  # a transaction's writes are calls of the others
    with ExitStack() as stack:
        for name in _WRITES:
            method = _one_at_a_time(getattr(DynamoDBBackend, name), lock)
            stack.enter_context(mock.patch.object(DynamoDBBackend, name, method))
        yield


def _one_at_a_time(
    write: Callable[..., Any], lock: AbstractContextManager[Any]
) -> Callable[..., Any]:
    @wraps(write)
    def locked(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return write(*args, **kwargs)

    return locked
