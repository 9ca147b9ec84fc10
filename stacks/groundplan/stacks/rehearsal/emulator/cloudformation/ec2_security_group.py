"""AWS::EC2::SecurityGroup."""

from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.security_group_rules import (
    EVERYTHING,
    change_rule,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2SecurityGroup(ResourceType):
    """A security group with its inline rules."""

    type = "AWS::EC2::SecurityGroup"
    named_by = "GroupName"
    longest_name = 255
    properties = frozenset(
        {
            "GroupDescription",
            "GroupName",
            "SecurityGroupEgress",
            "SecurityGroupIngress",
            "Tags",
            "VpcId",
        }
    )
    create_only = frozenset({"GroupDescription", "GroupName", "VpcId"})
    without_egress: ClassVar[list[dict[str, str]]] = [EVERYTHING]
    """Rules of a group that is given none for what it lets out."""

    def create(self, name: str, properties: Properties) -> str:
        """Make the group, which lets everything out as EC2 does."""
        made = self.account.call(
            "ec2",
            "CreateSecurityGroup",
            GroupName=name,
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
        )
        return str(made["GroupId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set rules and tags; inline egress replaces the rule that lets everything out."""
        for way in ("Ingress", "Egress"):
            wanted = properties.get(f"SecurityGroup{way}")
            had = (previous or {}).get(f"SecurityGroup{way}")
            if way == "Egress":
                had = [EVERYTHING] if previous is None else had or self.without_egress
                wanted = wanted or self.without_egress
            for rule in [rule for rule in had or [] if rule not in (wanted or [])]:
                change_rule(self.account, f"RevokeSecurityGroup{way}", physical_id, rule)
            for rule in [rule for rule in wanted or [] if rule not in (had or [])]:
                change_rule(self.account, f"AuthorizeSecurityGroup{way}", physical_id, rule)
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Ids."""
        return {"GroupId": physical_id, "Id": physical_id, "VpcId": properties["VpcId"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the group."""
        self.account.call("ec2", "DeleteSecurityGroup", GroupId=physical_id)
