"""AWS::Events::EventBusPolicy."""

import json
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class EventsEventBusPolicy(ResourceType):
    """One statement of a bus's policy."""

    type = "AWS::Events::EventBusPolicy"
    properties = frozenset({"EventBusName", "Statement", "StatementId"})
    create_only = frozenset({"EventBusName", "StatementId"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Name the statement; ``configure`` puts it."""
        return f"{properties.get('EventBusName', 'default')}|{properties['StatementId']}"

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the statement beside the others of the policy."""
        bus, id = physical_id.split("|")
        statement = {**properties["Statement"], "Sid": id}
        others = [item for item in self._statements(bus) if item["Sid"] != id]
        policy = {"Version": "2012-10-17", "Statement": [*others, statement]}
        self.account.call("events", "PutPermission", EventBusName=bus, Policy=policy)

    def _statements(self, bus: str) -> list[dict[str, Any]]:
        policy = self.account.call("events", "DescribeEventBus", Name=bus).get("Policy")
        statements: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
        return statements

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the statement away."""
        bus, id = physical_id.split("|")
        self.account.call("events", "RemovePermission", EventBusName=bus, StatementId=id)
