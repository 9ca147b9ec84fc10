"""CodeBuild: a project's key and limits, UpdateProject, and projects of a pipeline."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.codebuild import responses
from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

FORGOTTEN = ("autoRetryLimit", "badgeEnabled", "concurrentBuildLimit", "encryptionKey")
"""Members of CreateProject that moto leaves out."""
CHANGEABLE = (
    *FORGOTTEN,
    "artifacts",
    "cache",
    "description",
    "environment",
    "logsConfig",
    "queuedTimeoutInMinutes",
    "serviceRole",
    "source",
    "sourceVersion",
    "tags",
    "timeoutInMinutes",
    "vpcConfig",
)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    create = CodeBuildResponse.create_project

    def create_project(self: Any) -> ActionResult:
        create(self)
        return _set(self, FORGOTTEN)

    def update_project(self: Any) -> ActionResult:
        return _set(self, CHANGEABLE)

    yield CodeBuildResponse, "create_project", create_project
    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        yield responses, name, _placed(getattr(responses, name))
    yield CodeBuildResponse, "update_project", update_project


def _placed(validate: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Return a check that asks for no location where the pipeline says it (ProjectSource, AWS's API)."""

    def check(given: dict[str, Any]) -> None:
        if given.get("type") == "CODEPIPELINE" and "location" not in given:
            return
        validate(given)

    return check


def _set(response: Any, names: tuple[str, ...]) -> ActionResult:
    projects = response.codebuild_backend.codebuild_projects
    name = response._get_param("name")
    if name not in projects:
        raise ResourceNotFoundException(f"Project cannot be found: {name}")
    metadata = projects[name].project_metadata
    given = {key: response._get_param(key) for key in names}
    metadata.update({key: value for key, value in given.items() if value is not None})
    return ActionResult({"project": metadata})
