"""CDK construct of a log group."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk.interfaces.aws_kms import IKeyRef
from constructs import Construct

from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.ref import resolve
from groundplan.constructs.cdk.tokens import key_tokens


class LogGroup(Construct):
    """A log group with an end to its retention.

    The id ``Resource`` is part of the public contract.

    Example:
        >>> logs = LogGroup(stack, "Logs", plan=plan_log_group(name="/reports/runs", place=place))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: LogGroupPlan,
        encryption_key: IKeyRef | None = None,
    ) -> None:
        """Define the group.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            encryption_key: The key that the plan refers to. Default: the plan refers to none.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.log_group = logs.CfnLogGroup(
            self,
            "Resource",
            log_group_name=plan.name,
            kms_key_id=resolve(
                plan.encryption_key, key_tokens(id, plan.encryption_key, encryption_key)
            ),
            retention_in_days=plan.retention_days,
        )
        if plan.retain:
            self.log_group.apply_removal_policy(RemovalPolicy.RETAIN)
