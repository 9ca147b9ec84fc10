"""CDK construct of a rule that takes events from a bus to a state machine or another bus."""

from typing import Any

from aws_cdk import aws_events as events
from constructs import Construct

from groundplan.blueprints.plan.event_rule import (
    DELIVER_WITHIN_SECONDS,
    DELIVERY_ATTEMPTS,
    EventRulePlan,
)
from groundplan.constructs.cdk.role import Role


class EventRule(Construct):
    """A rule with one target, its role and its dead-letter queue.

    The ids ``Resource`` and ``Role`` are part of the public contract.

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
        >>> rule = EventRule(stack, "Rule", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: EventRulePlan) -> None:
        """Define the rule.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.role = Role(self, "Role", plan=plan.role)
        target: dict[str, Any] = {
            "id": "Target",
            "arn": plan.target_arn,
            "roleArn": self.role.arn,
            "deadLetterConfig": {"arn": plan.dead_letter_queue_arn},
            "retryPolicy": {
                "maximumEventAgeInSeconds": DELIVER_WITHIN_SECONDS,
                "maximumRetryAttempts": DELIVERY_ATTEMPTS,
            },
        }
        if plan.input_template is not None:
            target["inputTransformer"] = {
                "inputPathsMap": dict(plan.input_paths),
                "inputTemplate": plan.input_template,
            }
        self.rule = events.CfnRule(
            self,
            "Resource",
            name=plan.name,
            description=plan.description,
            event_bus_name=plan.bus_name,
            event_pattern=plan.event_pattern,
            targets=[target],
        )
