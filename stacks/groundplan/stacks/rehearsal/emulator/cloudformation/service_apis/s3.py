"""S3: whether a bucket sends its events to EventBridge."""

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.responses import S3Response


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    get = S3Response.get_bucket_notification

    def get_bucket_notification(self: Any) -> Any:
        configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
        serialized = self.serialized

        def with_event_bridge(shown: Any) -> Any:
            return serialized(ActionResult({**shown.result, "EventBridgeConfiguration": {}}))

        if configuration and configuration.event_bridge is not None:
            self.serialized = with_event_bridge
        return get(self)

    yield S3Response, "get_bucket_notification", get_bucket_notification
