"""S3: whether a bucket sends its events to EventBridge; bucket policies are stored only."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
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

    def get_permission(self: Any, action: str, resource: str) -> PermissionResult:
        # moto reads a Deny without its conditions, so that a TLS-only bucket would refuse everybody
        return PermissionResult.NEUTRAL

    yield FakeBucket, "get_permission", get_permission

    def _log_permissions_enabled_policy(target_bucket: Any, target_prefix: str | None) -> bool:
        # moto takes every principal for a dictionary, and every resource for a single one
        place = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
        statements = json.loads(target_bucket.policy or '{"Statement": []}')["Statement"]
        return any(
            statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
            and statement["Effect"] == "Allow"
            and "s3:PutObject" in _many(statement["Action"])
            and any(fnmatchcase(place, pattern) for pattern in _many(statement["Resource"]))
            for statement in statements
        )

    yield (
        FakeBucket,
        "_log_permissions_enabled_policy",
        staticmethod(_log_permissions_enabled_policy),
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
