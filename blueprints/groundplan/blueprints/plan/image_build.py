"""Decides how a container image is built: a CodeBuild project, and what starts it."""

import json
from dataclasses import dataclass

from groundplan.blueprints.plan.exceptions import BUILD_FROM_S3, CheckException, accept, in_packs
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import RolePlan

BUILD_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
"""Image that CodeBuild runs the build in; it carries Docker."""
BUILD_COMPUTE = "BUILD_GENERAL1_MEDIUM"
"""Size of the build: 4 CPUs, 8 GB."""
BUILD_TIMEOUT_MINUTES = 60
SOURCES = "sources/"
"""Where the artifact bucket keeps the sources of images, if they are no assets of CDK's."""
OWN_CONTEXT = "groundplan:"
"""Begins a context that is part of groundplan itself: a directory in ``groundplan.pipelines``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBuildPlan:
    """A CodeBuild project that builds one image, pushes it, and starts on day 0 by itself."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name of the project."""

    arn: str
    """ARN of the project."""

    context: str
    """Directory of the build context, relative to the spec, or one of groundplan's own."""

    repository_uri: str
    """Repository that receives the image."""

    role: RolePlan
    """Role of the build."""

    trigger_role: RolePlan
    """Role by which EventBridge starts the build."""

    rule_name: str
    """Rule that starts the build."""

    event_pattern: Json
    """Completion of the stack that holds the build, or arrival of its source."""

    buildspec: str
    """Build commands as JSON. ``IMAGE_TAG`` is the hash of the source."""

    environment: tuple[tuple[str, str], ...]
    """Environment variables of the build, in plain text; none is secret."""

    log_group_name: str
    """Where the build logs."""

    encryption_key_alias: str
    """ARN of the key's alias, for the build's own artefacts."""

    timeout_minutes: int
    """Longest build."""

    build_image: str
    """Image that the build runs in."""

    compute_type: str
    """Size of the machine that builds."""

    exceptions: tuple[CheckException, ...]
    """Rules of static checkers that it does not follow on purpose."""

    source_prefix: str | None = None
    """Prefix of the source's key in the artifact bucket, where its arrival starts the build. ``None``:
    the source is an asset of CDK's, and the completion of the stack starts the build."""


def buildspec(dockerfile: str) -> str:
    """Return the commands that build and push an image, as canonical JSON.

    The tag is the hash of the source, so that a build of known source ends before it starts.
    """
    registry = '"${REPOSITORY_URI%%/*}"'
    login = f"aws ecr get-login-password | docker login --username AWS --password-stdin {registry}"
    known = (
        'aws ecr describe-images --repository-name "$REPOSITORY_NAME"'
        ' --image-ids imageTag="$IMAGE_TAG" >/dev/null 2>&1'
    )
    image = '"$REPOSITORY_URI:$IMAGE_TAG"'
    build = f'docker build --file "{dockerfile}" --tag {image} . && docker push {image}'
    return json.dumps(
        {
            "version": "0.2",
            "phases": {
                "pre_build": {"commands": [login]},
                "build": {"commands": [f"{known} || ({build})"]},
            },
        },
        sort_keys=True,
    )


def plan_image_build(
    *,
    image: str,
    place: Place,
    project: str,
    context: str,
    dockerfile: str,
    repository_name: str,
    repository_uri: str,
    role: RolePlan,
    trigger_role: RolePlan,
    stack_name: str,
    log_group_name: str,
    encryption_key_alias: str,
    source_bucket: str | None = None,
    source_prefix: str | None = None,
    id: str = "Build",
) -> ImageBuildPlan:
    """Decide the build of one image.

    Args:
        image: Name of the image in the spec.
        place: Account and region of the build.
        project: Name of the groundplan project.
        context: Directory of the build context, relative to the spec.
        dockerfile: File within the context.
        repository_name: Repository that receives the image.
        repository_uri: Its registry and name.
        role: Role of the build.
        trigger_role: Role by which EventBridge starts the build.
        stack_name: Stack whose completion starts the build, unless its source does.
        log_group_name: Where the build logs.
        encryption_key_alias: ARN of the key's alias.
        source_bucket: Bucket of the source, which tells EventBridge of what arrives. Default: the
            source is an asset of CDK's.
        source_prefix: Prefix of the source's key; given with ``source_bucket``, and ends with a slash.
        id: Id of the unit within its stack.
    """
    project_name = name("codebuild-project", project, "image", image)
    return ImageBuildPlan(
        id=id,
        name=project_name,
        arn=place.arn("codebuild", f"project/{project_name}"),
        context=context,
        repository_uri=repository_uri,
        role=role,
        trigger_role=trigger_role,
        rule_name=name("rule", project, "build", image),
        event_pattern=_completed(place, stack_name)
        if source_bucket is None or source_prefix is None
        else _arrived(place, source_bucket, source_prefix),
        buildspec=buildspec(dockerfile),
        environment=(
            ("REPOSITORY_NAME", repository_name),
            ("REPOSITORY_URI", repository_uri),
        ),
        log_group_name=log_group_name,
        encryption_key_alias=encryption_key_alias,
        timeout_minutes=BUILD_TIMEOUT_MINUTES,
        build_image=BUILD_IMAGE,
        compute_type=BUILD_COMPUTE,
        exceptions=accept(
            BUILD_FROM_S3,
            *in_packs("CodeBuildProjectSourceRepoUrl", "HIPAA.Security", "PCI.DSS.321"),
        ),
        source_prefix=source_prefix,
    )


def _completed(place: Place, stack_name: str) -> Json:
    return {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "account": [place.account],
        "detail": {
            "stack-id": [{"prefix": place.arn("cloudformation", f"stack/{stack_name}/")}],
            "status-details": {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]},
        },
    }


def _arrived(place: Place, bucket: str, prefix: str) -> Json:
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "account": [place.account],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
    }
