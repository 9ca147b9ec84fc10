"""AWS::KMS::Alias."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class KmsAlias(ResourceType):
    """Another name of a key."""

    type = "AWS::KMS::Alias"
    named_by = "AliasName"
    properties = frozenset({"AliasName", "TargetKeyId"})
    create_only = frozenset({"AliasName"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make the alias."""
        key = properties["TargetKeyId"]
        self.account.call("kms", "CreateAlias", AliasName=name, TargetKeyId=key)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Point it to another key."""
        if previous is not None:
            key = properties["TargetKeyId"]
            self.account.call("kms", "UpdateAlias", AliasName=physical_id, TargetKeyId=key)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the alias."""
        self.account.call("kms", "DeleteAlias", AliasName=physical_id)
