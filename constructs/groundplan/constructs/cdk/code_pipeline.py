"""CDK construct of a pipeline of CodePipeline."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codeconnections as codeconnections
from aws_cdk import aws_codepipeline as codepipeline
from constructs import Construct

from groundplan.blueprints.plan.code_pipeline import (
    PROVIDER_TYPES,
    PULL_REQUEST_EVENTS,
    SOURCE,
    SOURCE_PROVIDER,
    ActionPlan,
    BuildProjectPlan,
    CodePipelinePlan,
)
from groundplan.blueprints.plan.ref import Ref, resolve
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.role import Role
from groundplan.constructs.errors import ConstructError


class CodePipeline(Construct):
    """A pipeline of type V2 with its builds, and a connection where the plan makes one.

    Bucket, key and log groups exist already. A new connection is pending until somebody completes it in
    the console. The ids ``Resource``, ``Role``, ``Connection``, and the ids of its builds with ``Role``
    below each, are part of the public contract.

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
        >>> pipeline = CodePipeline(stack, "Pipeline", plan=plan)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: CodePipelinePlan,
        connection_arn: str | None = None,
    ) -> None:
        """Define the pipeline.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            connection_arn: ARN of the connection, where the plan refers to one that another pipeline
                makes. Default: the plan makes it, or names it.

        Raises:
            ConstructError: If the plan refers to a connection that was not given, or the other way
                round.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.role = Role(self, "Role", plan=plan.role)
        values = self._connection(connection_arn)
        projects = [self._build(build) for build in plan.builds]
        self.pipeline = codepipeline.CfnPipeline(
            self,
            "Resource",
            name=plan.name,
            pipeline_type="V2",
            execution_mode=plan.execution_mode,
            # By its ARN: CDK's own validation takes a reference to a role with a path for an error.
            role_arn=plan.role.arn,
            artifact_store={
                "type": "S3",
                "location": plan.bucket,
                "encryptionKey": {"id": plan.encryption_key_alias, "type": "KMS"},
            },
            stages=[
                {"name": stage.name, "actions": [_action(item, values) for item in stage.actions]}
                for stage in plan.stages
            ],
            triggers=[_trigger(plan)],
            variables=[{"name": name, "defaultValue": value} for name, value in plan.variables]
            or None,
        )
        for before in (self.role.role, *projects):
            self.pipeline.add_resource_dependency(before)
        acknowledge(self.pipeline, plan.exceptions)

    def _connection(self, given: str | None) -> Mapping[Ref, str]:
        """Make the connection if the plan has one; return what stands for its ARN."""
        made = self.plan.connection
        wanted = self.plan.stages[0].actions[0].configuration["ConnectionArn"]
        if made is not None:
            connection = codeconnections.CfnConnection(
                self,
                "Connection",
                connection_name=made.name,
                provider_type=PROVIDER_TYPES[made.provider],
            )
            self.connection_arn: str = connection.attr_connection_arn
            """ARN of the connection."""
        elif isinstance(wanted, str):
            self.connection_arn = wanted
        elif given is not None:
            self.connection_arn = given
        else:
            raise ConstructError(
                f"{self.node.path}.connection_arn",
                f"the plan refers to the connection {wanted}",
                got=None,
                fix="pass the connection_arn of the pipeline that makes it",
            )
        if given is not None and (made is not None or isinstance(wanted, str)):
            raise ConstructError(
                f"{self.node.path}.connection_arn",
                "the plan takes no connection from outside",
                got=given,
                fix="leave the argument out",
            )
        return {wanted: self.connection_arn} if isinstance(wanted, Ref) else {}

    def _build(self, plan: BuildProjectPlan) -> codebuild.CfnProject:
        parent = Construct(self, plan.id)
        role = Role(parent, "Role", plan=plan.role)
        project = codebuild.CfnProject(
            parent,
            "Resource",
            name=plan.name,
            description=plan.description,
            service_role=plan.role.arn,
            encryption_key=plan.encryption_key_alias,
            timeout_in_minutes=plan.timeout_minutes,
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": plan.build_image,
                "computeType": plan.compute_type,
                "privilegedMode": False,
                "environmentVariables": [
                    {"name": name, "type": "PLAINTEXT", "value": value}
                    for name, value in plan.environment
                ],
            },
            source={"type": "CODEPIPELINE", "buildSpec": plan.buildspec},
            logs_config={"cloudWatchLogs": {"status": "ENABLED", "groupName": plan.log_group_name}},
        )
        project.add_resource_dependency(role.role)
        acknowledge(project, plan.exceptions)
        return project


def _trigger(plan: CodePipelinePlan) -> dict[str, Any]:
    branches = {"branches": {"includes": [plan.branch]}}
    event: dict[str, Any] = (
        {"push": [branches]}
        if plan.trigger == "push"
        else {"pullRequest": [{**branches, "events": list(PULL_REQUEST_EVENTS)}]}
    )
    return {
        "providerType": SOURCE_PROVIDER,
        "gitConfiguration": {"sourceActionName": SOURCE, **event},
    }


def _action(plan: ActionPlan, values: Mapping[Ref, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": plan.name,
        "actionTypeId": {
            "category": plan.category,
            "owner": "AWS",
            "provider": plan.provider,
            "version": "1",
        },
        "runOrder": plan.run_order,
        "configuration": resolve(dict(plan.configuration), values),
    }
    if plan.inputs:
        found["inputArtifacts"] = [{"name": item} for item in plan.inputs]
    if plan.outputs:
        found["outputArtifacts"] = [{"name": item} for item in plan.outputs]
    return found
