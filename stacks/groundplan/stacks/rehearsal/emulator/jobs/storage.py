"""What a job reads from S3 and writes to it."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class TransferError(Exception):
    """S3 refused, or there is nothing to read."""


@dataclass(frozen=True)
class Storage:
    """S3 as one account sees it; buckets of other accounts included."""

    client: Any

    def download(self, uri: str, directory: Path, *, required: bool = True) -> None:
        """Copy every object below ``uri``, or the one object of that name, into ``directory``.

        Raises:
            TransferError: There is no such bucket, or no object although one is ``required``.
        """
        bucket, prefix = _split(uri)
        directory.mkdir(parents=True, exist_ok=True)
        found = False
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            for key in (item["Key"] for page in pages for item in page.get("Contents", [])):
                found = True
                if key.endswith("/"):
                    continue
                name = key[len(prefix) :].lstrip("/") or key.rsplit("/", 1)[-1]
                target = directory / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as exc:
            raise TransferError(f"Data download failed from {uri}: {exc}") from exc
        if required and not found:
            raise TransferError(f"No S3 objects found under S3 URL {uri}")

    def exists(self, uri: str) -> bool:
        """Whether there is an object of that name, or below it."""
        bucket, key = _split(uri)
        try:
            found = self.client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        except ClientError:
            return False
        return bool(found["KeyCount"])

    def upload_tree(self, directory: Path, uri: str, kms_key_id: str | None = None) -> None:
        """Copy every file below ``directory`` to below ``uri``.

        Raises:
            TransferError: S3 refused.
        """
        for path in sorted(_files(directory)):
            name = path.relative_to(directory).as_posix()
            self.upload(path.read_bytes(), f"{uri.rstrip('/')}/{name}", kms_key_id)

    def upload(self, body: bytes, uri: str, kms_key_id: str | None = None) -> None:
        """Write one object.

        Raises:
            TransferError: S3 refused.
        """
        bucket, key = _split(uri)
        encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}
        )
        try:
            self.client.put_object(Bucket=bucket, Key=key, Body=body, **encryption)
        except ClientError as exc:
            raise TransferError(f"Data upload failed to {uri}: {exc}") from exc


def archive(directory: Path) -> bytes:
    """A ``.tar.gz`` of everything below ``directory``, the same bytes for the same files."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in sorted(_files(directory)):
            info = tarfile.TarInfo(path.relative_to(directory).as_posix())
            content = path.read_bytes()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
