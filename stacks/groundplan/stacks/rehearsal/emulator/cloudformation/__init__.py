"""CloudFormation as the rehearsal needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Replace moto's CloudFormation while the context lasts."""
    yield
