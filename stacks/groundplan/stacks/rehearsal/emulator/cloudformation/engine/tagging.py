"""Tags of resources that exist, as each service takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    tag_list,
    tag_map,
)


@dataclass(frozen=True, kw_only=True)
class _Tagging:
    service: str
    tag: str = "TagResource"
    untag: str = "UntagResource"
    resource: str
    """Parameter that names the resource."""
    keys: str | None = "TagKeys"
    """Parameter that takes the removed keys; ``None``: they are given as tags of ``resource``s."""
    tags: Literal["list", "map"] = "list"
    names: tuple[str, str] = ("Key", "Value")
    fixed: Mapping[str, str] = field(default_factory=dict)


TAGGINGS: Mapping[str, _Tagging] = {
    "batch": _Tagging(service="batch", resource="resourceArn", tags="map"),
    "cloudwatch": _Tagging(service="cloudwatch", resource="ResourceARN"),
    "dynamodb": _Tagging(service="dynamodb", resource="ResourceArn"),
    "ec2": _Tagging(
        service="ec2", tag="CreateTags", untag="DeleteTags", resource="Resources", keys=None
    ),
    "ecr": _Tagging(service="ecr", resource="resourceArn"),
    "events": _Tagging(service="events", resource="ResourceARN"),
    "iam-oidc": _Tagging(
        service="iam",
        tag="TagOpenIDConnectProvider",
        untag="UntagOpenIDConnectProvider",
        resource="OpenIDConnectProviderArn",
    ),
    "iam-policy": _Tagging(
        service="iam", tag="TagPolicy", untag="UntagPolicy", resource="PolicyArn"
    ),
    "iam-role": _Tagging(service="iam", tag="TagRole", untag="UntagRole", resource="RoleName"),
    "kms": _Tagging(service="kms", resource="KeyId", names=("TagKey", "TagValue")),
    "logs": _Tagging(service="logs", resource="resourceArn", tags="map"),
    "sagemaker": _Tagging(
        service="sagemaker", tag="AddTags", untag="DeleteTags", resource="ResourceArn"
    ),
    "scheduler": _Tagging(service="scheduler", resource="ResourceArn"),
    "sns": _Tagging(service="sns", resource="ResourceArn"),
    "sqs": _Tagging(
        service="sqs", tag="TagQueue", untag="UntagQueue", resource="QueueUrl", tags="map"
    ),
    "ssm": _Tagging(
        service="ssm",
        tag="AddTagsToResource",
        untag="RemoveTagsFromResource",
        resource="ResourceId",
        fixed={"ResourceType": "Parameter"},
    ),
    "states": _Tagging(service="stepfunctions", resource="resourceArn"),
}


def set_tags(
    account: Account,
    kind: str,
    resource: str,
    properties: Properties,
    previous: Properties | None,
) -> None:
    """Change the tags of a resource from those of ``previous`` to those of ``properties``."""
    tagging = TAGGINGS[kind]
    wanted, had = tag_map(properties), tag_map(previous)
    gone = sorted(key for key, value in had.items() if wanted.get(key) != value)
    new = {key: value for key, value in wanted.items() if had.get(key) != value}
    target: dict[str, Any] = {**tagging.fixed, tagging.resource: resource}
    if tagging.keys is None:
        target[tagging.resource] = [resource]
        removed: dict[str, Any] = {"Tags": [{"Key": key} for key in gone]}
    else:
        removed = {tagging.keys: gone}
    if gone:
        account.call(tagging.service, tagging.untag, **target, **removed)
    if new:
        tags = new if tagging.tags == "map" else tag_list(new, *tagging.names)
        account.call(tagging.service, tagging.tag, **target, Tags=tags)
