"""AWS::ECR::Repository."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class EcrRepository(ResourceType):
    """A container registry's repository."""

    type = "AWS::ECR::Repository"
    named_by = "RepositoryName"
    longest_name = 256
    properties = frozenset(
        {
            "EmptyOnDelete",
            "EncryptionConfiguration",
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "LifecyclePolicy",
            "RepositoryName",
            "RepositoryPolicyText",
            "Tags",
        }
    )
    create_only = frozenset({"EncryptionConfiguration", "RepositoryName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the repository."""
        names = ("EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutability")
        self.account.call(
            "ecr", "CreateRepository", repositoryName=name, **only(properties, (*names, "Tags"))
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set policies, and what an update changes."""
        changed = changed_names(properties, previous or {})
        lifecycle = properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
        if "LifecyclePolicy" in changed:
            self._set(physical_id, "LifecyclePolicy", "Put", lifecyclePolicyText=lifecycle)
        if "RepositoryPolicyText" in changed:
            text = properties.get("RepositoryPolicyText")
            self._set(physical_id, "RepositoryPolicy", "Set", policyText=text)
        if previous is None:
            return
        if "ImageTagMutability" in changed:
            value = properties.get("ImageTagMutability", "MUTABLE")
            self._call("PutImageTagMutability", physical_id, imageTagMutability=value)
        if "ImageScanningConfiguration" in changed:
            value = properties.get("ImageScanningConfiguration", {"ScanOnPush": False})
            operation = "PutImageScanningConfiguration"
            self._call(operation, physical_id, imageScanningConfiguration=value)
        arn = self.attributes(physical_id, properties)["Arn"]
        set_tags(self.account, "ecr", arn, properties, previous)

    def _set(self, repository: str, policy: str, verb: str, **text: Any) -> None:
        [value] = text.values()
        if value is None:
            self._call(f"Delete{policy}", repository)
        else:
            self._call(f"{verb}{policy}", repository, **text)

    def _call(self, operation: str, repository: str, **parameters: Any) -> None:
        self.account.call("ecr", operation, repositoryName=repository, **parameters)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and address."""
        account, region = self.account.id, self.account.region
        return {
            "Arn": self.account.arn("ecr", f"repository/{physical_id}"),
            "RepositoryUri": f"{account}.dkr.ecr.{region}.amazonaws.com/{physical_id}",
        }

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the repository; ECR refuses while it has images, unless told otherwise."""
        force = properties.get("EmptyOnDelete", False)
        self._call("DeleteRepository", physical_id, force=force)

    def generated_name(self, stack: str, logical_id: str, number: int) -> str:
        """In lower case."""
        return super().generated_name(stack, logical_id, number).lower()
