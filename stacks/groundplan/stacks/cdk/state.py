"""Stack of what an environment must not lose."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import StateStackPlan
from groundplan.constructs.cdk import (
    AlarmTopic,
    DataBucket,
    EncryptionKey,
    EventBus,
    LockTable,
    LogGroup,
    Role,
)
from groundplan.stacks.cdk.stack import PlannedStack


class StateStack(PlannedStack):
    """Defines an environment's state stack."""

    def __init__(self, scope: Construct, *, plan: StateStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        key = EncryptionKey(self, plan.key.id, plan=plan.key)
        logs = DataBucket(self, plan.access_logs.id, plan=plan.access_logs)
        DataBucket(self, plan.work.id, plan=plan.work, encryption_key=key, access_logs_bucket=logs)
        AlarmTopic(self, plan.topic.id, plan=plan.topic)
        LockTable(self, plan.locks.id, plan=plan.locks, encryption_key=key)
        EventBus(self, plan.bus.id, plan=plan.bus)
        for group in plan.log_groups:
            LogGroup(self, group.id, plan=group, encryption_key=key)
        for role in plan.roles:
            Role(self, role.id, plan=role)
