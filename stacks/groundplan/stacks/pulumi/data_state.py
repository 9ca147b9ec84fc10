"""Stack of the datasets of an account."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import DataStateStackPlan
from groundplan.constructs.pulumi import (
    DataBucket,
    DataBucketArgs,
    EncryptionKey,
    EncryptionKeyArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class DataStateStack(PlannedStack):
    """Defines the stack of the datasets of an account."""

    def __init__(
        self,
        plan: DataStateStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        logs = DataBucket(
            name(plan.access_logs.id), DataBucketArgs(plan=plan.access_logs), self.unit()
        )
        for dataset in plan.datasets:
            key_args = EncryptionKeyArgs(plan=dataset.key)
            key = EncryptionKey(name(dataset.key.id), key_args, self.unit())
            args = DataBucketArgs(
                plan=dataset.bucket, encryption_key=key.arn, access_logs_bucket=logs.bucket
            )
            DataBucket(name(dataset.bucket.id), args, self.unit())
        self.register_outputs({})
