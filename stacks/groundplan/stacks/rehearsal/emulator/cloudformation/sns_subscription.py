"""AWS::SNS::Subscription."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)

ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
)


class SnsSubscription(ResourceType):
    """A subscription to a topic."""

    type = "AWS::SNS::Subscription"
    properties = frozenset({"Endpoint", "Protocol", "TopicArn", *ATTRIBUTES})
    create_only = frozenset({"Endpoint", "Protocol", "TopicArn"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Subscribe."""
        made = self.account.call(
            "sns",
            "Subscribe",
            Attributes=only(properties, ATTRIBUTES),
            ReturnSubscriptionArn=True,
            **only(properties, self.create_only),
        )
        return str(made["SubscriptionArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change attributes."""
        if previous is None:
            return
        for name in changed_names(properties, previous):
            self.account.call(
                "sns",
                "SetSubscriptionAttributes",
                SubscriptionArn=physical_id,
                AttributeName=name,
                AttributeValue=properties.get(name, ""),
            )

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Unsubscribe."""
        self.account.call("sns", "Unsubscribe", SubscriptionArn=physical_id)
