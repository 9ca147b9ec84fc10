"""Container images: repositories of any account, and the scripts that an image stands for."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from moto.ecr.exceptions import ImageNotFoundException
from moto.ecr.models import ecr_backends
from moto.ecr.responses import ECRResponse
from moto.sagemaker.exceptions import AWSValidationException

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[^:@]+)(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>.+))?"
)


@contextmanager
def patched() -> Iterator[None]:
    """Let ``registryId`` of a request name the registry of another account."""

    def backend(self: Any) -> Any:
        account = self._get_param("registryId") or self.current_account
        return ecr_backends[account][self.region]

    with mock.patch.object(ECRResponse, "ecr_backend", property(backend)):
        yield


def scripts_of(uri: str, images: Mapping[str, Path]) -> Path:
    """Directory of the scripts of a pushed image.

    Raises:
        AWSValidationException: The image was not pushed, or the emulator has no scripts for it.
    """
    repository = check_pushed(uri)
    if repository not in images:
        raise AWSValidationException(
            f"Requested image {uri} has no scripts here; the emulator knows "
            f"{', '.join(sorted(images)) or 'no image'}"
        )
    return images[repository]


def check_pushed(uri: str) -> str:
    """Name of the repository of a pushed image.

    Raises:
        AWSValidationException: The image was not pushed.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise AWSValidationException(f"Requested image {uri} is not in an ECR repository.")
    name = match["repository"]
    repository = ecr_backends[match["account"]][match["region"]].repositories.get(name)
    if repository is None:
        raise AWSValidationException(f"Requested image {uri} not found: no such repository.")
    tag = match["tag"] or (None if match["digest"] else "latest")
    try:
        repository._get_image(tag, match["digest"])
    except ImageNotFoundException as exc:
        raise AWSValidationException(f"Requested image {uri} not found.") from exc
    return name
