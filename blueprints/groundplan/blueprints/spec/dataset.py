"""Spec of a dataset: who may read it, what it holds, and what must be true of it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from groundplan.blueprints.spec.base import (
    AccountKey,
    Days,
    Email,
    EnvironmentName,
    Flag,
    Name,
    Number,
    RoleArn,
    Scalar,
    Share,
    SpecModel,
    Text,
    mistake,
)


def _regular_expression(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise mistake("must be a regular expression of Python", "correct or escape it") from exc
    return value


RegularExpression = Annotated[
    str, Field(min_length=1, max_length=1000), AfterValidator(_regular_expression)
]
ColumnType = Literal["string", "integer", "float", "boolean", "timestamp"]


class RetentionSpec(SpecModel):
    """How long objects are kept, and where."""

    noncurrent_days: Days = 90
    """Days that a replaced or deleted object is kept. Default: 90."""

    archive_after_days: Days | None = None
    """Age at which objects move to an archive storage class. Default: they never do."""


class FeatureSpec(SpecModel):
    """Documentation of one column."""

    name: Text
    """Name of the column."""

    owner: Email | None = None
    """Who answers for it. Default: the dataset's owner."""

    description: Text | None = None
    """What it means. Default: none."""

    type: ColumnType | None = None
    """Type of its values. Default: not documented."""


class QualityRule(SpecModel):
    """What must be true of a column before a model is trained on it."""

    column: Text
    """Name of the column; a dataset without it fails."""

    type: ColumnType | None = None
    """Type that every value must have. Default: any."""

    min: Number | None = None
    """Least value. Default: none."""

    max: Number | None = None
    """Greatest value. Default: none."""

    allowed: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=1000)] | None = None
    """The only values allowed. Default: any."""

    pattern: RegularExpression | None = None
    """Regular expression that every value must match as a whole. Default: any."""

    max_missing: Share | None = None
    """Greatest share of missing values, from 0 to 1. Default: any share."""

    unique: Flag = False
    """Whether no value may occur twice. Default: it may."""

    max_age_hours: Annotated[Number, Field(gt=0)] | None = None
    """Greatest age of the newest value, a timestamp. Default: any age."""


class DatasetSpec(SpecModel):
    """A dataset and the bucket that keeps it."""

    name: Name
    """Stable name; part of the bucket's name, so renaming it makes a new bucket."""

    account: AccountKey = "data"
    """Account that keeps it, a key of ``accounts``. Default: ``data``."""

    classification: Literal["public", "internal", "confidential", "restricted"] = "confidential"
    """How sensitive it is. Default: ``confidential``."""

    owner: Email | None = None
    """Who answers for it. Default: the project's owner."""

    description: Text | None = None
    """What it holds. Default: none."""

    versioning: Literal["s3", "dvc"] = "s3"
    """What identifies a version of it. Default: ``s3``, the bucket's object versions. With ``dvc`` its
    history is in Git and DVC, and models are trained on released versions only."""

    format: Literal["csv", "jsonl", "parquet", "images"] = "csv"
    """Format of its files. Default: ``csv``."""

    readers: tuple[EnvironmentName, ...] | None = None
    """Environments that may read it. Default: those that train."""

    writers: tuple[RoleArn, ...] = ()
    """ARNs of the roles that bring data in, in any account. Default: nobody may yet."""

    retention: RetentionSpec = Field(default_factory=RetentionSpec)
    """How long objects are kept. Default: as :class:`RetentionSpec` says."""

    features: tuple[FeatureSpec, ...] = ()
    """Its documented columns. Default: none."""

    quality: tuple[QualityRule, ...] = ()
    """Checked before every training; one that fails stops the run. Default: none."""
