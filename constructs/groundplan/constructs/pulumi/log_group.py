"""Pulumi component of a log group."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.constructs.pulumi.component import Component, check_plan, filled, key_values


@dataclass(kw_only=True)
class LogGroupArgs:
    """What a :class:`LogGroup` is made of."""

    plan: LogGroupPlan
    """What to define."""

    encryption_key: pulumi.Input[str] | None = None
    """ARN of the key that the plan refers to. Default: the plan refers to none."""


class LogGroup(Component):
    """A log group with an end to its retention.

    The child ``Resource`` is part of the public contract.

    Example:
        >>> plan = plan_log_group(name="/reports/runs", place=place)
        >>> logs = LogGroup("runs", LogGroupArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the group, without the trailing ``:*``."""

    name: pulumi.Output[str]
    """Name of the group."""

    def __init__(
        self, name: str, args: LogGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the log group.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round.
        """
        check_plan(name, args.plan, LogGroupPlan)
        plan = args.plan
        values = key_values(name, plan.encryption_key, args.encryption_key)
        super().__init__(name, opts)
        self.plan = plan
        group = aws.cloudwatch.LogGroup(
            self.child_name("Resource"),
            name=plan.name,
            kms_key_id=filled(name, plan.encryption_key, values),
            retention_in_days=plan.retention_days,
            opts=self.child(retain=plan.retain),
        )
        self.arn = group.arn
        self.name = group.name
        self.register_outputs({"arn": self.arn, "name": self.name})
