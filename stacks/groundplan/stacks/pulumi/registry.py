"""Stack of images, artefacts and model versions."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import RegistryStackPlan
from groundplan.constructs.pulumi import (
    ContainerRepository,
    ContainerRepositoryArgs,
    DataBucket,
    DataBucketArgs,
    EncryptionKey,
    EncryptionKeyArgs,
    LogGroup,
    LogGroupArgs,
    ModelRegistry,
    ModelRegistryArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class RegistryStack(PlannedStack):
    """Defines the stack of images, artefacts and model versions."""

    def __init__(
        self,
        plan: RegistryStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        key = EncryptionKey(name(plan.key.id), EncryptionKeyArgs(plan=plan.key), self.unit())
        logs = DataBucket(
            name(plan.access_logs.id), DataBucketArgs(plan=plan.access_logs), self.unit()
        )
        artifacts = DataBucketArgs(
            plan=plan.artifacts, encryption_key=key.arn, access_logs_bucket=logs.bucket
        )
        self.artifacts = DataBucket(name(plan.artifacts.id), artifacts, self.unit())
        for item in plan.repositories:
            repository = ContainerRepositoryArgs(plan=item, encryption_key=key.arn)
            ContainerRepository(name(item.id), repository, self.unit())
        for registry in plan.registries:
            ModelRegistry(name(registry.id), ModelRegistryArgs(plan=registry), self.unit())
        for group in plan.log_groups:
            args = LogGroupArgs(plan=group, encryption_key=key.arn)
            LogGroup(name(group.id), args, self.unit())
        self.register_outputs({})
