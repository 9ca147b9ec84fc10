"""AWS::IAM::ManagedPolicy."""

from typing import Any, ClassVar, Literal

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)

VERSIONS_KEPT = 5


class IamManagedPolicy(ResourceType):
    """A customer-managed policy; an update makes a new default version."""

    type = "AWS::IAM::ManagedPolicy"
    named_by = "ManagedPolicyName"
    longest_name = 128
    properties = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"})
    create_only = frozenset({"Description", "ManagedPolicyName", "Path"})
    tags: ClassVar[Literal["list", "map"] | None] = None

    def create(self, name: str, properties: Properties) -> str:
        """Make the policy, attached to nothing."""
        names = ("Description", "Path", "PolicyDocument")
        made = self.account.call("iam", "CreatePolicy", PolicyName=name, **only(properties, names))
        return str(made["Policy"]["Arn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the document and the roles that it is attached to."""
        if previous is not None and previous["PolicyDocument"] != properties["PolicyDocument"]:
            self._new_version(physical_id, properties["PolicyDocument"])
        wanted, had = set(properties.get("Roles", ())), set((previous or {}).get("Roles", ()))
        for role in sorted(wanted - had):
            self.account.call("iam", "AttachRolePolicy", RoleName=role, PolicyArn=physical_id)
        for role in sorted(had - wanted):
            self.account.call("iam", "DetachRolePolicy", RoleName=role, PolicyArn=physical_id)

    def _new_version(self, arn: str, document: Any) -> None:
        versions = self._other_versions(arn)
        if len(versions) == VERSIONS_KEPT - 1:
            oldest = min(versions, key=lambda version: int(version.removeprefix("v")))
            self.account.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=oldest)
        self.account.call(
            "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True
        )

    def _other_versions(self, arn: str) -> list[str]:
        versions = self.account.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
        return [item["VersionId"] for item in versions if not item["IsDefaultVersion"]]

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and id."""
        policy = self.account.call("iam", "GetPolicy", PolicyArn=physical_id)["Policy"]
        return {"PolicyArn": physical_id, "PolicyId": policy["PolicyId"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Detach it and delete it with all its versions."""
        self.configure(physical_id, {**properties, "Roles": []}, properties)
        for version in self._other_versions(physical_id):
            self.account.call(
                "iam", "DeletePolicyVersion", PolicyArn=physical_id, VersionId=version
            )
        self.account.call("iam", "DeletePolicy", PolicyArn=physical_id)
