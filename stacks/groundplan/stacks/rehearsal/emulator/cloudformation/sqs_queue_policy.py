"""AWS::SQS::QueuePolicy."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class SqsQueuePolicy(ResourceType):
    """The policy of queues."""

    type = "AWS::SQS::QueuePolicy"
    properties = frozenset({"PolicyDocument", "Queues"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Nothing to make: ``configure`` sets the policy."""
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the policy of each queue and clear that of queues that are gone."""
        for queue in properties["Queues"]:
            self._set(queue, properties["PolicyDocument"])
        for queue in (previous or {}).get("Queues", []):
            if queue not in properties["Queues"]:
                self._set(queue, "")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Clear the policy of each queue."""
        for queue in properties["Queues"]:
            self._set(queue, "")

    def _set(self, queue: str, policy: Any) -> None:
        attributes = {"Policy": policy}
        self.account.call("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes=attributes)
