"""AWS::CloudWatch::CompositeAlarm."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class CloudWatchCompositeAlarm(ResourceType):
    """An alarm over other alarms; nothing evaluates it."""

    type = "AWS::CloudWatch::CompositeAlarm"
    named_by = "AlarmName"
    longest_name = 255
    properties = frozenset(
        {
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "AlarmRule",
            "InsufficientDataActions",
            "OKActions",
            "Tags",
        }
    )
    create_only = frozenset({"AlarmName"})

    def create(self, name: str, properties: Properties) -> str:
        """Put the alarm."""
        parameters = {**properties, "AlarmName": name}
        self.account.call("cloudwatch", "PutCompositeAlarm", **parameters)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the alarm again."""
        if previous is not None:
            parameters = {**properties, "AlarmName": physical_id}
            self.account.call("cloudwatch", "PutCompositeAlarm", **parameters)
            arn = self.account.arn("cloudwatch", f"alarm:{physical_id}")
            set_tags(self.account, "cloudwatch", arn, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": self.account.arn("cloudwatch", f"alarm:{physical_id}")}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the alarm."""
        self.account.call("cloudwatch", "DeleteAlarms", AlarmNames=[physical_id])
