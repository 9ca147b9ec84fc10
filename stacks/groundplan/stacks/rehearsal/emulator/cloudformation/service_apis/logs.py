"""CloudWatch Logs: the key of a group that exists."""

from collections.abc import Iterator
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""

    def set_key(self: Any) -> str:
        name = self._get_param("logGroupName")
        if name not in self.logs_backend.groups:
            raise ResourceNotFoundException()
        self.logs_backend.groups[name].kms_key_id = self._get_param("kmsKeyId")
        return ""

    yield LogsResponse, "associate_kms_key", set_key
    yield LogsResponse, "disassociate_kms_key", set_key
