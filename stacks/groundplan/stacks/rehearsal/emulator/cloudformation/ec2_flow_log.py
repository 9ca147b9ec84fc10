"""AWS::EC2::FlowLog."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2FlowLog(ResourceType):
    """The flow log of a network."""

    type = "AWS::EC2::FlowLog"
    properties = frozenset(
        {
            "DeliverLogsPermissionArn",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceId",
            "ResourceType",
            "Tags",
            "TrafficType",
        }
    )
    create_only = properties - {"Tags"}

    def create(self, name: str, properties: Properties) -> str:
        """Turn the log on."""
        made = self.account.call(
            "ec2",
            "CreateFlowLogs",
            ResourceIds=[properties["ResourceId"]],
            **only(properties, self.create_only - {"ResourceId"}),
        )
        if made["Unsuccessful"]:
            raise ResourceFailed(f"ec2:CreateFlowLogs: {made['Unsuccessful'][0]['Error']}")
        return str(made["FlowLogIds"][0])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the tags."""
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Turn the log off."""
        self.account.call("ec2", "DeleteFlowLogs", FlowLogIds=[physical_id])
