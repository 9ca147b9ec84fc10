"""Decides the tooling account's stacks: the registries, and the builds of the images."""

from groundplan.blueprints.plan.container_repository import (
    ContainerRepositoryPlan,
    plan_container_repository,
)
from groundplan.blueprints.plan.context import TOOLING, Context, serving_image, training_image
from groundplan.blueprints.plan.data_bucket import (
    BucketAccess,
    DataBucketPlan,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.duties import ENCRYPT, registry_token, write_logs
from groundplan.blueprints.plan.encryption_key import (
    EncryptionKeyPlan,
    KeyUse,
    key_duty,
    plan_encryption_key,
    via,
)
from groundplan.blueprints.plan.exceptions import OBJECTS
from groundplan.blueprints.plan.image_build import ImageBuildPlan, plan_image_build
from groundplan.blueprints.plan.key_uses import deployment_use, logs_use
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan, plan_model_registry
from groundplan.blueprints.plan.names import camel, name
from groundplan.blueprints.plan.role import (
    Duty,
    bootstrap_qualifier,
    iam_path,
    plan_role,
    service_trust,
    serving_deployment_role_arn,
)
from groundplan.blueprints.plan.stacks import (
    ImagesStackPlan,
    RegistryStackPlan,
    StackPlan,
    StagePlan,
)
from groundplan.blueprints.spec import EnvironmentSpec, ImageSpec, ModelSpec

IMAGES_STACK = "images"


def plan_tooling(context: Context) -> StagePlan:
    """Decide the stage of the tooling account.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    return StagePlan(
        id=TOOLING, place=context.tooling, stacks=(_registry(context), _images(context))
    )


def _registry(context: Context) -> RegistryStackPlan:
    place = context.tooling
    logs = context.bucket(TOOLING, "logs", place)
    log_groups = tuple(_build_log_group(context, image) for image in context.images())
    key = _key(context, log_groups)
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
        artifacts=_artifacts(context, key, logs),
        repositories=tuple(_repository(context, key, image) for image in context.images()),
        registries=tuple(_model_registry(context, model) for model in context.spec.models),
        log_groups=log_groups,
    )


def _key(context: Context, log_groups: tuple[LogGroupPlan, ...]) -> EncryptionKeyPlan:
    place, s3 = context.tooling, via("s3", context.region)
    trainers = [_job_role(context, model, "training") for model in context.spec.models]
    readers = [_job_role(context, model, "processing") for model in context.spec.models]
    readers += [
        _serving_role(context, environment, model)
        for environment in context.spec.environments
        for model in context.served()
    ]
    return plan_encryption_key(
        alias=context.key_alias(TOOLING),
        place=place,
        description=f"Models and images of {context.project}",
        uses=(
            KeyUse(id="WriteModels", roles=tuple(trainers), actions=ENCRYPT, condition=s3),
            KeyUse(id="ReadModels", roles=tuple(readers), actions=("kms:Decrypt",), condition=s3),
            deployment_use(place, bootstrap_qualifier(context.project)),
        ),
        services=(logs_use(place, [group.arn for group in log_groups]),),
        organization_id=context.spec.organization_id,
        retain=context.protected,
        spec_path="models",
    )


def _artifacts(context: Context, key: EncryptionKeyPlan, logs: str) -> DataBucketPlan:
    access = []
    for model in context.spec.models:
        label = camel(model.name)
        readers = [_job_role(context, model, "processing")]
        if model.serving is not None:
            readers += [
                _serving_role(context, environment, model)
                for environment in context.spec.environments
            ]
        objects = (f"models/{model.name}/*",)
        access += [
            BucketAccess(
                id=f"Write{label}",
                roles=(_job_role(context, model, "training"),),
                actions=("s3:AbortMultipartUpload", "s3:PutObject"),
                keys=objects,
            ),
            BucketAccess(
                id=f"Read{label}", roles=tuple(readers), actions=("s3:GetObject",), keys=objects
            ),
            BucketAccess(
                id=f"List{label}",
                roles=(_job_role(context, model, "processing"),),
                actions=("s3:ListBucket",),
                keys=(),
            ),
        ]
    return plan_data_bucket(
        id="Artifacts",
        name=context.artifacts,
        place=context.tooling,
        encryption_key=key.arn,
        key_alias_arn=key.alias_arn,
        access=access,
        access_logs_bucket=logs,
        organization_id=context.spec.organization_id,
        retain=context.protected,
        spec_path="models",
    )


def _repository(context: Context, key: EncryptionKeyPlan, image: str) -> ContainerRepositoryPlan:
    pull, describe = [], []
    for model in context.spec.models:
        if image in (training_image(model), serving_image(model)):
            describe.append(_job_role(context, model, "pipeline"))
        if image == training_image(model):
            pull += [_job_role(context, model, "training"), _job_role(context, model, "processing")]
        if image == serving_image(model) and model.serving is not None:
            pull += [
                _serving_role(context, environment, model)
                for environment in context.spec.environments
            ]
    return plan_container_repository(
        id=f"Repository{camel(image)}",
        name=context.repository(image),
        place=context.tooling,
        encryption_key=key.arn,
        pull=pull,
        describe=describe,
        retain=context.protected,
    )


def _model_registry(context: Context, model: ModelSpec) -> ModelRegistryPlan:
    serve = []
    if model.serving is not None:
        serve = [
            serving_deployment_role_arn(
                context.place(environment.account), context.project, environment.name, model.name
            )
            for environment in context.spec.environments
        ]
    return plan_model_registry(
        id=f"Registry{camel(model.name)}",
        name=context.registry_name(model.name),
        place=context.tooling,
        description=f"Versions of the model {model.name} of {context.project}",
        register=(_job_role(context, model, "pipeline"),),
        serve=serve,
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
    spec = next((item for item in context.spec.images if item.name == image), ImageSpec(name=image))
    repository = context.repository(image)
    project_name = name("codebuild-project", project, "image", image)
    log_group = f"/aws/codebuild/{project_name}"
    qualifier = bootstrap_qualifier(project)
    sources = f"cdk-{qualifier}-assets-{place.account}-{place.region}"
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
            Duty(
                id="ReadSource",
                actions=("s3:GetObject", "s3:GetObjectVersion"),
                resources=(place.bucket_arn(sources, "*.zip"),),
                reason="the source is uploaded to the deployment's bucket under its hash",
                wildcard=OBJECTS,
            ),
            key_duty(
                "DecryptSource",
                place.arn("kms", f"alias/cdk-{qualifier}-assets-key"),
                ("kms:Decrypt",),
                reason="the deployment's bucket is encrypted",
                condition=via("s3", place.region),
            ),
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
            write_logs(place, [log_group]),
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
                reason="a finished deployment of the builds starts them",
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
        context=spec.context,
        dockerfile=spec.dockerfile,
        repository_name=repository,
        repository_uri=f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{repository}",
        role=build_role,
        trigger_role=trigger_role,
        stack_name=context.stack_name(TOOLING, IMAGES_STACK),
        log_group_name=log_group,
        encryption_key_alias=context.tooling_key_alias_arn,
    )


def _job_role(context: Context, model: ModelSpec, purpose: str) -> str:
    environment = context.training
    return context.role_arn(
        context.place(environment.account), environment.name, model.name, purpose
    )


def _serving_role(context: Context, environment: EnvironmentSpec, model: ModelSpec) -> str:
    return context.role_arn(
        context.place(environment.account), environment.name, model.name, "serving"
    )
