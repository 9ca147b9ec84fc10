"""AWS::Organizations::Policy."""

from collections.abc import Iterable
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)


class OrganizationsPolicy(ResourceType):
    """A policy of an organisation and what it is attached to; it is stored, not enforced."""

    type = "AWS::Organizations::Policy"
    properties = frozenset({"Content", "Description", "Name", "TargetIds", "Type"})
    create_only = frozenset({"Type"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make the policy, attached to nothing yet."""
        made = self.account.call(
            "organizations",
            "CreatePolicy",
            Description=properties.get("Description", ""),
            **only(properties, ("Content", "Name", "Type")),
        )
        return str(made["Policy"]["PolicySummary"]["Id"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the policy, and attach and detach it."""
        if previous is not None:
            changed = only(properties, ("Content", "Description", "Name"))
            self.account.call("organizations", "UpdatePolicy", PolicyId=physical_id, **changed)
        wanted = set(properties.get("TargetIds", []))
        had = set((previous or {}).get("TargetIds", []))
        self._each("AttachPolicy", physical_id, wanted - had)
        self._each("DetachPolicy", physical_id, had - wanted)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN, id, and whose it is."""
        found = self.account.call("organizations", "DescribePolicy", PolicyId=physical_id)
        arn = found["Policy"]["PolicySummary"]["Arn"]
        return {"Arn": arn, "AwsManaged": False, "Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Detach the policy and delete it."""
        self._each("DetachPolicy", physical_id, properties.get("TargetIds", []))
        self.account.call("organizations", "DeletePolicy", PolicyId=physical_id)

    def _each(self, operation: str, policy: str, targets: Iterable[str]) -> None:
        for target in sorted(targets):
            self.account.call("organizations", operation, PolicyId=policy, TargetId=target)
