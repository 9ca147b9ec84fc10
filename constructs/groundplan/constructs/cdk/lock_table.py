"""CDK construct of a table of locks."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.interfaces.aws_kms import IKeyRef
from constructs import Construct

from groundplan.blueprints.plan.lock_table import EXPIRY_ATTRIBUTE, KEY_ATTRIBUTE, LockTablePlan
from groundplan.blueprints.plan.ref import resolve
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.tokens import key_tokens


class LockTable(Construct):
    """A DynamoDB table of leases.

    The id ``Resource`` is part of the public contract.

    Example:
        >>> key_arn = place.arn("kms", "key/00000000-0000-0000-0000-000000000000")
        >>> plan = plan_lock_table(name="reports-locks", place=place, encryption_key=key_arn)
        >>> locks = LockTable(stack, "Locks", plan=plan)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: LockTablePlan,
        encryption_key: IKeyRef | None = None,
    ) -> None:
        """Define the table.

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
        key = resolve(plan.encryption_key, key_tokens(id, plan.encryption_key, encryption_key))
        self.table = dynamodb.CfnTable(
            self,
            "Resource",
            table_name=plan.name,
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[{"attributeName": KEY_ATTRIBUTE, "attributeType": "S"}],
            key_schema=[{"attributeName": KEY_ATTRIBUTE, "keyType": "HASH"}],
            time_to_live_specification={"attributeName": EXPIRY_ATTRIBUTE, "enabled": True},
            point_in_time_recovery_specification={"pointInTimeRecoveryEnabled": True},
            sse_specification={"sseEnabled": True, "sseType": "KMS", "kmsMasterKeyId": key},
            deletion_protection_enabled=plan.deletion_protection,
        )
        self.table.apply_removal_policy(RemovalPolicy.DESTROY)
        acknowledge(self.table, plan.exceptions)
