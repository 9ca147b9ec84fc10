"""Spec of what the project may cost."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import Number, Share, SpecModel
from groundplan.blueprints.spec.image import RelativePath

Usd = Annotated[Number, Field(gt=0)]


class SavingsPlanSpec(SpecModel):
    """Preferences for a SageMaker Savings Plan."""

    term_years: Literal[1, 3] = 1
    """Length of the commitment. Default: 1."""

    payment: Literal["no_upfront", "partial_upfront", "all_upfront"] = "no_upfront"
    """When it is paid. Default: ``no_upfront``."""

    pool: Literal["project", "organization"] = "organization"
    """Whose usage it covers. Default: ``organization``."""

    assumed_discount: Share | None = None
    """Discount where the rate is not known, from 0 to 1. Default: none is assumed."""

    other_sagemaker_usage: Annotated[Number, Field(ge=0)] | None = None
    """Usage elsewhere in the organisation that the commitment covers first, in USD an hour.
    Default: none."""

    commitment_usd_per_hour: Usd | None = None
    """Commitment that was bought. Default: none."""


class CostSpec(SpecModel):
    """What the project may cost."""

    prices: RelativePath | None = None
    """File of prices, relative to the spec, as ``groundplan prices import`` writes it; each replaces the
    one that comes with groundplan. Default: only those that come with groundplan."""

    budget_usd_per_month: Usd | None = None
    """Budget of all environments together. Default: none."""

    savings_plan: SavingsPlanSpec | None = None
    """Preferences for a Savings Plan. Default: none is considered."""
