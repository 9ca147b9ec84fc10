"""AWS::S3::BucketPolicy."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class S3BucketPolicy(ResourceType):
    """The policy of a bucket."""

    type = "AWS::S3::BucketPolicy"
    properties = frozenset({"Bucket", "PolicyDocument"})
    create_only = frozenset({"Bucket"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Nothing to make: ``configure`` puts the policy."""
        return str(properties["Bucket"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the policy."""
        self.account.call(
            "s3", "PutBucketPolicy", Bucket=physical_id, Policy=properties["PolicyDocument"]
        )

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the policy away."""
        self.account.call("s3", "DeleteBucketPolicy", Bucket=physical_id)
