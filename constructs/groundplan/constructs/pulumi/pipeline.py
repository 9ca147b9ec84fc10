"""Pulumi component of a state machine and its schedules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.pipeline import (
    FAILED_START_DAYS,
    START_ATTEMPTS,
    START_WITHIN_SECONDS,
    PipelinePlan,
)
from groundplan.constructs.pulumi.component import Component, Values, check_plan, document, filled
from groundplan.constructs.pulumi.role import Role, RoleArgs

SECONDS_A_DAY = 86_400


@dataclass(kw_only=True)
class PipelineArgs:
    """What a :class:`Pipeline` is made of."""

    plan: PipelinePlan
    """What to define."""

    network: Values | None = None
    """What stands for the refs to a network, :attr:`Network.values`, and to an MLflow app,
    :attr:`Mlflow.values`. Default: there are none."""


class Pipeline(Component):
    """A Step Functions state machine with its role, log, schedules and queue of failed starts.

    The log names every state and holds no data of an execution. The children ``Resource``, ``Role``,
    ``ScheduleRole``, ``ScheduleGroup``, ``FailedStarts``, ``FailedStartsPolicy`` and those of the
    plan's schedules are part of the public contract.

    Example:
        >>> role = plan_role(
        ...     id="Role",
        ...     role_name="nightly-report",
        ...     place=place,
        ...     path="/reports/",
        ...     description="Makes the report",
        ...     trust=service_trust("states.amazonaws.com", place, None),
        ...     duties=[],
        ...     permissions_boundary=None,
        ... )
        >>> states = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        >>> plan = plan_pipeline(
        ...     name="nightly-report",
        ...     place=place,
        ...     definition=states,
        ...     role=role,
        ...     log_group_arn=place.arn("logs", "log-group:/reports/runs"),
        ...     encryption_key_alias="alias/reports",
        ... )
        >>> pipeline = Pipeline("nightly-report", PipelineArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the state machine."""

    def __init__(
        self, name: str, args: PipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the state machine.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        check_plan(name, args.plan, PipelinePlan)
        plan = args.plan
        substitutions = filled(f"{name}.network", dict(plan.substitutions), args.network or {})
        super().__init__(name, opts)
        self.plan = plan
        self.role = Role(self.child_name("Role"), RoleArgs(plan=plan.role), self.child())
        machine = aws.sfn.StateMachine(
            self.child_name("Resource"),
            name=plan.name,
            role_arn=self.role.arn,
            definition=_definition(plan.definition, substitutions),
            type="STANDARD",
            logging_configuration={
                "level": "ALL",
                "include_execution_data": False,
                "log_destination": f"{plan.log_group_arn}:*",
            },
            tracing_configuration={"enabled": True},
            opts=self.child(),
        )
        self.arn = machine.arn
        if plan.schedule_role is not None:
            role = Role(
                self.child_name("ScheduleRole"), RoleArgs(plan=plan.schedule_role), self.child()
            )
            self._schedules(name, role)
        self.register_outputs({"arn": self.arn})

    def _schedules(self, name: str, role: Role) -> None:
        plan = self.plan
        failed = aws.sqs.Queue(
            self.child_name("FailedStarts"),
            name=plan.dead_letter_queue_name,
            kms_master_key_id=plan.encryption_key_alias,
            message_retention_seconds=FAILED_START_DAYS * SECONDS_A_DAY,
            opts=self.child(),
        )
        if plan.dead_letter_queue_policy is not None:
            aws.sqs.QueuePolicy(
                self.child_name("FailedStartsPolicy"),
                queue_url=failed.url,
                policy=document(name, plan.dead_letter_queue_policy),
                opts=self.child(),
            )
        group = aws.scheduler.ScheduleGroup(
            self.child_name("ScheduleGroup"), name=plan.schedule_group, opts=self.child()
        )
        for schedule in plan.schedules:
            aws.scheduler.Schedule(
                self.child_name(schedule.id),
                name=schedule.name,
                group_name=group.name,
                schedule_expression=schedule.expression,
                schedule_expression_timezone=schedule.time_zone,
                flexible_time_window={"mode": "OFF"},
                target={
                    "arn": self.arn,
                    "role_arn": role.arn,
                    "dead_letter_config": {"arn": failed.arn},
                    "retry_policy": {
                        "maximum_event_age_in_seconds": START_WITHIN_SECONDS,
                        "maximum_retry_attempts": START_ATTEMPTS,
                    },
                    "input": schedule.input,
                },
                opts=self.child(),
            )


def _definition(
    definition: str, substitutions: Mapping[str, pulumi.Input[str]]
) -> pulumi.Input[str]:
    """Return the definition with its ``${Name}`` filled in, as CloudFormation does it for CDK."""
    if not substitutions:
        return definition
    names = sorted(substitutions)

    def fill(values: list[str]) -> str:
        # JSON strings hold the names, so values are escaped as JSON, without its quotes.
        found = {key: json.dumps(value)[1:-1] for key, value in zip(names, values, strict=True)}
        return Template(definition).safe_substitute(found)

    return pulumi.Output.all(*(substitutions[key] for key in names)).apply(fill)
