"""Pulumi component of a table of locks."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.lock_table import EXPIRY_ATTRIBUTE, KEY_ATTRIBUTE, LockTablePlan
from groundplan.constructs.pulumi.component import Component, check_plan, filled, key_values


@dataclass(kw_only=True)
class LockTableArgs:
    """What a :class:`LockTable` is made of."""

    plan: LockTablePlan
    """What to define."""

    encryption_key: pulumi.Input[str] | None = None
    """ARN of the key that the plan refers to. Default: the plan refers to none."""


class LockTable(Component):
    """A DynamoDB table of leases.

    The child ``Resource`` is part of the public contract.

    Example:
        >>> key_arn = place.arn("kms", "key/00000000-0000-0000-0000-000000000000")
        >>> plan = plan_lock_table(name="reports-locks", place=place, encryption_key=key_arn)
        >>> locks = LockTable("locks", LockTableArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the table."""

    name: pulumi.Output[str]
    """Name of the table."""

    def __init__(
        self, name: str, args: LockTableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the table.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round.
        """
        check_plan(name, args.plan, LockTablePlan)
        plan = args.plan
        values = key_values(name, plan.encryption_key, args.encryption_key)
        super().__init__(name, opts)
        self.plan = plan
        table = aws.dynamodb.Table(
            self.child_name("Resource"),
            name=plan.name,
            billing_mode="PAY_PER_REQUEST",
            attributes=[{"name": KEY_ATTRIBUTE, "type": "S"}],
            hash_key=KEY_ATTRIBUTE,
            ttl={"attribute_name": EXPIRY_ATTRIBUTE, "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption={
                "enabled": True,
                "kms_key_arn": filled(name, plan.encryption_key, values),
            },
            deletion_protection_enabled=plan.deletion_protection,
            opts=self.child(),
        )
        self.arn = table.arn
        self.name = table.name
        self.register_outputs({"arn": self.arn, "name": self.name})
