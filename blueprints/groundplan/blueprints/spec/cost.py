"""Spec of what the project may cost."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    AccountKey,
    EnvironmentName,
    Hours,
    Name,
    Number,
    Share,
    SpecModel,
)
from groundplan.blueprints.spec.image import RelativePath

Usd = Annotated[Number, Field(gt=0)]
Saving = Annotated[Number, Field(ge=0, lt=1)]
Gib = Annotated[Number, Field(ge=0)]


class SavingsPlanSpec(SpecModel):
    """Preferences for a SageMaker Savings Plan."""

    term_years: Literal[1, 3] = 1
    """Length of the commitment. Default: 1."""

    payment: Literal["no_upfront", "partial_upfront", "all_upfront"] = "no_upfront"
    """When it is paid. Default: ``no_upfront``."""

    pool: Literal["project", "organization"] = "organization"
    """Whose usage it covers. Default: ``organization``."""

    assumed_discount: Saving | None = None
    """Discount of this term and payment where the rate is not known, from 0 to below 1; what follows
    from it is labelled as assumed. Default: none is assumed."""

    other_sagemaker_usage: Annotated[Number, Field(ge=0)] | None = None
    """Usage elsewhere in the organisation that the commitment covers first, in USD an hour on demand.
    Default: none."""

    commitment_usd_per_hour: Usd | None = None
    """Commitment that was bought. Projects that pool state the same one. Default: none."""

    owner_account: AccountKey | None = None
    """Account that owns the plan, a key of ``accounts``: its usage is covered first. Default:
    ``tooling``."""

    min_utilisation: Share = 0.9
    """Share of the commitment below which unused commitment is worth a warning. Default: 0.9."""

    min_coverage: Share = 0
    """Share of the usage below which usage on demand is worth a warning. Default: 0, never."""


class ModelUsageSpec(SpecModel):
    """How much a model uses, where the rest of the spec only bounds it."""

    training_runs_per_month: Annotated[Number, Field(ge=0, le=10_000)] | None = None
    """Runs that really train, a month of 730 hours. Default: those of the schedule triggers; without
    one, training is not counted and the total says so."""

    training_hours: Hours | None = None
    """Time in which one run, or one job of a tuning, trains. Default: not known, at most
    ``training.max_runtime_hours``."""

    on_demand_share: Share | None = None
    """Share of the training time that finds no spare capacity and runs on demand. Default: 0 with
    ``training.spot``, else 1."""

    evaluation_hours: Hours | None = None
    """Time of the data-quality check and of the evaluation of one run, together. Default: not known,
    at most twice ``evaluation.max_runtime_hours``."""

    monitoring_hours: Hours | None = None
    """Time of one monitoring job. Default: not known, at most ``monitoring.max_runtime_hours``."""

    scoring_hours: Hours | None = None
    """Time of one batch scoring. Default: not known, at most ``serving.max_runtime_hours``."""


class StorageSpec(SpecModel):
    """What is stored and logged, of which the spec does not know the size."""

    datasets_gib: dict[Name, Gib] = Field(default_factory=dict)
    """Size of each dataset with its old versions. Default: not counted."""

    images_gib: Gib | None = None
    """Size of all images in the registry. Default: not counted."""

    logs_gib_per_month: dict[EnvironmentName, Gib] = Field(default_factory=dict)
    """Logs that each environment writes a month. Default: not counted."""


class CostSpec(SpecModel):
    """What the project may cost."""

    prices: RelativePath | None = None
    """File of prices, relative to the spec, as ``groundplan prices import`` writes it; each replaces the
    one that comes with groundplan. Default: only those that come with groundplan."""

    budget_usd_per_month: Usd | None = None
    """Budget of all environments together. Default: none."""

    environment_budgets_usd_per_month: dict[EnvironmentName, Usd] = Field(default_factory=dict)
    """What of it single environments may cost. Default: the account of each other environment may
    cost what is left of the whole."""

    savings_plan: SavingsPlanSpec | None = None
    """Preferences for a Savings Plan. Default: none is considered."""

    assumed_spot_saving: Saving | None = None
    """What spare capacity saves against on demand, from 0 to below 1; what follows from it is
    labelled as assumed. Default: none is assumed, and the price on demand is an upper bound."""

    usage: dict[Name, ModelUsageSpec] = Field(default_factory=dict)
    """How much each model uses. Default: as :class:`ModelUsageSpec` says."""

    storage: StorageSpec = Field(default_factory=StorageSpec)
    """What is stored and logged. Default: as :class:`StorageSpec` says."""
