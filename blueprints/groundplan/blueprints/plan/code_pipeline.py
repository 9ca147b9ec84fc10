"""Decides a pipeline of CodePipeline: a repository's branch, builds in stages, approvals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.exceptions import CheckException
from groundplan.blueprints.plan.image_build import BUILD_IMAGE
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan

Trigger = Literal["push", "pull_request"]
ExecutionMode = Literal["QUEUED", "SUPERSEDED", "PARALLEL"]
Provider = Literal["github", "gitlab", "bitbucket"]
PROVIDER_TYPES: Mapping[Provider, str] = {
    "bitbucket": "Bitbucket",
    "github": "GitHub",
    "gitlab": "GitLab",
}
"""Providers as CodeConnections calls them."""
SOURCE = "Source"
"""Name of the first stage, of its action, and of the artefact that it makes."""
PULL_REQUEST_EVENTS = ("OPEN", "UPDATED")
"""Events of a pull request that start a pipeline."""
SOURCE_PROVIDER = "CodeStarSourceConnection"
"""What CodePipeline calls a source by way of CodeConnections."""
COMPUTE = "BUILD_GENERAL1_MEDIUM"
"""Size of a build: 4 CPUs, 8 GB."""
TIMEOUT_MINUTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPlan:
    """A connection to where repositories are; somebody completes it once in the console."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    provider: Provider
    """Where the repositories are."""

    @property
    def arn(self) -> Ref:
        """ARN of the connection, which AWS assigns."""
        return Ref(self.id, "arn")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildProjectPlan:
    """A CodeBuild project that runs a build file of the repository on what the pipeline has read."""

    id: str
    """Id of the unit within its pipeline, and name of its action."""

    name: str
    """Physical name of the project."""

    arn: str
    """ARN of the project."""

    description: str
    """What the build does."""

    buildspec: str
    """Path of the build file in the repository."""

    role: RolePlan
    """Role of the build."""

    environment: tuple[tuple[str, str], ...]
    """Environment variables, in plain text; none is secret."""

    log_group_name: str
    """Where the build logs."""

    encryption_key_alias: str
    """ARN of the key's alias."""

    timeout_minutes: int
    """Longest build."""

    build_image: str
    """Image that the build runs in."""

    compute_type: str
    """Size of the machine that builds."""

    exceptions: tuple[CheckException, ...] = ()
    """Rules of static checkers that it does not follow on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPlan:
    """One action of a stage."""

    name: str
    """Name within the stage."""

    category: Literal["Source", "Build", "Approval"]
    """Kind of the action."""

    provider: str
    """What carries it out; all are AWS's own, version 1."""

    run_order: int
    """Order within the stage, from 1 on."""

    configuration: Mapping[str, str | Ref]
    """What the provider is told."""

    inputs: tuple[str, ...] = ()
    """Artefacts that it reads."""

    outputs: tuple[str, ...] = ()
    """Artefacts that it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStagePlan:
    """One stage: its actions run in their order, and all of them before the next stage."""

    name: str
    """Name within the pipeline."""

    actions: tuple[ActionPlan, ...]
    """Actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """What a stage of a pipeline is to do, before it is one."""

    name: str
    """Name of the stage."""

    builds: tuple[BuildProjectPlan, ...]
    """Builds, side by side."""

    approval: str | None = None
    """What somebody is asked to approve before the builds. ``None``: nobody is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePipelinePlan:
    """A pipeline of type V2 that a push or a pull request starts."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the pipeline."""

    role: RolePlan
    """Role of the pipeline itself; builds have their own."""

    trigger: Trigger
    """What starts the pipeline."""

    branch: str
    """Branch that is pushed to, or that a pull request is to be merged into."""

    execution_mode: ExecutionMode
    """What happens to an execution while another one runs."""

    variables: tuple[tuple[str, str], ...]
    """Variables that who starts it by hand may set, and their defaults."""

    stages: tuple[PipelineStagePlan, ...]
    """Stages, the source first."""

    builds: tuple[BuildProjectPlan, ...]
    """Projects that its actions run."""

    bucket: str
    """Bucket of its artefacts."""

    encryption_key_alias: str
    """ARN of the alias of the artefacts' key."""

    connection: ConnectionPlan | None
    """Connection that is made with the pipeline; ``None``: it exists, or another unit makes it."""

    exceptions: tuple[CheckException, ...] = ()
    """Rules of static checkers that it does not follow on purpose."""


def plan_build_project(
    *,
    id: str,
    name: str,
    place: Place,
    description: str,
    buildspec: str,
    role: RolePlan,
    log_group_name: str,
    encryption_key_alias: str,
    environment: Mapping[str, str] | None = None,
    timeout_minutes: int = TIMEOUT_MINUTES,
    build_image: str = BUILD_IMAGE,
    compute_type: str = COMPUTE,
) -> BuildProjectPlan:
    """Decide a build of what a pipeline has read.

    Args:
        id: Id of the unit within its pipeline, and name of its action.
        name: Physical name.
        place: Account and region.
        description: What the build does.
        buildspec: Path of the build file in the repository.
        role: Role of the build.
        log_group_name: Where the build logs.
        encryption_key_alias: ARN of the key's alias.
        environment: Environment variables, none of them secret. Default: none.
        timeout_minutes: Longest build.
        build_image: Image that the build runs in.
        compute_type: Size of the machine that builds.
    """
    return BuildProjectPlan(
        id=id,
        name=name,
        arn=place.arn("codebuild", f"project/{name}"),
        description=description,
        buildspec=buildspec,
        role=role,
        environment=tuple(sorted((environment or {}).items())),
        log_group_name=log_group_name,
        encryption_key_alias=encryption_key_alias,
        timeout_minutes=timeout_minutes,
        build_image=build_image,
        compute_type=compute_type,
    )


def plan_code_pipeline(
    *,
    id: str = "Pipeline",
    name: str,
    place: Place,
    role: RolePlan,
    repository: str,
    branch: str,
    connection: ConnectionPlan | Ref | str,
    steps: Sequence[StepPlan],
    bucket: str,
    encryption_key_alias: str,
    trigger: Trigger = "push",
    execution_mode: ExecutionMode = "SUPERSEDED",
    topic_arn: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> CodePipelinePlan:
    """Decide a pipeline.

    Args:
        id: Id of the unit within its stack.
        name: Physical name.
        place: Account and region.
        role: Role of the pipeline.
        repository: Repository, as ``owner/name``.
        branch: Branch that is pushed to, or merged into.
        connection: Connection that is made with the pipeline, or the ARN of another one.
        steps: Stages after the source.
        bucket: Bucket of its artefacts.
        encryption_key_alias: ARN of the alias of their key, in the account of the pipeline.
        trigger: ``push``, or ``pull_request`` for those into ``branch``.
        execution_mode: ``SUPERSEDED``: a newer execution overtakes one that waits between stages.
        topic_arn: Topic that is told when somebody is asked to approve. Default: none.
        variables: Variables that builds receive under the same name, and their defaults, none of them
            empty. Default: none.
    """
    made = connection if isinstance(connection, ConnectionPlan) else None
    given = dict(variables or {})
    source = ActionPlan(
        name=SOURCE,
        category="Source",
        provider=SOURCE_PROVIDER,
        run_order=1,
        configuration={
            "BranchName": branch,
            "ConnectionArn": connection.arn
            if isinstance(connection, ConnectionPlan)
            else connection,
            "DetectChanges": "false",  # the trigger does, and it knows pull requests
            "FullRepositoryId": repository,
            "OutputArtifactFormat": "CODE_ZIP",
        },
        outputs=(SOURCE,),
    )
    return CodePipelinePlan(
        id=id,
        name=name,
        arn=place.arn("codepipeline", name),
        role=role,
        trigger=trigger,
        branch=branch,
        execution_mode=execution_mode,
        variables=tuple(sorted(given.items())),
        stages=(
            PipelineStagePlan(name=SOURCE, actions=(source,)),
            *(_stage(step, topic_arn, sorted(given)) for step in steps),
        ),
        builds=tuple(build for step in steps for build in step.builds),
        bucket=bucket,
        encryption_key_alias=encryption_key_alias,
        connection=made,
    )


def _stage(step: StepPlan, topic_arn: str | None, variables: Sequence[str]) -> PipelineStagePlan:
    actions: list[ActionPlan] = []
    if step.approval is not None:
        told = {"NotificationArn": topic_arn} if topic_arn is not None else {}
        actions.append(
            ActionPlan(
                name="Approve",
                category="Approval",
                provider="Manual",
                run_order=1,
                configuration={"CustomData": step.approval, **told},
            )
        )
    passed = [
        {"name": item, "type": "PLAINTEXT", "value": f"#{{variables.{item}}}"} for item in variables
    ]
    actions += [
        ActionPlan(
            name=build.id,
            category="Build",
            provider="CodeBuild",
            run_order=2 if step.approval is not None else 1,
            configuration={
                "ProjectName": build.name,
                **({"EnvironmentVariables": json.dumps(passed, sort_keys=True)} if passed else {}),
            },
            inputs=(SOURCE,),
        )
        for build in step.builds
    ]
    return PipelineStagePlan(name=step.name, actions=tuple(actions))
