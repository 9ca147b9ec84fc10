"""Prices as dated facts: what an instance-hour or a unit of another service costs, and who says so."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Component = Literal["training", "hosting", "processing", "batch_transform", "asynchronous"]
"""What of SageMaker an instance-hour is billed as; each has prices of its own."""

Payment = Literal["no_upfront", "partial_upfront", "all_upfront"]
"""When a Savings Plan is paid."""

Confidence = Literal["high", "low"]
"""``high`` for AWS's own list or copies of it that agree; ``low`` for one copy, or a rounded one."""

COMPONENTS: tuple[Component, ...] = (
    "training",
    "hosting",
    "processing",
    "batch_transform",
    "asynchronous",
)
"""Every component, in the order in which prices are shown."""

PAYMENTS: tuple[Payment, ...] = ("no_upfront", "partial_upfront", "all_upfront")
"""Every payment option."""

SERVICES = {
    "cloudwatch:alarm_month": "a standard alarm, a month",
    "cloudwatch:metric_month": "a custom metric, a month",
    "dynamodb:read_request_1000000": "a million read request units on demand",
    "dynamodb:stored_gib_month": "a GiB of a standard table, a month",
    "dynamodb:write_request_1000000": "a million write request units on demand",
    "ebs:ml_gp2_gib_month": "a GiB of an endpoint's, a notebook's or a training job's volume, a month",
    "ebs:ml_processing_gib_month": "a GiB of a processing job's volume, a month",
    "ecr:gib_month": "a GiB of images, a month",
    "events:custom_1000000": "a million events put on a custom bus",
    "kms:key_month": "one version of a customer managed key, a month",
    "kms:request_10000": "ten thousand requests to a symmetric key",
    "logs:ingested_gib": "a GiB of logs taken in, standard class",
    "logs:stored_gib_month": "a GiB of compressed logs, a month",
    "s3:request_get_1000": "a thousand GET requests, standard class",
    "s3:request_put_1000": "a thousand PUT, COPY, POST or LIST requests, standard class",
    "s3:standard_gib_month": "a GiB of the standard class within the first 50 TB, a month",
    "sagemaker:endpoint_data_gib": "a GiB into or out of an endpoint",
    "sns:http_1000000": "a million deliveries over HTTP or HTTPS",
    "sns:publish_1000000": "a million publish requests",
    "states:transition": "one state transition of a standard workflow",
    "vpc:interface_endpoint_gib": "a GiB through an interface endpoint within the first PB",
    "vpc:interface_endpoint_hour": "an interface endpoint in one zone, an hour",
}
"""Names of the prices beside instances, and the unit that each is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Price on demand of one instance type, for one component, in one region."""

    instance_type: str
    """Name, such as ``ml.m5.xlarge``."""

    component: Component
    """What it is billed as."""

    region: str
    """Name, such as ``eu-west-1``."""

    usd_per_hour: Decimal
    """USD an instance-hour, exactly as the source says it."""

    source: str
    """Who says so."""

    date: str
    """Day, month or years for which the source says so."""

    confidence: Confidence
    """How far it can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRate:
    """Rate of one instance type under a SageMaker Savings Plan."""

    instance_type: str
    """Name, such as ``ml.m5.xlarge``."""

    component: Component
    """What it is billed as."""

    region: str
    """Name, such as ``eu-west-1``."""

    term_years: Literal[1, 3]
    """Length of the plan."""

    payment: Payment
    """When the plan is paid."""

    usd_per_hour: Decimal
    """USD of commitment that an instance-hour uses up, exactly as the source says it."""

    source: str
    """Who says so."""

    date: str
    """Day, month or years for which the source says so."""

    confidence: Confidence
    """How far it can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePrice:
    """Price of a unit of something that is not an instance."""

    name: str
    """One of ``SERVICES``, such as ``kms:key_month``."""

    region: str
    """Name, such as ``eu-west-1``."""

    usd: Decimal
    """USD for one unit, exactly as the source says it."""

    source: str
    """Who says so."""

    date: str
    """Day, month or years for which the source says so."""

    confidence: Confidence
    """How far it can be trusted."""
