"""IAM and KMS."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_managed_policy import IamManagedPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_role import IamRole
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_alias import KmsAlias
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_key import KmsKey
from groundplan.stacks.rehearsal.pulumi.types.resource_type import PulumiType


class _TaggedPolicy(IamManagedPolicy):
    """A policy with tags, which CloudFormation does not know."""

    tags = "list"
    properties = IamManagedPolicy.properties | {"Tags"}

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the document and the tags."""
        super().configure(physical_id, properties, previous)
        set_tags(self.account, "iam-policy", physical_id, properties, previous)


class _Attachment(ResourceType):
    """A policy of a role."""

    type = "attachment"
    properties = frozenset({"RoleName", "PolicyArn"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Attach the policy."""
        self.account.call("iam", "AttachRolePolicy", **properties)
        return f"{properties['RoleName']}/{properties['PolicyArn']}"

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Detach the policy."""
        self.account.call("iam", "DetachRolePolicy", **properties)


TYPES = (
    PulumiType(
        token="aws:iam/role:Role",
        made_by=IamRole,
        names={
            "name": "RoleName",
            "path": "Path",
            "description": "Description",
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "permissionsBoundary": "PermissionsBoundary",
        },
        replaced_by=frozenset({"name", "path"}),
        outputs=lambda id, found: {"arn": found["Arn"], "uniqueId": found["RoleId"]},
    ),
    PulumiType(
        token="aws:iam/policy:Policy",
        made_by=_TaggedPolicy,
        names={
            "name": "ManagedPolicyName",
            "path": "Path",
            "description": "Description",
            "policy": "PolicyDocument",
        },
        replaced_by=frozenset({"description", "name", "path"}),
        outputs=lambda id, found: {"arn": id, "policyId": found["PolicyId"]},
    ),
    PulumiType(
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        made_by=_Attachment,
        names={"role": "RoleName", "policyArn": "PolicyArn"},
        replaced_by=frozenset({"policyArn", "role"}),
    ),
    PulumiType(
        token="aws:kms/key:Key",
        made_by=KmsKey,
        names={
            "description": "Description",
            "policy": "KeyPolicy",
            "enableKeyRotation": "EnableKeyRotation",
            "deletionWindowInDays": "PendingWindowInDays",
        },
        outputs=lambda id, found: {"arn": found["Arn"], "keyId": id},
    ),
    PulumiType(
        token="aws:kms/alias:Alias",
        made_by=KmsAlias,
        names={"name": "AliasName", "targetKeyId": "TargetKeyId"},
        replaced_by=frozenset({"name"}),
    ),
)
