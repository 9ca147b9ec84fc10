"""Pulumi component of a pipeline of CodePipeline."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.code_pipeline import (
    PROVIDER_TYPES,
    PULL_REQUEST_EVENTS,
    SOURCE,
    SOURCE_PROVIDER,
    ActionPlan,
    BuildProjectPlan,
    CodePipelinePlan,
)
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi.component import Component, check_plan
from groundplan.constructs.pulumi.role import Role, RoleArgs


@dataclass(kw_only=True)
class CodePipelineArgs:
    """What a :class:`CodePipeline` is made of."""

    plan: CodePipelinePlan
    """What to define."""

    connection_arn: pulumi.Input[str] | None = None
    """ARN of the connection, where the plan refers to one that another pipeline makes. Default: the plan
    makes it, or names it."""


class CodePipeline(Component):
    """A pipeline of type V2 with its builds, and a connection where the plan makes one.

    Bucket, key and log groups exist already. A new connection is pending until somebody completes it in
    the console. The children ``Resource``, ``Role``, ``Connection``, the ids of its builds, and those
    with ``Role`` at their end, are part of the public contract.

    Example:
        >>> def role(id: str, service: str) -> RolePlan:
        ...     return plan_role(
        ...         id=id,
        ...         role_name=f"reports-{id.lower()}",
        ...         place=place,
        ...         path="/reports/",
        ...         description="Deploys reports",
        ...         trust=service_trust(service, place, None),
        ...         duties=[],
        ...         permissions_boundary=None,
        ...     )
        >>> key = place.arn("kms", "alias/reports")
        >>> build = plan_build_project(
        ...     id="Deploy",
        ...     name="reports-deploy",
        ...     place=place,
        ...     description="Deploys reports",
        ...     buildspec="buildspecs/deploy.yml",
        ...     role=role("Role", "codebuild.amazonaws.com"),
        ...     log_group_name="/aws/codebuild/reports-deploy",
        ...     encryption_key_alias=key,
        ... )
        >>> plan = plan_code_pipeline(
        ...     name="reports",
        ...     place=place,
        ...     role=role("PipelineRole", "codepipeline.amazonaws.com"),
        ...     repository="acme/reports",
        ...     branch="main",
        ...     connection=ConnectionPlan(id="Connection", name="reports", provider="github"),
        ...     steps=[StepPlan(name="Production", builds=(build,), approval="Deploy?")],
        ...     bucket="reports-artifacts-111111111111",
        ...     encryption_key_alias=key,
        ... )
        >>> pipeline = CodePipeline("reports", CodePipelineArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the pipeline."""

    connection_arn: pulumi.Output[str]
    """ARN of the connection."""

    def __init__(
        self, name: str, args: CodePipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the pipeline.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a pipeline, or the plan
                refers to a connection that was not given, or the other way round.
        """
        check_plan(name, args.plan, CodePipelinePlan)
        wanted = args.plan.stages[0].actions[0].configuration["ConnectionArn"]
        asked = args.plan.connection is None and not isinstance(wanted, str)
        if asked != (args.connection_arn is not None):
            raise ConstructError(
                f"{name}.connection_arn",
                f"the plan refers to the connection {wanted}"
                if asked
                else "the plan takes no connection from outside",
                got=args.connection_arn,
                fix="pass the connection_arn of the pipeline that makes it"
                if asked
                else "leave it out",
            )
        super().__init__(name, opts)
        self.plan = plan = args.plan
        role = Role(self.child_name("Role"), RoleArgs(plan=plan.role), self.child())
        self.connection_arn = self._connection(args)
        projects = [self._build(build) for build in plan.builds]
        pipeline = aws.codepipeline.Pipeline(
            self.child_name("Resource"),
            name=plan.name,
            pipeline_type="V2",
            execution_mode=plan.execution_mode,
            role_arn=role.arn,
            artifact_stores=[
                {
                    "type": "S3",
                    "location": plan.bucket,
                    "encryption_key": {"id": plan.encryption_key_alias, "type": "KMS"},
                }
            ],
            stages=[
                {"name": stage.name, "actions": [self._action(item) for item in stage.actions]}
                for stage in plan.stages
            ],
            triggers=[_trigger(plan)],
            variables=[{"name": key, "default_value": value} for key, value in plan.variables]
            or None,
            opts=self.child(depends_on=projects),
        )
        self.arn = pipeline.arn
        self.register_outputs({"arn": self.arn, "connectionArn": self.connection_arn})

    def _connection(self, args: CodePipelineArgs) -> pulumi.Output[str]:
        made = args.plan.connection
        if made is not None:
            connection = aws.codeconnections.Connection(
                self.child_name("Connection"),
                name=made.name,
                provider_type=PROVIDER_TYPES[made.provider],
                opts=self.child(),
            )
            return connection.arn
        named = args.plan.stages[0].actions[0].configuration["ConnectionArn"]
        given = args.connection_arn if args.connection_arn is not None else str(named)
        return pulumi.Output.from_input(given)

    def _build(self, plan: BuildProjectPlan) -> aws.codebuild.Project:
        role = Role(self.child_name(f"{plan.id}Role"), RoleArgs(plan=plan.role), self.child())
        return aws.codebuild.Project(
            self.child_name(plan.id),
            name=plan.name,
            description=plan.description,
            service_role=role.arn,
            encryption_key=plan.encryption_key_alias,
            build_timeout=plan.timeout_minutes,
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": plan.build_image,
                "compute_type": plan.compute_type,
                "privileged_mode": False,
                "environment_variables": [
                    {"name": key, "type": "PLAINTEXT", "value": value}
                    for key, value in plan.environment
                ],
            },
            source={"type": "CODEPIPELINE", "buildspec": plan.buildspec},
            logs_config={
                "cloudwatch_logs": {"status": "ENABLED", "group_name": plan.log_group_name}
            },
            opts=self.child(),
        )

    def _action(self, plan: ActionPlan) -> aws.codepipeline.PipelineStageActionArgsDict:
        configuration: dict[str, pulumi.Input[str]] = {
            key: value if isinstance(value, str) else self.connection_arn
            for key, value in plan.configuration.items()
        }
        return {
            "name": plan.name,
            "category": plan.category,
            "owner": "AWS",
            "provider": plan.provider,
            "version": "1",
            "run_order": plan.run_order,
            "configuration": configuration,
            "input_artifacts": list(plan.inputs),
            "output_artifacts": list(plan.outputs),
        }


def _trigger(plan: CodePipelinePlan) -> aws.codepipeline.PipelineTriggerArgsDict:
    branches: aws.codepipeline.PipelineTriggerGitConfigurationPushBranchesArgsDict = {
        "includes": [plan.branch]
    }
    if plan.trigger == "push":
        return {
            "provider_type": SOURCE_PROVIDER,
            "git_configuration": {
                "source_action_name": SOURCE,
                "pushes": [{"branches": branches}],
            },
        }
    return {
        "provider_type": SOURCE_PROVIDER,
        "git_configuration": {
            "source_action_name": SOURCE,
            "pull_requests": [
                {"branches": {"includes": [plan.branch]}, "events": list(PULL_REQUEST_EVENTS)}
            ],
        },
    }
