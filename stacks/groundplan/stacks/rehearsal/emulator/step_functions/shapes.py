"""Between the JSON of a state machine and the request and response shapes of an API."""

import json
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.response import StreamingBody

Dates = Literal["iso", "millis"]


def pascal(name: str) -> str:
    """How Step Functions writes the member ``name`` of a shape."""
    return name[:1].upper() + name[1:]


def to_request(value: Any, shape: Shape | None, path: str = "") -> Any:
    """Arguments of a task as the parameters of the API's client.

    Raises:
        ValueError: A field that the API does not have, or that is not in PascalCase.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = {pascal(name): name for name in shape.members}
        request = {}
        for key, item in value.items():
            if key not in members:
                raise ValueError(f"The field '{path}{key}' is not supported by Step Functions")
            name = members[key]
            request[name] = to_request(item, shape.members[name], f"{path}{key}.")
        return request
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_request(item, shape.member, path) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_request(item, shape.value, path) for key, item in value.items()}
    if shape is not None and shape.type_name == "blob" and not isinstance(value, bytes):
        return json.dumps(value, separators=(",", ":")).encode()
    if shape is not None and shape.type_name == "string" and isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return value


def to_result(value: Any, shape: Shape | None, dates: Dates) -> Any:
    """A client's response as the result of a task."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            pascal(key): to_result(item, shape.members.get(key), dates)
            for key, item in value.items()
            if key != "ResponseMetadata"
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_result(item, shape.member, dates) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_result(item, shape.value, dates) for key, item in value.items()}
    if isinstance(value, StreamingBody):
        return value.read().decode()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime):
        return _instant(value) if dates == "iso" else int(value.timestamp() * 1000)
    return value


def _instant(moment: datetime) -> str:
    """As Java's Instant prints it: milliseconds only where there are some."""
    utc = moment.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond >= 1000 else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")
