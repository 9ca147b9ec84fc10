"""AWS::Batch::JobQueue."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class BatchJobQueue(ResourceType):
    """A queue to compute environments."""

    type = "AWS::Batch::JobQueue"
    named_by = "JobQueueName"
    longest_name = 128
    properties = frozenset(
        {
            "ComputeEnvironmentOrder",
            "JobQueueName",
            "Priority",
            "SchedulingPolicyArn",
            "State",
            "Tags",
        }
    )
    create_only = frozenset({"JobQueueName"})
    tags = "map"

    def create(self, name: str, properties: Properties) -> str:
        """Make the queue."""
        given = only(properties, ("ComputeEnvironmentOrder", "Priority", "SchedulingPolicyArn"))
        made = self.account.call(
            "batch",
            "CreateJobQueue",
            JobQueueName=name,
            State=properties.get("State", "ENABLED"),
            **given,
        )
        return str(made["jobQueueArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change what can be changed, and the tags."""
        if previous is not None:
            names = ("ComputeEnvironmentOrder", "Priority", "SchedulingPolicyArn", "State")
            given = only(properties, names)
            self.account.call("batch", "UpdateJobQueue", JobQueue=physical_id, **given)
        set_tags(self.account, "batch", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"JobQueueArn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Disable it, as CloudFormation does, and delete it."""
        self.account.call("batch", "UpdateJobQueue", JobQueue=physical_id, State="DISABLED")
        self.account.call("batch", "DeleteJobQueue", JobQueue=physical_id)
