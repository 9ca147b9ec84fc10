"""AWS::Scheduler::Schedule."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class SchedulerSchedule(ResourceType):
    """A schedule, which never fires by itself."""

    type = "AWS::Scheduler::Schedule"
    named_by = "Name"
    longest_name = 64
    properties = frozenset(
        {
            "Description",
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "KmsKeyArn",
            "Name",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        }
    )
    create_only = frozenset({"Name"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make the schedule."""
        parameters = {**properties, "Name": name}
        self.account.call("scheduler", "CreateSchedule", **parameters)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the schedule."""
        self.refuse_change(properties, previous, {"GroupName"})
        if previous is not None:
            parameters = {**properties, "Name": physical_id}
            self.account.call("scheduler", "UpdateSchedule", **parameters)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        group = properties.get("GroupName", "default")
        return {"Arn": self.account.arn("scheduler", f"schedule/{group}/{physical_id}")}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the schedule."""
        group = properties.get("GroupName")
        self.account.call("scheduler", "DeleteSchedule", Name=physical_id, GroupName=group)
