"""Spec of the rules that hold for everything in the project."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    ADMINISTRATOR,
    BOUNDARY,
    AccountKey,
    Flag,
    NotBuilt,
    SpecModel,
)
from groundplan.blueprints.spec.environment import Region

Origin = Literal["create", "existing"]
Boundary = Annotated[str, Field(pattern=BOUNDARY)]
Administrator = Annotated[str, Field(pattern=ADMINISTRATOR, max_length=512)]
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

    analyzer: Origin | None = None
    """The analyser of access from outside. Default: as for all accounts."""


class OncePerAccountSpec(SpecModel):
    """Who made what an account has only once: ``create`` in stage 0, or ``existing`` before it."""

    oidc_provider: Origin = "create"
    """The CI system's identity provider. Default: ``create``."""

    log_groups: Origin = "create"
    """The log groups of SageMaker's jobs. Default: ``create``."""

    analyzer: Origin = "create"
    """The analyser that reports access from outside the account, of which a region has one. Default:
    ``create``."""

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

    audit_trail: Literal["production", "all", "none"] = "production"
    """Which accounts have a trail of who did what, down to single objects of data, and alarms on it:
    those with a production environment or, where there is one, with datasets; all; or none. Default:
    ``production``."""

    service_control_policies: Flag | None = None
    """Whether ``groundplan bootstrap`` writes service control policies for the project's accounts, which
    the organisation's management account deploys. Default: if ``organization_id`` is given."""

    administrators: (
        Annotated[tuple[Administrator, ...], Field(min_length=1, max_length=10)] | None
    ) = None
    """Roles that deploy stage 0 and may read its trail, as ARNs in which ``*`` stands for anything;
    service control policies let nobody else change it. Default: the role that Organizations makes in
    new accounts, and the permission set ``AdministratorAccess`` of IAM Identity Center."""

    regulatory: Annotated[
        tuple[Literal["nist_800_53_r5", "hipaa", "pci_dss"], ...], NotBuilt()
    ] = ()
    """Frameworks whose controls must hold. Default: none."""
