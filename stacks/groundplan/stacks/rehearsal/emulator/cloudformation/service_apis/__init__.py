"""What moto's service APIs accept and then forget, although their backends could hold it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from groundplan.stacks.rehearsal.emulator.cloudformation.service_apis import (
    application_auto_scaling,
    cloudwatch,
    codebuild,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
)

__all__ = ["completed"]


@contextmanager
def completed() -> Iterator[None]:
    """Complete the APIs until the context ends."""
    services = (application_auto_scaling, cloudwatch, codebuild, iam, kms, logs, s3, sagemaker)
    with ExitStack() as exits:
        for service in services:
            for owner, name, replacement in service.replacements():
                patch = mock.patch.object(owner, name, replacement, create=True)
                exits.enter_context(patch)
        yield
