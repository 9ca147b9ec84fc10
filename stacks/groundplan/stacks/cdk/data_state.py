"""Stack of the datasets of one account."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import DataStateStackPlan
from groundplan.constructs.cdk import DataBucket, EncryptionKey
from groundplan.stacks.cdk.stack import PlannedStack


class DataStateStack(PlannedStack):
    """Defines a data-state stack."""

    def __init__(self, scope: Construct, *, plan: DataStateStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        logs = DataBucket(self, plan.access_logs.id, plan=plan.access_logs)
        for dataset in plan.datasets:
            key = EncryptionKey(self, dataset.key.id, plan=dataset.key)
            DataBucket(
                self,
                dataset.bucket.id,
                plan=dataset.bucket,
                encryption_key=key,
                access_logs_bucket=logs,
            )
