"""Tags of resources whose service has one pair of operations for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    removed_tags,
    tag_list,
    tag_map,
)


@dataclass(frozen=True)
class _Tagging:
    tag: str
    untag: str
    resource: str
    keys: str | None = "TagKeys"
    """Parameter that takes the removed keys; ``None``: they are given as tags."""


SERVICES: Mapping[str, _Tagging] = {
    "cloudwatch": _Tagging("TagResource", "UntagResource", "ResourceARN"),
    "ec2": _Tagging("CreateTags", "DeleteTags", "Resources", None),
    "events": _Tagging("TagResource", "UntagResource", "ResourceARN"),
    "sagemaker": _Tagging("AddTags", "DeleteTags", "ResourceArn"),
    "sns": _Tagging("TagResource", "UntagResource", "ResourceArn"),
}


def set_tags(
    account: Account,
    service: str,
    resource: str,
    properties: Properties,
    previous: Properties | None,
) -> None:
    """Give a resource the tags of ``properties`` and take away those that only ``previous`` had."""
    tagging = SERVICES[service]
    gone = removed_tags(properties, previous)
    target = {tagging.resource: [resource] if tagging.keys is None else resource}
    if gone and tagging.keys is None:
        account.call(service, tagging.untag, Tags=[{"Key": key} for key in gone], **target)
    elif gone and tagging.keys is not None:
        account.call(service, tagging.untag, **target, **{tagging.keys: gone})
    tags = tag_map(properties)
    if tags and tags != tag_map(previous):
        account.call(service, tagging.tag, Tags=tag_list(tags), **target)
