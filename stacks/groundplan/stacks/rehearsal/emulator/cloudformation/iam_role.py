"""AWS::IAM::Role."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class IamRole(ResourceType):
    """A role with its trust, boundary and policies."""

    type = "AWS::IAM::Role"
    named_by = "RoleName"
    longest_name = 64
    properties = frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    )
    create_only = frozenset({"Path", "RoleName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the role without its policies."""
        names = ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path")
        more = ("PermissionsBoundary", "Tags")
        self.account.call("iam", "CreateRole", RoleName=name, **only(properties, names + more))
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Attach and put policies; change what an update changes."""
        if previous is not None:
            self._update(physical_id, properties, previous)
        self._set_policies(physical_id, properties, previous or {})

    def _set_policies(self, role: str, properties: Properties, previous: Properties) -> None:
        inline, had = _inline(properties), _inline(previous)
        for name, document in inline.items():
            policy = {"PolicyName": name, "PolicyDocument": document}
            self.account.call("iam", "PutRolePolicy", RoleName=role, **policy)
        for name in sorted(had.keys() - inline.keys()):
            self.account.call("iam", "DeleteRolePolicy", RoleName=role, PolicyName=name)
        managed = set(properties.get("ManagedPolicyArns", ()))
        attached = set(previous.get("ManagedPolicyArns", ()))
        for arn in sorted(managed - attached):
            self.account.call("iam", "AttachRolePolicy", RoleName=role, PolicyArn=arn)
        for arn in sorted(attached - managed):
            self.account.call("iam", "DetachRolePolicy", RoleName=role, PolicyArn=arn)

    def _update(self, role: str, properties: Properties, previous: Properties) -> None:
        call = self.account.call
        changed = changed_names(properties, previous)
        if "AssumeRolePolicyDocument" in changed:
            document = properties["AssumeRolePolicyDocument"]
            call("iam", "UpdateAssumeRolePolicy", RoleName=role, PolicyDocument=document)
        if "Description" in changed or "MaxSessionDuration" in changed:
            text = properties.get("Description", "")
            seconds = properties.get("MaxSessionDuration", 3600)
            call("iam", "UpdateRole", RoleName=role, Description=text, MaxSessionDuration=seconds)
        if "PermissionsBoundary" in changed:
            boundary = properties.get("PermissionsBoundary")
            verb = "Delete" if boundary is None else "Put"
            operation = f"{verb}RolePermissionsBoundary"
            call("iam", operation, RoleName=role, PermissionsBoundary=boundary)
        set_tags(self.account, "iam-role", role, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and id."""
        role = self.account.call("iam", "GetRole", RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the role with the policies that the template gave it."""
        self._set_policies(physical_id, {}, properties)
        self.account.call("iam", "DeleteRole", RoleName=physical_id)


def _inline(properties: Properties) -> dict[str, Any]:
    policies = properties.get("Policies", [])
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}
