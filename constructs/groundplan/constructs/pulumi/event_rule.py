"""Pulumi component of a rule that takes events from a bus to a state machine or another bus."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.event_rule import (
    DELIVER_WITHIN_SECONDS,
    DELIVERY_ATTEMPTS,
    EventRulePlan,
)
from groundplan.constructs.pulumi.component import Component, check_plan, text
from groundplan.constructs.pulumi.role import Role, RoleArgs


@dataclass(kw_only=True)
class EventRuleArgs:
    """What an :class:`EventRule` is made of."""

    plan: EventRulePlan
    """What to define."""


class EventRule(Component):
    """A rule with one target, its role and its dead-letter queue.

    The children ``Resource``, ``Target`` and ``Role`` are part of the public contract.

    Example:
        >>> target = place.arn("states", "stateMachine:nightly-report")
        >>> role = plan_rule_role(
        ...     rule=rule_arn(place, "report"),
        ...     role_name="report-rule",
        ...     place=place,
        ...     project="reports",
        ...     target_arn=target,
        ...     permissions_boundary=None,
        ...     description="Starts the report",
        ... )
        >>> plan = plan_event_rule(
        ...     id="Rule",
        ...     name="report",
        ...     place=place,
        ...     description="Starts the report",
        ...     event_pattern={"source": ["reports"]},
        ...     target_arn=target,
        ...     role=role,
        ...     dead_letter_queue_arn=place.arn("sqs", "report-undelivered"),
        ... )
        >>> rule = EventRule("report", EventRuleArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the rule."""

    def __init__(
        self, name: str, args: EventRuleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the rule.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a rule.
        """
        check_plan(name, args.plan, EventRulePlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        self.role = Role(self.child_name("Role"), RoleArgs(plan=plan.role), self.child())
        rule = aws.cloudwatch.EventRule(
            self.child_name("Resource"),
            name=plan.name,
            description=plan.description,
            event_bus_name=plan.bus_name,
            event_pattern=text(name, plan.event_pattern),
            opts=self.child(),
        )
        transformer: aws.cloudwatch.EventTargetInputTransformerArgsDict | None = None
        if plan.input_template is not None:
            transformer = {
                "input_paths": dict(plan.input_paths),
                "input_template": plan.input_template,
            }
        aws.cloudwatch.EventTarget(
            self.child_name("Target"),
            rule=rule.name,
            event_bus_name=plan.bus_name,
            target_id="Target",
            arn=plan.target_arn,
            role_arn=self.role.arn,
            dead_letter_config={"arn": plan.dead_letter_queue_arn},
            retry_policy={
                "maximum_event_age_in_seconds": DELIVER_WITHIN_SECONDS,
                "maximum_retry_attempts": DELIVERY_ATTEMPTS,
            },
            input_transformer=transformer,
            opts=self.child(),
        )
        self.arn = rule.arn
        self.register_outputs({"arn": self.arn})
