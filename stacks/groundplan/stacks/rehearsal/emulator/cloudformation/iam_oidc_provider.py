"""AWS::IAM::OIDCProvider."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class IamOidcProvider(ResourceType):
    """An identity provider, of which an account has one for each address."""

    type = "AWS::IAM::OIDCProvider"
    properties = frozenset({"ClientIdList", "Tags", "ThumbprintList", "Url"})
    create_only = frozenset({"Url"})

    def create(self, name: str, properties: Properties) -> str:
        """Register the provider."""
        made = self.account.call(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList"),
            ThumbprintList=properties.get("ThumbprintList"),
            Tags=properties.get("Tags"),
        )
        return str(made["OpenIDConnectProviderArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change thumbprints and tags."""
        if previous is None:
            return
        self.refuse_change(properties, previous, {"ClientIdList"})
        changed = changed_names(properties, previous)
        arn = {"OpenIDConnectProviderArn": physical_id}
        if "ThumbprintList" in changed:
            prints = properties.get("ThumbprintList", [])
            operation = "UpdateOpenIDConnectProviderThumbprint"
            self.account.call("iam", operation, ThumbprintList=prints, **arn)
        set_tags(self.account, "iam-oidc", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Remove the provider."""
        self.account.call(
            "iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=physical_id
        )
