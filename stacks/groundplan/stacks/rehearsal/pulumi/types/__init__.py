"""Every Pulumi resource type that a rehearsed program may have."""

from groundplan.stacks.rehearsal.pulumi.types import (
    identity,
    network,
    observing,
    running,
    s3,
    sagemaker,
)
from groundplan.stacks.rehearsal.pulumi.types.resource_type import PulumiType

__all__ = ["TYPES", "PulumiType"]

TYPES: dict[str, PulumiType] = {
    item.token: item
    for module in (identity, network, observing, running, s3, sagemaker)
    for item in module.TYPES
}
"""The types by their tokens; any other one fails its program."""
