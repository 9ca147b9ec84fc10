"""IAM: AWS's managed policies, parsed once instead of for every account."""

import copy
from collections.abc import Iterator
from typing import Any

from moto.iam.models import IAMBackend


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    load = IAMBackend._init_aws_policies
    parsed: list[Any] = []

    def copies(self: Any) -> list[Any]:
        if not parsed:
            parsed.extend(load(self))
        return [copy.copy(policy) for policy in parsed]

    yield IAMBackend, "_init_aws_policies", copies
