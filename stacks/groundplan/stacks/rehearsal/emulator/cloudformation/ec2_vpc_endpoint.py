"""AWS::EC2::VPCEndpoint."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2VpcEndpoint(ResourceType):
    """A private way to a service."""

    type = "AWS::EC2::VPCEndpoint"
    properties = frozenset(
        {
            "PolicyDocument",
            "PrivateDnsEnabled",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "SubnetIds",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        }
    )
    create_only = frozenset({"ServiceName", "VpcEndpointType", "VpcId"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the endpoint."""
        names = self.properties - {"Tags"}
        made = self.account.call("ec2", "CreateVpcEndpoint", **only(properties, names))
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change policy, attachments and tags."""
        if previous is not None:
            changes = _changes(properties, previous)
            if changes:
                operation = "ModifyVpcEndpoint"
                self.account.call("ec2", operation, VpcEndpointId=physical_id, **changes)
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the endpoint."""
        self.account.call("ec2", "DeleteVpcEndpoints", VpcEndpointIds=[physical_id])


def _changes(properties: Properties, previous: Properties) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    changed = changed_names(properties, previous)
    for name in ("PolicyDocument", "PrivateDnsEnabled"):
        if name in changed:
            changes[name] = properties.get(name)
    for name in ("RouteTableIds", "SecurityGroupIds", "SubnetIds"):
        wanted, had = properties.get(name, []), previous.get(name, [])
        changes[f"Add{name}"] = [item for item in wanted if item not in had]
        changes[f"Remove{name}"] = [item for item in had if item not in wanted]
    return {name: value for name, value in changes.items() if value not in (None, [])}
