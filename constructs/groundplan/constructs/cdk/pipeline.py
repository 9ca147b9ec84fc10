"""CDK construct of a state machine and its schedules."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from groundplan.blueprints.plan.pipeline import (
    FAILED_START_DAYS,
    START_ATTEMPTS,
    START_WITHIN_SECONDS,
    PipelinePlan,
)
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.grants import Grantee, allow, outsider
from groundplan.constructs.cdk.role import Role
from groundplan.constructs.cdk.tokens import Unit, document, network_tokens

START_ACTIONS = ("states:StartExecution",)
SECONDS_A_DAY = 86_400


class Pipeline(Construct):
    """A Step Functions state machine with its role, log, schedules and queue of failed starts.

    The log names every state and holds no data of an execution. The ids ``Resource``, ``Role``,
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
        >>> pipeline = Pipeline(stack, "Pipeline", plan=plan)
        >>> starter = iam.Role(stack, "Starter", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        >>> grant = pipeline.grant_start_execution(starter)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: PipelinePlan,
        network: Unit | None = None,
        mlflow: Unit | None = None,
    ) -> None:
        """Define the state machine.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            network: The network that the definition's substitutions refer to. Default: none do.
            mlflow: The MLflow app that they refer to. Default: none do.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.role = Role(self, "Role", plan=plan.role)
        apps = mlflow.tokens if mlflow is not None else {}
        others = [ref for _, ref in plan.substitutions if ref not in apps]
        tokens = {**apps, **network_tokens(id, others, network)}
        self.state_machine = stepfunctions.CfnStateMachine(
            self,
            "Resource",
            state_machine_name=plan.name,
            role_arn=self.role.arn,
            definition_string=plan.definition,
            definition_substitutions={name: tokens[ref] for name, ref in plan.substitutions}
            or None,
            logging_configuration={
                "level": "ALL",
                "includeExecutionData": False,
                "destinations": [
                    {"cloudWatchLogsLogGroup": {"logGroupArn": f"{plan.log_group_arn}:*"}}
                ],
            },
            tracing_configuration={"enabled": True},
        )
        if plan.schedule_role is not None:
            self._schedules(Role(self, "ScheduleRole", plan=plan.schedule_role))

    def grant_start_execution(self, grantee: Grantee) -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, start executions.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles.
        """
        return allow(outsider(self, grantee, START_ACTIONS), START_ACTIONS, [self.plan.arn])

    def _schedules(self, role: Role) -> None:
        plan = self.plan
        failed = sqs.CfnQueue(
            self,
            "FailedStarts",
            queue_name=plan.dead_letter_queue_name,
            kms_master_key_id=plan.encryption_key_alias,
            message_retention_period=FAILED_START_DAYS * SECONDS_A_DAY,
        )
        acknowledge(failed, plan.exceptions)
        if plan.dead_letter_queue_policy is not None:
            sqs.CfnQueuePolicy(
                self,
                "FailedStartsPolicy",
                queues=[failed.ref],
                policy_document=document(plan.dead_letter_queue_policy),
            )
        group = scheduler.CfnScheduleGroup(self, "ScheduleGroup", name=plan.schedule_group).ref
        target = {
            "arn": self.state_machine.ref,
            "roleArn": role.arn,
            "deadLetterConfig": {"arn": failed.attr_arn},
            "retryPolicy": {
                "maximumEventAgeInSeconds": START_WITHIN_SECONDS,
                "maximumRetryAttempts": START_ATTEMPTS,
            },
        }
        for schedule in plan.schedules:
            scheduler.CfnSchedule(
                self,
                schedule.id,
                name=schedule.name,
                group_name=group,
                schedule_expression=schedule.expression,
                schedule_expression_timezone=schedule.time_zone,
                flexible_time_window={"mode": "OFF"},
                target={**target, "input": schedule.input},
            )
