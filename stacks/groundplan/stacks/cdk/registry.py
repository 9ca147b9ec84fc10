"""Stack of images, artefacts and model versions, in the tooling account."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import RegistryStackPlan
from groundplan.constructs.cdk import (
    ContainerRepository,
    DataBucket,
    EncryptionKey,
    LogGroup,
    ModelRegistry,
)
from groundplan.stacks.cdk.stack import PlannedStack


class RegistryStack(PlannedStack):
    """Defines the registry stack."""

    def __init__(self, scope: Construct, *, plan: RegistryStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        key = EncryptionKey(self, plan.key.id, plan=plan.key)
        logs = DataBucket(self, plan.access_logs.id, plan=plan.access_logs)
        DataBucket(
            self,
            plan.artifacts.id,
            plan=plan.artifacts,
            encryption_key=key,
            access_logs_bucket=logs,
        )
        for repository in plan.repositories:
            ContainerRepository(self, repository.id, plan=repository, encryption_key=key)
        for registry in plan.registries:
            ModelRegistry(self, registry.id, plan=registry)
        for group in plan.log_groups:
            LogGroup(self, group.id, plan=group, encryption_key=key)
