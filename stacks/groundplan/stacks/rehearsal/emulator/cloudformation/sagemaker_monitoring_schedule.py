"""AWS::SageMaker::MonitoringSchedule."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

CONFIG = "MonitoringScheduleConfig"


class SageMakerMonitoringSchedule(ResourceType):
    """A schedule of Model Monitor, whose job is changed in place."""

    type = "AWS::SageMaker::MonitoringSchedule"
    named_by = "MonitoringScheduleName"
    properties = frozenset({"MonitoringScheduleName", CONFIG, "Tags"})
    create_only = frozenset({"MonitoringScheduleName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the schedule; its endpoint must exist."""
        made = self.account.call(
            "sagemaker",
            "CreateMonitoringSchedule",
            MonitoringScheduleName=name,
            **only(properties, (CONFIG, "Tags")),
        )
        return str(made["MonitoringScheduleArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the configuration and the tags."""
        if previous is None:
            return
        if CONFIG in changed_names(properties, previous):
            self.account.call(
                "sagemaker",
                "UpdateMonitoringSchedule",
                MonitoringScheduleName=_name(physical_id),
                **only(properties, (CONFIG,)),
            )
        set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The ARN."""
        return {"MonitoringScheduleArn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the schedule."""
        self.account.call(
            "sagemaker", "DeleteMonitoringSchedule", MonitoringScheduleName=_name(physical_id)
        )


def _name(physical_id: str) -> str:
    return physical_id.rsplit("/", 1)[1]
