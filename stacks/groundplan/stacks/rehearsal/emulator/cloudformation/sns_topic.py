"""AWS::SNS::Topic."""

from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion")


class SnsTopic(ResourceType):
    """A topic."""

    type = "AWS::SNS::Topic"
    named_by = "TopicName"
    longest_name = 256
    properties = frozenset({"FifoTopic", "Subscription", "Tags", "TopicName", *ATTRIBUTES})
    uncovered: ClassVar[Mapping[str, str]] = {
        "TracingConfig": "moto's GetTopicAttributes does not show it"
    }
    create_only = frozenset({"FifoTopic", "TopicName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the topic."""
        attributes = only(properties, (*ATTRIBUTES, "FifoTopic"))
        made = self.account.call("sns", "CreateTopic", Name=name, Attributes=attributes)
        return str(made["TopicArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set attributes, tags and subscriptions."""
        changed = changed_names(properties, previous or {})
        for name in ATTRIBUTES:
            if previous is not None and name in changed:
                self.account.call(
                    "sns",
                    "SetTopicAttributes",
                    TopicArn=physical_id,
                    AttributeName=name,
                    AttributeValue=properties.get(name, ""),
                )
        self.refuse_change(properties, previous, {"Subscription"})
        for subscription in properties.get("Subscription", []) if previous is None else []:
            self.account.call("sns", "Subscribe", TopicArn=physical_id, **subscription)
        set_tags(self.account, "sns", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[1]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the topic."""
        self.account.call("sns", "DeleteTopic", TopicArn=physical_id)
