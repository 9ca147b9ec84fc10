"""Stack of what an environment must not lose."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import StateStackPlan
from groundplan.constructs.pulumi import (
    AlarmTopic,
    AlarmTopicArgs,
    DataBucket,
    DataBucketArgs,
    EncryptionKey,
    EncryptionKeyArgs,
    EventBus,
    EventBusArgs,
    LockTable,
    LockTableArgs,
    LogGroup,
    LogGroupArgs,
    Role,
    RoleArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class StateStack(PlannedStack):
    """Defines the stack of what an environment must not lose."""

    def __init__(
        self,
        plan: StateStackPlan,
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
        work = DataBucketArgs(
            plan=plan.work, encryption_key=key.arn, access_logs_bucket=logs.bucket
        )
        DataBucket(name(plan.work.id), work, self.unit())
        AlarmTopic(name(plan.topic.id), AlarmTopicArgs(plan=plan.topic), self.unit(key))
        locks = LockTableArgs(plan=plan.locks, encryption_key=key.arn)
        LockTable(name(plan.locks.id), locks, self.unit())
        EventBus(name(plan.bus.id), EventBusArgs(plan=plan.bus), self.unit())
        for group in plan.log_groups:
            args = LogGroupArgs(plan=group, encryption_key=key.arn)
            LogGroup(name(group.id), args, self.unit())
        for role in plan.roles:
            Role(name(role.id), RoleArgs(plan=role), self.unit())
        self.register_outputs({})
