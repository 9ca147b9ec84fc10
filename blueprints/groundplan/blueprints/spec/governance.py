"""Spec of the rules that hold for everything in the project."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import BOUNDARY, AccountKey, NotBuilt, SpecModel
from groundplan.blueprints.spec.environment import Region

Origin = Literal["create", "existing"]
Boundary = Annotated[str, Field(pattern=BOUNDARY)]
TagKey = Annotated[str, Field(min_length=1, max_length=128)]
TagValue = Annotated[str, Field(max_length=256)]
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip


class AccountOrigins(SpecModel):
    """Who made what an account has only once, for one account."""

    oidc_provider: Origin | None = None
    """The CI system's identity provider. Default: as for all accounts."""

    log_groups: Origin | None = None
    """The log groups of SageMaker's jobs. Default: as for all accounts."""


class OncePerAccountSpec(SpecModel):
    """Who made what an account has only once: ``create`` in stage 0, or ``existing`` before it."""

    oidc_provider: Origin = "create"
    """The CI system's identity provider. Default: ``create``."""

    log_groups: Origin = "create"
    """The log groups of SageMaker's jobs. Default: ``create``."""

    accounts: dict[AccountKey, AccountOrigins] = Field(default_factory=dict)
    """What differs, by key of ``accounts``. Default: nothing."""


class GovernanceSpec(SpecModel):
    """Rules that hold for everything in the project."""

    allowed_regions: Annotated[tuple[Region, ...], Field(min_length=1)] | None = None
    """Regions that may be used at all. Default: those of the environments."""

    permissions_boundary: Boundary = "managed"
    """Boundary of every role: ``managed``, or the ARN of a policy, with ``*`` for an account id where
    every account has one of that name. Default: ``managed``, made in stage 0."""

    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(default_factory=dict)
    """Tags of every resource. Default: only groundplan's own."""

    log_retention_days: RetentionDays = 365
    """Days that logs are kept. Default: 365."""

    once_per_account: OncePerAccountSpec = Field(default_factory=OncePerAccountSpec)
    """Who made what an account has only once. Default: stage 0 makes it."""

    regulatory: Annotated[
        tuple[Literal["nist_800_53_r5", "hipaa", "pci_dss"], ...], NotBuilt()
    ] = ()
    """Frameworks whose controls must hold. Default: none."""
