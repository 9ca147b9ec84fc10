"""Pulumi component of a customer-managed key."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.pulumi.component import Component, Values, check_plan, document


@dataclass(kw_only=True)
class EncryptionKeyArgs:
    """What an :class:`EncryptionKey` is made of."""

    plan: EncryptionKeyPlan
    """What to define."""


class EncryptionKey(Component):
    """A rotating, customer-managed KMS key and its alias.

    The children ``Resource`` and ``Alias`` are part of the public contract.

    Example:
        >>> plan = plan_encryption_key(alias="reports", place=place, description="Reports")
        >>> key = EncryptionKey("reports", EncryptionKeyArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the key."""

    key_id: pulumi.Output[str]
    """Id of the key."""

    def __init__(
        self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the key.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a key.
        """
        check_plan(name, args.plan, EncryptionKeyPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        key = aws.kms.Key(
            self.child_name("Resource"),
            description=plan.description,
            enable_key_rotation=True,
            policy=document(name, plan.policy),
            deletion_window_in_days=plan.pending_window_days,
            opts=self.child(retain=plan.retain),
        )
        aws.kms.Alias(
            self.child_name("Alias"),
            name=plan.alias,
            target_key_id=key.key_id,
            opts=self.child(),
        )
        self.arn = key.arn
        self.key_id = key.key_id
        self.register_outputs({"arn": self.arn, "key_id": self.key_id})

    @property
    def values(self) -> Values:
        """What stands for the key's ref in other plans."""
        return {Ref(self.plan.id, "arn"): self.arn}
