"""AWS::CDK::Metadata, which makes nothing on AWS either."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class CdkMetadata(ResourceType):
    """What the CDK knows about a stack."""

    type = "AWS::CDK::Metadata"
    properties = frozenset({"Analytics"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make nothing."""
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set nothing."""

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete nothing."""
