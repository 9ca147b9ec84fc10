"""The files that make a directory a Pulumi project: ``Pulumi.yaml``, and one a stack.

They need no engine, so that they can be written where Pulumi is not installed.
"""

import json

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import ServingStackPlan, StagePlan

PROGRAM = '''\
"""The Pulumi program: the part of the project that the stack's configuration names."""

import pulumi

from groundplan.blueprints.errors import GroundplanError
from groundplan.stacks.pulumi import add_project

try:
    add_project()
except GroundplanError as exc:
    raise pulumi.RunError(str(exc)) from None  # Pulumi shows its text without a traceback
'''
"""Text of a ``__main__.py`` beside ``Pulumi.yaml``, for a project of one's own."""

PROFILE_PREFIX = "groundplan-"
"""Beginning of the names of AWS profiles, which end with the account's id."""

_PROJECT = """\
# Pulumi project of {project}: one stack a part, {parts}.
#   pulumi stack init {first} && pulumi up
# Where state is kept is yours to choose: `pulumi login`, or here:
# backend:
#   url: s3://BUCKET?region=REGION
name: {project}
description: {description}
runtime:
  name: python
  options:
    toolchain: pip
"""

_OPTIONS = """\
options:
  # Releases change what is live behind the program's back; what it ignores is taken from the state.
  refresh: always
"""

_VIRTUALENV = """\
    virtualenv: {virtualenv}
"""

_MAIN = """\
main: {main}
"""

_STACK = """\
# {holds}
{secrets}config:
  # Relative to Pulumi.yaml.
  groundplan:spec: {spec}
  groundplan:part: {part}
  # Who deploys: planned (the role that stage 0 made), none (the caller's own credentials), or an ARN.
  groundplan:deploymentRole: {deployment_role}
{profiles}{models}{endpoint}  # Every account has a provider of its own, so nothing is made with whatever credentials are around.
  pulumi:disable-default-providers:
    - aws
"""

_MODEL = """\
  # Model package that the endpoint is made with; none: there is no endpoint yet. Releases change what is
  # live, and this stays as it is.
  {key}: none
"""

_PROFILES = """\
  # It spans accounts, so it begins with a profile of each: {profiles}.
  groundplan:profilePrefix: {prefix}
"""

_ENDPOINT = """\
  # An emulator that stands for every service of AWS. Without this line: AWS.
  groundplan:endpointUrl: {url}
"""


def project_files(
    plan: Plan,
    *,
    spec: str = "groundplan.yaml",
    main: str | None = None,
    virtualenv: str | None = ".venv",
    deployment_role: str = "planned",
    secrets_provider: str | None = None,
    endpoint_url: str | None = None,
) -> dict[str, str]:
    """Return the project file and a stack file for every part of a project, by name.

    The same plan and arguments give the same bytes.

    Args:
        plan: The project.
        spec: File of the spec, relative to the project file.
        main: Program, relative to the project file. Default: ``__main__.py`` beside it, such as
            :data:`PROGRAM`.
        virtualenv: Directory of the virtual environment, relative to the project file; ``pulumi install``
            makes it from ``requirements.txt`` where it is missing. ``None``: the first Python on the
            ``PATH`` runs the program.
        deployment_role: ``planned``, ``none`` or the ARN of a role.
        secrets_provider: What encrypts secrets of a stack, such as ``passphrase`` or
            ``awskms:///alias/NAME?region=REGION``; groundplan's own configuration and resources hold
            none. Default: that of the backend.
        endpoint_url: Address of an emulator. Default: AWS.
    """
    parts = plan.parts()
    names = tuple(parts)
    files = {
        "Pulumi.yaml": _PROJECT.format(
            project=plan.project,
            parts=" and ".join((", ".join(names[:-1]), names[-1])),
            first=names[0],
            description=json.dumps(f"MLOps platform of {plan.project}, made from {spec}"),
        )
        + (_VIRTUALENV.format(virtualenv=virtualenv) if virtualenv is not None else "")
        + (_MAIN.format(main=main) if main is not None else "")
        # an emulator forgets some of what it is told, which is no change
        + (_OPTIONS if endpoint_url is None else "")
    }
    # The roles of CodePipeline's builds are trusted in every account of a part.
    pipeline = any(item.pipeline_deployers for item in plan.stage_0)
    for part, held in parts.items():
        models = [
            f"groundplan:modelVersion.{stack.endpoint.model}"
            for stage in held
            for stack in stage.stacks
            if isinstance(stack, ServingStackPlan)
        ]
        files[f"Pulumi.{part}.yaml"] = _STACK.format(
            holds=_holds(held),
            secrets=f"secretsprovider: {secrets_provider}\n" if secrets_provider else "",
            spec=spec,
            part=part,
            deployment_role=deployment_role,
            profiles=_profiles(held) if endpoint_url is None and not pipeline else "",
            models="".join(_MODEL.format(key=key) for key in models),
            endpoint=_ENDPOINT.format(url=endpoint_url) if endpoint_url else "",
        )
    return files


def _profiles(stages: tuple[StagePlan, ...]) -> str:
    """Say which profiles a part begins with that no credentials of one account can deploy."""
    accounts = dict.fromkeys(stage.place.account for stage in stages)
    if len(accounts) == 1:
        return ""
    return _PROFILES.format(
        prefix=PROFILE_PREFIX,
        profiles=" and ".join(f"{PROFILE_PREFIX}{account}" for account in accounts),
    )


def _holds(stages: tuple[StagePlan, ...]) -> str:
    return "; ".join(
        f"{stage.id} in account {stage.place.account}: "
        + ", ".join(item.stack.id for item in stage.stacks)
        for stage in stages
    )
