"""Deterministic names and ARNs, within each service's length and characters."""

import hashlib
from dataclasses import dataclass

from groundplan.blueprints.catalogue import regions

LIMITS = {
    "alarm": 255,
    "alias": 250,
    "bucket": 63,
    "budget": 100,
    "codebuild-project": 150,
    "compute-environment": 128,
    "connection": 32,
    "endpoint": 63,
    "event-bus": 256,
    "job-prefix": 30,
    "job-queue": 128,
    "key-alias": 250,
    "mlflow": 256,
    "model-package-group": 63,
    "monitoring-schedule": 63,
    "pipeline": 100,
    "policy": 128,
    "repository": 256,
    "role": 64,
    "rule": 64,
    "schedule": 64,
    "schedule-group": 64,
    "stack": 128,
    "state-machine": 80,
    "table": 255,
    "topic": 256,
    "trail": 128,
}
"""Longest name in characters per kind of resource (AWS service documentation, 2026-11)."""


def digest(text: str, length: int = 8) -> str:
    """Return the first ``length`` hexadecimal characters of the SHA-256 of ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def name(kind: str, *parts: str) -> str:
    """Join ``parts`` by hyphens; a name too long for ``kind`` is cut and given a hash of the whole.

    Args:
        kind: A key of :data:`LIMITS`.
        parts: Lower-case words of letters, digits and hyphens.
    """
    whole = "-".join(part for part in parts if part)
    limit = LIMITS[kind]
    if len(whole) <= limit:
        return whole
    return f"{whole[: limit - 9].rstrip('-')}-{digest(whole)}"


def camel(text: str) -> str:
    """Return hyphenated words in CamelCase, for ids of units and statements."""
    return "".join(part.capitalize() for part in text.split("-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account and region, and the ARNs in it."""

    account: str
    """Account id, 12 digits."""

    region: str
    """Region code, such as ``eu-west-1``."""

    @property
    def partition(self) -> str:
        """Partition of the region: ``aws``, ``aws-cn`` or ``aws-us-gov``."""
        return regions()[self.region].partition

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """Return the ARN of an IAM resource, such as ``role/path/name``."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def bucket_arn(self, bucket: str, key: str = "") -> str:
        """Return the ARN of a bucket, or of the objects that match ``key``."""
        return f"arn:{self.partition}:s3:::{bucket}" + (f"/{key}" if key else "")

    @property
    def root(self) -> str:
        """ARN that names the whole account as a principal."""
        return self.iam_arn("root")
