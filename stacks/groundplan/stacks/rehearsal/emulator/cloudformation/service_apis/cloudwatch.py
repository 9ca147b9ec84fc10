"""CloudWatch: composite alarms, which moto stores but has no operation for."""

from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    yield CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm
