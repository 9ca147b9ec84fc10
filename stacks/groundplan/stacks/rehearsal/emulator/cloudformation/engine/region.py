"""What CloudFormation holds for one account in one region."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.change_set import ChangeSet
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    ResourceFailed,
    ValidationError,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import ResourceType
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack
from groundplan.stacks.rehearsal.emulator.faults import Faults


@dataclass
class Region:
    """Stacks, change sets and exports, and the adapters that work on the account."""

    account: Account
    adapters: Mapping[str, ResourceType]
    faults: Callable[[], Faults]
    """What goes wrong on purpose by now."""
    stacks: dict[str, Stack] = field(default_factory=dict)
    """By id, deleted ones included."""
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    """By id."""
    existing: dict[tuple[str, str], str] = field(default_factory=dict)
    """Type and name -> physical id, of everything named that a stack made and that still exists."""
    _names: int = 0

    def find(self, name_or_id: str) -> Stack | None:
        """The stack with this id, or the one of this name that is not deleted."""
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        living = (stack for stack in self.stacks.values() if stack.deleted is None)
        return next((stack for stack in living if stack.name == name_or_id), None)

    def get(self, name_or_id: str) -> Stack:
        """As ``find``.

        Raises:
            ValidationError: There is none.
        """
        stack = self.find(name_or_id)
        if stack is None:
            raise ValidationError(f"Stack with id {name_or_id} does not exist")
        return stack

    def exports(self) -> dict[str, tuple[Stack, str]]:
        """Name of each export -> its stack and value."""
        return {
            output.export: (stack, output.value)
            for stack in self.stacks.values()
            for output in stack.outputs
            if output.export is not None
        }

    def importers(self, export: str) -> list[str]:
        """Names of the stacks that import an export."""
        return [stack.name for stack in self.stacks.values() if export in stack.imports]

    def import_value(self, export: str) -> str:
        """Value of an export.

        Raises:
            ValidationError: There is none of this name.
        """
        try:
            return self.exports()[export][1]
        except KeyError as exc:
            raise ValidationError(f"No export named {export} found") from exc

    def zones(self, region: str) -> list[str]:
        """Names of the availability zones of ``region``."""
        if region != self.account.region:
            raise ValidationError(f"Fn::GetAZs of another region is not emulated: {region}")
        zones = self.account.call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
        return sorted(zone["ZoneName"] for zone in zones)

    def read_ssm(self, name: str) -> str:
        """Value of an SSM parameter.

        Raises:
            ValidationError: There is none of this name.
        """
        try:
            parameter = self.account.call("ssm", "GetParameter", Name=name)["Parameter"]
        except ResourceFailed as exc:
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from exc
        return str(parameter["Value"])

    def new_name(self, adapter: ResourceType, stack: str, logical_id: str) -> str:
        """Physical name that was not given out before."""
        self._names += 1
        return adapter.generated_name(stack, logical_id, self._names)
