"""Spec of how the project itself is deployed."""

from typing import Annotated, Literal

from groundplan.blueprints.spec.base import Count, NotBuilt, RepositoryName, SpecModel, Text


class DeliverySpec(SpecModel):
    """The CI system that deploys, and the repository that it trusts."""

    ci: Annotated[Literal["github", "gitlab", "codepipeline"], NotBuilt(built=("github",))] = (
        "github"
    )
    """CI system. Default: ``github``."""

    repository: RepositoryName
    """Repository, as ``owner/name``."""

    branch: Text = "main"
    """Branch that deploys. Default: ``main``."""

    repository_id: Count | None = None
    """Number of the repository, which a renamed one keeps. Default: only its name is checked."""

    owner_id: Count | None = None
    """Number of the repository's owner. Default: only its name is checked."""
