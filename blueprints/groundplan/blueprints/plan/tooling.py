"""Decides the tooling account's stacks: the registries, and the builds of the images."""

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.access import Access, every
from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.approvals import approver_statements
from groundplan.blueprints.plan.container_repository import (
    ContainerRepositoryPlan,
    plan_container_repository,
)
from groundplan.blueprints.plan.context import MONITORING_IMAGE, TOOLING, Context
from groundplan.blueprints.plan.data_bucket import (
    BucketAccess,
    DataBucketPlan,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.duties import registry_token, write_task_logs
from groundplan.blueprints.plan.encryption_key import (
    EncryptionKeyPlan,
    key_duty,
    plan_encryption_key,
    via,
)
from groundplan.blueprints.plan.exceptions import OBJECTS
from groundplan.blueprints.plan.image_build import (
    OWN_CONTEXT,
    SOURCES,
    ImageBuildPlan,
    plan_image_build,
)
from groundplan.blueprints.plan.key_uses import (
    alarms_use,
    deployment_use,
    logs_use,
    undelivered_use,
)
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan, plan_model_registry
from groundplan.blueprints.plan.names import camel, name
from groundplan.blueprints.plan.release import delivery_stacks
from groundplan.blueprints.plan.role import (
    Duty,
    bootstrap_qualifier,
    iam_path,
    plan_role,
    service_trust,
)
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    ImagesStackPlan,
    RegistryStackPlan,
    StackPlan,
    StagePlan,
)
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.spec import ModelSpec

IMAGES_STACK = "images"
MONITORING_CONTEXT = f"{OWN_CONTEXT}jobs/monitoring"


def plan_tooling(context: Context, stacks: tuple[AnyStackPlan, ...], access: Access) -> StagePlan:
    """Decide the stage of the tooling account.

    Args:
        context: The project.
        stacks: Its stacks without data of their own.
        access: What roles do with images, models and versions.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    registry = _registry(context, stacks, access)
    return StagePlan(id=TOOLING, place=context.tooling, stacks=(registry, *stacks))


def tooling_stacks(context: Context) -> tuple[AnyStackPlan, ...]:
    """Decide the stacks of the tooling account that hold nothing that must not be lost.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    return (_images(context), *delivery_stacks(context))


def _registry(
    context: Context, stacks: tuple[AnyStackPlan, ...], access: Access
) -> RegistryStackPlan:
    place = context.tooling
    logs = context.bucket(TOOLING, "logs", place)
    log_groups = tuple(_build_log_group(context, image) for image in context.images())
    key = _key(context, log_groups, stacks, access)
    return RegistryStackPlan(
        stack=StackPlan(
            id="registry",
            name=context.stack_name(TOOLING, "registry"),
            scope=TOOLING,
            place=place,
            description=f"Images, artefacts and model versions of {context.project}",
            termination_protection=True,
            tags=context.tags(TOOLING),
        ),
        key=key,
        access_logs=plan_access_logs_bucket(
            name=logs, place=place, sources=(context.artifacts,), retain=context.protected
        ),
        artifacts=_artifacts(context, key, logs, access),
        repositories=tuple(_repository(context, key, image, access) for image in context.images()),
        registries=tuple(_model_registry(context, model, access) for model in context.spec.models),
        log_groups=log_groups,
    )


def _key(
    context: Context,
    log_groups: tuple[LogGroupPlan, ...],
    stacks: tuple[AnyStackPlan, ...],
    access: Access,
) -> EncryptionKeyPlan:
    place = context.tooling
    services = [logs_use(place, [group.arn for group in log_groups])]
    if any(True for _ in every(stacks, TopicPlan)):
        services.append(alarms_use(place))
    if any(True for _ in every(stacks, UndeliveredEventsPlan)):
        services.append(undelivered_use(place))
    return plan_encryption_key(
        alias=context.key_alias(TOOLING),
        place=place,
        description=f"Models and images of {context.project}",
        uses=(
            *access.key_uses(context.tooling_key_alias_arn),
            deployment_use(context.deployment_role(place)),
        ),
        services=services,
        organization_id=context.spec.organization_id,
        retain=context.protected,
        spec_path="models",
    )


def _artifacts(
    context: Context, key: EncryptionKeyPlan, logs: str, access: Access
) -> DataBucketPlan:
    place, bucket = context.tooling, context.artifacts

    def planned(admitted: tuple[BucketAccess, ...]) -> DataBucketPlan:
        return plan_data_bucket(
            id="Artifacts",
            name=context.artifacts,
            place=context.tooling,
            encryption_key=key.arn,
            key_alias_arn=key.alias_arn,
            access=admitted,
            access_logs_bucket=logs,
            organization_id=context.spec.organization_id,
            require_named_key=True,
            retain=context.protected,
            spec_path="models",
        )

    try:
        return planned(access.foreign_bucket_access(place, bucket))
    except PlanError:
        return planned(access.coarse_bucket_access(place, bucket))


def _repository(
    context: Context, key: EncryptionKeyPlan, image: str, access: Access
) -> ContainerRepositoryPlan:
    repository = context.repository(image)
    arn = context.tooling.arn("ecr", f"repository/{repository}")
    return plan_container_repository(
        id=f"Repository{camel(image)}",
        name=repository,
        place=context.tooling,
        encryption_key=key.arn,
        pull=access.pullers(arn),
        describe=access.resolvers(arn),
        retain=context.protected,
    )


def _model_registry(context: Context, model: ModelSpec, access: Access) -> ModelRegistryPlan:
    return plan_model_registry(
        id=f"Registry{camel(model.name)}",
        name=context.registry_name(model.name),
        place=context.tooling,
        description=f"Versions of the model {model.name} of {context.project}",
        access=access.registry_access(context.registry_arn(model.name)),
        approve=approver_statements(context, model),
        retain=context.protected,
    )


def _build_log_group(context: Context, image: str) -> LogGroupPlan:
    return plan_log_group(
        id=f"BuildLogs{camel(image)}",
        name=f"/aws/codebuild/{name('codebuild-project', context.project, 'image', image)}",
        place=context.tooling,
        encryption_key=EncryptionKeyPlan.ref("Key"),
        retention_days=context.spec.governance.log_retention_days,
    )


def _images(context: Context) -> ImagesStackPlan:
    return ImagesStackPlan(
        stack=StackPlan(
            id=IMAGES_STACK,
            name=context.stack_name(TOOLING, IMAGES_STACK),
            scope=TOOLING,
            place=context.tooling,
            description=f"Builds of the images of {context.project}",
            termination_protection=False,
            tags=context.tags(TOOLING),
            depends_on=("registry",),
        ),
        builds=tuple(_build(context, image) for image in context.images()),
    )


def _build(context: Context, image: str) -> ImageBuildPlan:
    place, project = context.tooling, context.project
    spec = context.spec.image(image)
    repository = context.repository(image)
    project_name = name("codebuild-project", project, "image", image)
    log_group = f"/aws/codebuild/{project_name}"
    arrives = context.engine == "pulumi"
    prefix = f"{SOURCES}{image}/" if arrives else None
    build_role = plan_role(
        id="Role",
        role_name=context.role_name(TOOLING, image, "build"),
        place=place,
        path=iam_path(project),
        description=f"Builds the image {image} of {project}",
        trust=service_trust(
            "codebuild.amazonaws.com", place, place.arn("codebuild", f"project/{project_name}")
        ),
        duties=(
            *_read_source(context, prefix),
            Duty(
                id="PushImage",
                actions=(
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImages",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ),
                resources=(place.arn("ecr", f"repository/{repository}"),),
                reason="the build pushes the image, unless its source was built before",
            ),
            registry_token(),
            write_task_logs(place, [log_group]),
        ),
        permissions_boundary=context.boundary(place),
        spec_path="images",
    )
    trigger_role = plan_role(
        id="TriggerRole",
        role_name=context.role_name(TOOLING, image, "build-trigger"),
        place=place,
        path=iam_path(project),
        description=f"Starts the build of the image {image} of {project}",
        trust=service_trust(
            "events.amazonaws.com",
            place,
            place.arn("events", f"rule/{name('rule', project, 'build', image)}"),
        ),
        duties=(
            Duty(
                id="StartBuild",
                actions=("codebuild:StartBuild",),
                resources=(place.arn("codebuild", f"project/{project_name}"),),
                reason="a source that arrives is built"
                if arrives
                else "a finished deployment of the builds starts them",
            ),
        ),
        permissions_boundary=context.boundary(place),
        spec_path="images",
    )
    return plan_image_build(
        id=f"Build{camel(image)}",
        image=image,
        place=place,
        project=project,
        context=MONITORING_CONTEXT if image == MONITORING_IMAGE else spec.context,
        dockerfile=spec.dockerfile,
        repository_name=repository,
        repository_uri=f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{repository}",
        role=build_role,
        trigger_role=trigger_role,
        stack_name=context.stack_name(TOOLING, IMAGES_STACK),
        log_group_name=log_group,
        encryption_key_alias=context.tooling_key_alias_arn,
        source_bucket=context.artifacts if arrives else None,
        source_prefix=prefix,
    )


def _read_source(context: Context, prefix: str | None) -> tuple[Duty, ...]:
    """Return the duties to read a build's source: an asset of CDK's, or what is below ``prefix``."""
    place, qualifier = context.tooling, bootstrap_qualifier(context.project)
    bucket = f"cdk-{qualifier}-assets-{place.account}-{place.region}"
    key = place.arn("kms", f"alias/cdk-{qualifier}-assets-key")
    pattern, whose = "*.zip", "deployment's"
    if prefix is not None:
        bucket, key = context.artifacts, context.tooling_key_alias_arn
        pattern, whose = f"{prefix}*", "artifact"
    return (
        Duty(
            id="ReadSource",
            actions=("s3:GetObject", "s3:GetObjectVersion"),
            resources=(place.bucket_arn(bucket, pattern),),
            reason=f"the source is uploaded to the {whose} bucket under its hash",
            wildcard=OBJECTS,
        ),
        key_duty(
            "DecryptSource",
            key,
            ("kms:Decrypt",),
            reason=f"the {whose} bucket is encrypted",
            condition=via("s3", place.region),
        ),
    )
