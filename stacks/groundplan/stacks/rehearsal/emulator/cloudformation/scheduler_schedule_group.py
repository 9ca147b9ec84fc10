"""AWS::Scheduler::ScheduleGroup."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class SchedulerScheduleGroup(ResourceType):
    """A group of schedules."""

    type = "AWS::Scheduler::ScheduleGroup"
    named_by = "Name"
    longest_name = 64
    properties = frozenset({"Name", "Tags"})
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the group."""
        self.account.call("scheduler", "CreateScheduleGroup", Name=name)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the tags."""
        set_tags(self.account, "scheduler", self._arn(physical_id), properties, previous)

    def _arn(self, physical_id: str) -> str:
        return self.account.arn("scheduler", f"schedule-group/{physical_id}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": self._arn(physical_id)}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the group."""
        self.account.call("scheduler", "DeleteScheduleGroup", Name=physical_id)
