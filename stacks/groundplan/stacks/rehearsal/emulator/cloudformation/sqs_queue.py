"""AWS::SQS::Queue."""

from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
    tag_map,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


class SqsQueue(ResourceType):
    """A queue."""

    type = "AWS::SQS::Queue"
    named_by = "QueueName"
    longest_name = 80
    properties = frozenset({"QueueName", "Tags", *ATTRIBUTES})
    uncovered: ClassVar[Mapping[str, str]] = {
        "RedriveAllowPolicy": "moto's GetQueueAttributes does not show it"
    }
    create_only = frozenset({"FifoQueue", "QueueName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the queue."""
        attributes = only(properties, ATTRIBUTES)
        tags = tag_map(properties)
        made = self.account.call(
            "sqs", "CreateQueue", QueueName=name, Attributes=attributes, tags=tags
        )
        return str(made["QueueUrl"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change attributes and tags."""
        if previous is None:
            return
        changed = changed_names(properties, previous)
        attributes = {name: properties.get(name, "") for name in changed if name in ATTRIBUTES}
        if attributes:
            self.account.call(
                "sqs", "SetQueueAttributes", QueueUrl=physical_id, Attributes=attributes
            )
        set_tags(self.account, "sqs", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN, name and URL."""
        name = physical_id.rsplit("/", 1)[1]
        return {"Arn": self.account.arn("sqs", name), "QueueName": name, "QueueUrl": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the queue."""
        self.account.call("sqs", "DeleteQueue", QueueUrl=physical_id)
