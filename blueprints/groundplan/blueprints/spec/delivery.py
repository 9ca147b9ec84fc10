"""Spec of how the project itself is deployed."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    CONNECTION,
    HTTPS_ADDRESS,
    Count,
    RepositoryName,
    SpecModel,
    Text,
)

HttpsAddress = Annotated[
    str, Field(pattern=HTTPS_ADDRESS, max_length=255, examples=["https://gitlab.com"])
]
CONNECTION_EXAMPLE = (
    "arn:aws:codeconnections:eu-west-1:111111111111:connection/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
)
Connection = Annotated[
    str,
    Field(
        pattern=CONNECTION,
        examples=[
            "create",
            CONNECTION_EXAMPLE,
        ],
    ),
]
SubjectClaim = Literal["ref_protected", "environment_protected"]


class DeliverySpec(SpecModel):
    """The CI system that deploys, and the repository that it trusts."""

    ci: Literal["github", "gitlab", "codepipeline"] = "github"
    """CI system. ``codepipeline`` is AWS's own, in the tooling account. Default: ``github``."""

    repository: RepositoryName
    """Repository, as ``owner/name``; in GitLab also ``group/subgroup/name``."""

    branch: Text = "main"
    """Branch that deploys. Default: ``main``."""

    repository_id: Count | None = None
    """Number of the repository, which a renamed one keeps; GitHub only. Default: only its name is
    checked."""

    owner_id: Count | None = None
    """Number of the repository's owner; GitHub only. Default: only its name is checked."""

    url: HttpsAddress | None = None
    """Address of a GitLab instance, without a slash at its end; AWS must reach it. Default:
    ``https://gitlab.com``."""

    audience: Text | None = None
    """Audience (``aud``) that GitLab's jobs ask their tokens for. Default: ``url``."""

    subject_claims: Annotated[tuple[SubjectClaim, ...], Field(max_length=2)] = ()
    """What a GitLab project puts into the subject of its tokens after path and branch, in that order
    (``ci_id_token_sub_claim_components``); each must be true to deploy. Default: nothing."""

    connection: Connection | None = None
    """CodePipeline only: what reads the repository. ``create`` makes a connection, which somebody
    completes once in the console; the ARN of one in the tooling account uses that. Default:
    ``create``."""

    provider: Literal["github", "gitlab", "bitbucket"] | None = None
    """CodePipeline only: where the repository of a connection that is made is. Default: ``github``."""
