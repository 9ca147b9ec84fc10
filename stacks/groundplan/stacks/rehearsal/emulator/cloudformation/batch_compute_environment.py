"""AWS::Batch::ComputeEnvironment."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)


class BatchComputeEnvironment(ResourceType):
    """A compute environment; a change of its tags makes another one."""

    type = "AWS::Batch::ComputeEnvironment"
    named_by = "ComputeEnvironmentName"
    longest_name = 128
    properties = frozenset(
        {
            "ComputeEnvironmentName",
            "ComputeResources",
            "ReplaceComputeEnvironment",
            "ServiceRole",
            "State",
            "Tags",
            "Type",
        }
    )
    create_only = frozenset({"ComputeEnvironmentName", "Tags", "Type"})
    tags = "map"

    def create(self, name: str, properties: Properties) -> str:
        """Make the compute environment."""
        given = only(properties, ("ComputeResources", "ServiceRole", "State", "Tags", "Type"))
        made = self.account.call(
            "batch", "CreateComputeEnvironment", ComputeEnvironmentName=name, **given
        )
        return str(made["computeEnvironmentArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Fail a change of the capacity, which moto accepts and forgets; set the state."""
        self.refuse_change(properties, previous, {"ComputeResources", "ServiceRole"})
        if previous is not None:
            self._update(physical_id, str(properties.get("State", "ENABLED")))

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"ComputeEnvironmentArn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Disable it, as CloudFormation does, and delete it."""
        self._update(physical_id, "DISABLED")
        self.account.call("batch", "DeleteComputeEnvironment", ComputeEnvironment=physical_id)

    def _update(self, physical_id: str, state: str) -> None:
        self.account.call(
            "batch", "UpdateComputeEnvironment", ComputeEnvironment=physical_id, State=state
        )
