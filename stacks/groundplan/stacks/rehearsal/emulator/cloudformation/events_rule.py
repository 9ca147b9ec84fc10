"""AWS::Events::Rule."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class EventsRule(ResourceType):
    """A rule with its targets; moto delivers events to some kinds of target only."""

    type = "AWS::Events::Rule"
    named_by = "Name"
    longest_name = 64
    properties = frozenset(
        {
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "RoleArn",
            "ScheduleExpression",
            "State",
            "Tags",
            "Targets",
        }
    )
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Put the rule without targets; a Ref gives the bus too, unless it is the default one."""
        self._put(name, properties)
        bus = properties.get("EventBusName", "default")
        return name if bus == "default" else f"{bus}|{name}"

    def _put(self, name: str, properties: Properties) -> None:
        parameters = only(properties, self.properties - {"Name", "Tags", "Targets"})
        self.account.call("events", "PutRule", Name=name, **parameters)

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put what changed and the targets, and remove targets that are gone."""
        self.refuse_change(properties, previous, {"EventBusName"})
        rule = physical_id.rsplit("|", 1)[-1]
        bus = properties.get("EventBusName")
        if previous is not None:
            self._put(rule, properties)
        wanted = properties.get("Targets", [])
        ids = {target["Id"] for target in wanted}
        gone = [t["Id"] for t in (previous or {}).get("Targets", []) if t["Id"] not in ids]
        if gone:
            self.account.call("events", "RemoveTargets", Rule=rule, EventBusName=bus, Ids=gone)
        if wanted:
            self.account.call("events", "PutTargets", Rule=rule, EventBusName=bus, Targets=wanted)
        set_tags(self.account, "events", self._arn(physical_id), properties, previous)

    def _arn(self, physical_id: str) -> str:
        return self.account.arn("events", f"rule/{physical_id.replace('|', '/')}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": self._arn(physical_id)}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the rule with its targets."""
        bare = {name: value for name, value in properties.items() if name != "Targets"}
        self.configure(physical_id, bare, properties)
        rule = physical_id.rsplit("|", 1)[-1]
        bus = properties.get("EventBusName")
        self.account.call("events", "DeleteRule", Name=rule, EventBusName=bus)
