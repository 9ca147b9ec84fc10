"""CDK construct of an image build."""

from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_events as events
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.names import digest
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.role import Role

TAG_CHARACTERS = 32


class ImageBuild(Construct):
    """A CodeBuild project that builds and pushes one image, and what starts it on day 0.

    The image's tag is the hash of the source, so that known source is not built again. The ids
    ``Resource``, ``Role``, ``TriggerRole`` and ``Rule`` are part of the public contract.

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
        ...     encryption_key_alias="alias/images",
        ... )
        >>> source = ("sources-111111111111", "renderer/2026-11-21.zip")
        >>> build = ImageBuild(stack, "Build", plan=plan, source=source)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: ImageBuildPlan,
        source: s3_assets.Asset | tuple[str, str],
    ) -> None:
        """Define the build.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            source: The build context as a CDK asset, or as the bucket and key of a zip file whose
                key changes with its content. The plan's role may read it.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.role = Role(self, "Role", plan=plan.role)
        if isinstance(source, tuple):
            bucket, key = source
            tag = digest(key, TAG_CHARACTERS)
        else:
            bucket, key = source.s3_bucket_name, source.s3_object_key
            tag = source.asset_hash[:TAG_CHARACTERS]
        variables = (*plan.environment, ("IMAGE_TAG", tag))
        self.project = codebuild.CfnProject(
            self,
            "Resource",
            name=plan.name,
            description=f"Builds {plan.repository_uri} from {plan.context}",
            # By its ARN: CDK's own validation takes a reference to a role with a path for an error.
            service_role=plan.role.arn,
            encryption_key=plan.encryption_key_alias,
            timeout_in_minutes=plan.timeout_minutes,
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": plan.build_image,
                "computeType": plan.compute_type,
                "privilegedMode": True,
                "environmentVariables": [
                    {"name": name, "type": "PLAINTEXT", "value": value} for name, value in variables
                ],
            },
            source={
                "type": "S3",
                "location": f"{bucket}/{key}",
                "buildSpec": plan.buildspec,
            },
            logs_config={"cloudWatchLogs": {"status": "ENABLED", "groupName": plan.log_group_name}},
        )
        self.project.add_resource_dependency(self.role.role)
        trigger = Role(self, "TriggerRole", plan=plan.trigger_role)
        events.CfnRule(
            self,
            "Rule",
            name=plan.rule_name,
            description=f"Builds {plan.repository_uri} when its stack is complete",
            event_pattern=plan.event_pattern,
            targets=[{"id": "Build", "arn": self.project.attr_arn, "roleArn": trigger.arn}],
        )
        acknowledge(self.project, plan.exceptions)
