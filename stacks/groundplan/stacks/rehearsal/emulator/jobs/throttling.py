"""Calls that are refused because there were too many."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Count down `Faults.throttle`."""
    call_action = SageMakerResponse.call_action

    def call(self: Any) -> Any:
        left = emulator.faults.throttle
        action = self._get_action()
        if left.get(action, 0) < 1:
            return call_action(self)
        left[action] -= 1
        setattr(self, camelcase_to_underscores(action), _throttled)
        return call_action(self)

    with mock.patch.object(SageMakerResponse, "call_action", call):
        yield


def _throttled() -> tuple[str, dict[str, int]]:
    # the API's model has no such error, so moto cannot serialise it as an exception
    return json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}), {
        "status": 400
    }
