"""AWS::SNS::TopicPolicy."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class SnsTopicPolicy(ResourceType):
    """The policy of topics."""

    type = "AWS::SNS::TopicPolicy"
    properties = frozenset({"PolicyDocument", "Topics"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Nothing to make: ``configure`` sets the policy."""
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the policy of each topic, and the default one of those that are gone."""
        for topic in properties["Topics"]:
            self._set(topic, properties["PolicyDocument"])
        for topic in (previous or {}).get("Topics", []):
            if topic not in properties["Topics"]:
                self._set(topic, self._default(topic))

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Give each topic the policy of a new one."""
        for topic in properties["Topics"]:
            self._set(topic, self._default(topic))

    def _set(self, topic: str, policy: Any) -> None:
        self.account.call(
            "sns",
            "SetTopicAttributes",
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=policy,
        )

    def _default(self, topic: str) -> Any:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish", "SNS:Subscribe"],
            "Resource": topic,
            "Condition": {"StringEquals": {"AWS:SourceOwner": self.account.id}},
        }
        return {"Version": "2008-10-17", "Statement": [statement]}
