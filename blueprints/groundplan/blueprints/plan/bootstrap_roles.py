"""Decides the roles of the CDK bootstrap: who assumes them, what they may do, and their key.

The template that makes them is the CDK CLI's own; see ``groundplan.stacks.bootstrap_template``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.deployment_policies.deployer import ASSUMED_ROLES
from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope
from groundplan.blueprints.plan.encryption_key import ADMIN_ACTIONS, EncryptionKeyPlan, via
from groundplan.blueprints.plan.exceptions import (
    ACCESS_LOGS_BUCKET,
    NO_NARROWER,
    OBJECTS,
    STACK_RESOURCES,
    CheckException,
    accept,
)
from groundplan.blueprints.plan.key_uses import deployment_role_arn
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.policy import Condition, PolicyDocument, Statement
from groundplan.blueprints.plan.role import Duty, ManagedPolicyPlan, RolePlan

INLINE = (
    "the CDK CLI's own template keeps the policies of these roles inline; so does the project's"
)
"""Why the roles of the bootstrap have inline policies, as no others have."""
READ_ACTIONS = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
)
"""What the CLI reads of a stack that it deploys."""
DEPLOY_ACTIONS = (
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:RollbackStack",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateTerminationProtection",
)
"""What the CLI does to a stack that it deploys. Stack policies are an administrator's."""
PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""What the CLI does to push an image of its own, as in its template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapRolePlan(RolePlan):
    """A role of the bootstrap; its id is the one that it has in the CLI's template."""

    inline: str | None
    """Why its policies are inline, or ``None`` where they are customer-managed ones of stage 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapPlan:
    """What the CDK bootstrap makes in one account, as far as it is the project's to decide."""

    bucket: str
    """Name of the bucket of templates and other files."""

    repository: str
    """Name of the repository of the CLI's images."""

    key: EncryptionKeyPlan
    """Key of the bucket."""

    roles: tuple[BootstrapRolePlan, ...]
    """Those that deployments assume, and CloudFormation's own."""

    @property
    def key_arn(self) -> str:
        """What stands for the key's ARN in the policies of the roles; the template has the ARN."""
        return self.key.alias_arn.replace(":alias/", ":key/")

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Rules of static checkers that the bucket does not follow on purpose."""
        return accept(ACCESS_LOGS_BUCKET, "CKV_AWS_18")


def plan_bootstrap(
    scope: DeploymentScope,
    *,
    deployers: Condition,
    serving_roles: Sequence[str],
    duties: Sequence[Duty],
    policies: Sequence[ManagedPolicyPlan],
    permissions_boundary: str,
) -> BootstrapPlan:
    """Decide the bootstrap of one account.

    Args:
        scope: The stages in the account.
        deployers: Condition on the account's principals that may assume its roles.
        serving_roles: ARNs of CloudFormation's roles of endpoints.
        duties: What CloudFormation needs for all other stacks.
        policies: Those duties as policies, made by stage 0.
        permissions_boundary: ARN of the boundary of every role here.
    """
    place, qualifier = scope.place, scope.qualifier
    bucket = f"cdk-{qualifier}-assets-{place.account}-{place.region}"
    repository = f"cdk-{qualifier}-container-assets-{place.account}-{place.region}"
    key = place.arn("kms", f"key/cdk-{qualifier}-assets-key")
    trust = assumed_by_deployers(scope, deployers)
    execution = deployment_role_arn(place, qualifier)
    decided = {
        "deploy": (
            "DeploymentActionRole",
            "Hands the project's stacks to CloudFormation",
            _deploy(scope, bucket, key, (execution, *serving_roles)),
        ),
        "file-publishing": (
            "FilePublishingRole",
            "Publishes the files of deployments",
            _publish_files(scope, bucket, key),
        ),
        "image-publishing": (
            "ImagePublishingRole",
            "Publishes images of the CDK's own",
            _publish_images(scope, repository),
        ),
        "lookup": (
            "LookupRole",
            "Looks at the project's stacks",
            (_read_stacks(scope), _read_version(scope)),
        ),
    }
    assumed = tuple(
        _role(
            id, arn=scope.bootstrap_role(purpose), description=description, trust=trust,
            duties=items, boundary=permissions_boundary, inline=INLINE,
            policies=(
                ManagedPolicyPlan(
                    id="Policy1",
                    name="groundplan",
                    document=PolicyDocument(statements=tuple(item.statement() for item in items)),
                ),
            ),
        )
        for purpose in ASSUMED_ROLES
        for id, description, items in (decided[purpose],)
    )  # fmt: skip
    return BootstrapPlan(
        bucket=bucket,
        repository=repository,
        key=_key(scope),
        roles=(
            *assumed,
            _role(
                "CloudFormationExecutionRole", arn=execution,
                description="Deploys all stacks but those of endpoints",
                trust=_assumed_by_cloudformation(scope), duties=duties, policies=policies,
                boundary=permissions_boundary, inline=None,
            ),
        ),
    )  # fmt: skip


def stack_arns(scope: DeploymentScope) -> tuple[str, ...]:
    """Return patterns of the ARNs of the project's stacks, one a stage."""
    return tuple(
        scope.place.arn("cloudformation", f"stack/{name('stack', scope.project, item)}-*/*")
        for item in scope.scopes
    )


def _role(
    id: str,
    *,
    arn: str,
    description: str,
    trust: PolicyDocument,
    duties: Sequence[Duty],
    policies: Sequence[ManagedPolicyPlan],
    boundary: str,
    inline: str | None,
) -> BootstrapRolePlan:
    return BootstrapRolePlan(
        id=id,
        name=arn.rpartition("/")[2],
        path="/",
        arn=arn,
        description=description,
        trust=trust,
        duties=tuple(duties),
        policies=tuple(policies),
        permissions_boundary=boundary,
        inline=inline,
    )


def assumed_by_deployers(scope: DeploymentScope, deployers: Condition) -> PolicyDocument:
    """Return a trust in who deploys, by an account's root and a condition on its principals."""
    return PolicyDocument(
        statements=(
            Statement(
                sid="Deployers",
                actions=("sts:AssumeRole",),
                principals={"AWS": scope.deployers_root},
                condition={**deployers, "Null": {"sts:ExternalId": "true"}},
            ),
        )
    )


def _assumed_by_cloudformation(scope: DeploymentScope) -> PolicyDocument:
    return PolicyDocument(
        statements=(
            Statement(
                sid="CloudFormation",
                actions=("sts:AssumeRole",),
                principals={"Service": "cloudformation.amazonaws.com"},
                condition={
                    "ArnLike": {"aws:SourceArn": list(stack_arns(scope))},
                    "StringEquals": {"aws:SourceAccount": scope.place.account},
                },
            ),
        )
    )


def _deploy(
    scope: DeploymentScope, bucket: str, key: str, passed: tuple[str, ...]
) -> tuple[Duty, ...]:
    return (
        Duty(
            id="DeployProjectStacks",
            actions=(*DEPLOY_ACTIONS, *READ_ACTIONS),
            resources=stack_arns(scope),
            reason="the CLI deploys the stacks of the stages in this account",
            wildcard=STACK_RESOURCES,
        ),
        Duty(
            id="PassDeploymentRoles",
            actions=("iam:PassRole",),
            resources=passed,
            reason="a deployment hands a stack to CloudFormation's role for it",
            condition={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
        Duty(
            id="ReadTemplates",
            actions=("s3:GetObject",),
            resources=(scope.place.bucket_arn(bucket, "*"),),
            reason="CloudFormation reads a template in the name of who deploys it",
            wildcard=OBJECTS,
        ),
        _use_key(scope, key, "kms:Decrypt"),
        _read_version(scope),
    )


def _publish_files(scope: DeploymentScope, bucket: str, key: str) -> tuple[Duty, ...]:
    place = scope.place
    return (
        Duty(
            id="FindFiles",
            actions=("s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:ListBucket"),
            resources=(place.bucket_arn(bucket),),
            reason="the CLI looks whether a file is there already",
        ),
        Duty(
            id="PublishFiles",
            actions=("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
            resources=(place.bucket_arn(bucket, "*"),),
            reason="the CLI publishes templates and the sources of images",
            wildcard=OBJECTS,
        ),
        _use_key(scope, key, "kms:Decrypt", "kms:GenerateDataKey"),
    )


def _publish_images(scope: DeploymentScope, repository: str) -> tuple[Duty, ...]:
    return (
        Duty(
            id="PublishImages",
            actions=PUSH_ACTIONS,
            resources=(scope.place.arn("ecr", f"repository/{repository}"),),
            reason="the CLI pushes images that stacks of one's own are built with",
        ),
        Duty(
            id="RegistryToken",
            actions=("ecr:GetAuthorizationToken",),
            resources=("*",),
            reason="pushing an image begins with a registry token",
            wildcard=NO_NARROWER,
        ),
    )


def _read_stacks(scope: DeploymentScope) -> Duty:
    return Duty(
        id="ReadProjectStacks",
        actions=READ_ACTIONS,
        resources=stack_arns(scope),
        reason="the CLI compares what is deployed with what would be",
        wildcard=STACK_RESOURCES,
    )


def _read_version(scope: DeploymentScope) -> Duty:
    return Duty(
        id="ReadVersion",
        actions=("ssm:GetParameter", "ssm:GetParameters"),
        resources=(scope.version_parameter,),
        reason="the CLI and every template look up the version of the bootstrap",
    )


def _use_key(scope: DeploymentScope, key: str, *actions: str) -> Duty:
    return Duty(
        id="UseKeyOfFiles",
        actions=actions,
        resources=(key,),
        reason="the files are encrypted",
        condition=via("s3", scope.place.region),
    )


def _key(scope: DeploymentScope) -> EncryptionKeyPlan:
    place, qualifier = scope.place, scope.qualifier
    users = [scope.bootstrap_role("deploy"), scope.bootstrap_role("file-publishing")]
    if scope.has_tooling:
        users.append(scope.roles)  # of builds, whose sources are among the files
    statements = (
        Statement(
            sid="Administer",
            actions=ADMIN_ACTIONS,
            resources=("*",),
            principals={"AWS": place.root},
        ),
        Statement(
            sid="UseThroughStorage",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=("*",),
            principals={"AWS": place.root},
            condition={"ArnLike": {"aws:PrincipalArn": users}, **via("s3", place.region)},
        ),
    )
    return EncryptionKeyPlan(
        id="FileAssetsBucketEncryptionKey",
        alias=f"alias/cdk-{qualifier}-assets-key",
        alias_arn=place.arn("kms", f"alias/cdk-{qualifier}-assets-key"),
        description="Files of deployments",
        policy=PolicyDocument(statements=statements),
        retain=False,
        pending_window_days=30,
    )
