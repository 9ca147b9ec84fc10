"""AWS::IAM::Policy."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class IamPolicy(ResourceType):
    """An inline policy of roles."""

    type = "AWS::IAM::Policy"
    named_by = "PolicyName"
    properties = frozenset({"PolicyDocument", "PolicyName", "Roles"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """``configure`` puts it into its roles."""
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put it into its roles and take it from those that are gone."""
        self.refuse_change(properties, previous, {"PolicyName"})
        roles = properties.get("Roles", [])
        document = properties["PolicyDocument"]
        for role in roles:
            self.account.call(
                "iam",
                "PutRolePolicy",
                RoleName=role,
                PolicyName=physical_id,
                PolicyDocument=document,
            )
        for role in (previous or {}).get("Roles", []):
            if role not in roles:
                self._take(physical_id, role)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take it from its roles."""
        for role in properties.get("Roles", []):
            self._take(physical_id, role)

    def _take(self, policy: str, role: str) -> None:
        self.account.call("iam", "DeleteRolePolicy", RoleName=role, PolicyName=policy)
