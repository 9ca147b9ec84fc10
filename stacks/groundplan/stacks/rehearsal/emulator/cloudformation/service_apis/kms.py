"""KMS: how often a key rotates."""

import json
from collections.abc import Iterator
from typing import Any

from moto.kms.responses import KmsResponse

YEARLY = 365


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    enable, status = KmsResponse.enable_key_rotation, KmsResponse.get_key_rotation_status

    def enable_key_rotation(self: Any) -> str:
        response = enable(self)
        _key(self).rotation_period = self._get_param("RotationPeriodInDays") or YEARLY
        return response

    def get_key_rotation_status(self: Any) -> str:
        shown = json.loads(status(self))
        if shown["KeyRotationEnabled"]:
            shown["RotationPeriodInDays"] = getattr(_key(self), "rotation_period", YEARLY)
        return json.dumps(shown)

    yield KmsResponse, "enable_key_rotation", enable_key_rotation
    yield KmsResponse, "get_key_rotation_status", get_key_rotation_status


def _key(response: Any) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]
