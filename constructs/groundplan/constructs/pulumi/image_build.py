"""Pulumi component of an image build."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.names import digest
from groundplan.constructs.pulumi.component import Component, check_input, check_plan, text
from groundplan.constructs.pulumi.role import Role, RoleArgs

TAG_CHARACTERS = 32


@dataclass(kw_only=True)
class ImageBuildArgs:
    """What an :class:`ImageBuild` is made of."""

    plan: ImageBuildPlan
    """What to define."""

    source_bucket: pulumi.Input[str]
    """Bucket of the build context."""

    source_key: pulumi.Input[str]
    """Key of the build context, a zip file; it changes with the content. The plan's role may read it."""


class ImageBuild(Component):
    """A CodeBuild project that builds and pushes one image, and what starts it on day 0.

    The image's tag is a hash of the source's key, so that known source is not built again. The children
    ``Resource``, ``Role``, ``TriggerRole``, ``Rule`` and ``RuleTarget`` are part of the public contract.

    Example:
        >>> def build_role(id: str, service: str) -> RolePlan:
        ...     return plan_role(
        ...         id=id,
        ...         role_name=f"renderer-{id.lower()}",
        ...         place=place,
        ...         path="/reports/",
        ...         description="Builds images",
        ...         trust=service_trust(service, place, None),
        ...         duties=[],
        ...         permissions_boundary=None,
        ...     )
        >>> plan = plan_image_build(
        ...     image="renderer",
        ...     place=place,
        ...     project="reports",
        ...     context="renderer",
        ...     dockerfile="Dockerfile",
        ...     repository_name="reports/renderer",
        ...     repository_uri="111111111111.dkr.ecr.eu-west-1.amazonaws.com/reports/renderer",
        ...     role=build_role("Role", "codebuild.amazonaws.com"),
        ...     trigger_role=build_role("TriggerRole", "events.amazonaws.com"),
        ...     stack_name="reports",
        ...     log_group_name="/aws/codebuild/renderer",
        ...     encryption_key_alias=place.arn("kms", "alias/images"),
        ... )
        >>> args = ImageBuildArgs(
        ...     plan=plan, source_bucket="sources-111111111111", source_key="renderer/1.zip"
        ... )
        >>> build = ImageBuild("renderer", args)
    """

    arn: pulumi.Output[str]
    """ARN of the project, known when it starts by itself."""

    def __init__(
        self, name: str, args: ImageBuildArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the build.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a build.
        """
        check_plan(name, args.plan, ImageBuildPlan)
        check_input(f"{name}.source_bucket", args.source_bucket, "bucket")
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        role = Role(self.child_name("Role"), RoleArgs(plan=plan.role), self.child())
        tag = pulumi.Output.from_input(args.source_key).apply(
            lambda key: digest(key, TAG_CHARACTERS)
        )
        values: list[tuple[str, pulumi.Input[str]]] = [*plan.environment, ("IMAGE_TAG", tag)]
        variables: list[aws.codebuild.ProjectEnvironmentEnvironmentVariableArgsDict] = [
            {"name": key, "type": "PLAINTEXT", "value": value} for key, value in values
        ]
        project = aws.codebuild.Project(
            self.child_name("Resource"),
            name=plan.name,
            description=f"Builds {plan.repository_uri} from {plan.context}",
            service_role=role.arn,
            encryption_key=plan.encryption_key_alias,
            build_timeout=plan.timeout_minutes,
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": plan.build_image,
                "compute_type": plan.compute_type,
                "privileged_mode": True,
                "environment_variables": variables,
            },
            source={
                "type": "S3",
                "location": pulumi.Output.concat(args.source_bucket, "/", args.source_key),
                "buildspec": plan.buildspec,
            },
            logs_config={
                "cloudwatch_logs": {"status": "ENABLED", "group_name": plan.log_group_name}
            },
            opts=self.child(),
        )
        trigger = Role(
            self.child_name("TriggerRole"), RoleArgs(plan=plan.trigger_role), self.child()
        )
        rule = aws.cloudwatch.EventRule(
            self.child_name("Rule"),
            name=plan.rule_name,
            description=f"Builds {plan.repository_uri} when its source is complete",
            event_pattern=text(name, plan.event_pattern),
            opts=self.child(),
        )
        target = aws.cloudwatch.EventTarget(
            self.child_name("RuleTarget"),
            rule=rule.name,
            target_id="Build",
            arn=project.arn,
            role_arn=trigger.arn,
            opts=self.child(),
        )
        self.arn = pulumi.Output.all(project.arn, target.id).apply(lambda both: str(both[0]))
        self.register_outputs({"arn": self.arn})
