"""Steps that register, tell, publish, or call any other API once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import Kind, NumberOutput, ObjectOutput, Text, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterModel(Step):
    """Creates a version in a model package group with its lineage.

    The numbers in ``report.metrics`` become metadata of the version. It is pending approval, or
    approved at once where the project's staging asks nobody.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"model_package_arn": "text"}

    model_package_group_arn: str
    description: str
    image: Text
    artifact_uri: Text
    report: ObjectOutput
    report_uri: Text
    lineage: tuple[tuple[str, Text | NumberOutput], ...]
    content_types: tuple[str, ...]
    response_types: tuple[str, ...]
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall(Step):
    """One call of an AWS API, for what needs no step of its own.

    ``service`` and ``action`` are the SDK's names (``sns``, ``publish``), argument names those of the
    API; ``results`` maps an output to the kind and the member of the response that it is read from.
    Only throttling is retried, unless the call is ``repeatable``: then whatever fails it.
    """

    service: str
    action: str
    arguments: tuple[tuple[str, Value], ...]
    results: tuple[tuple[str, Kind, str], ...] = ()
    repeatable: bool = False

    def outputs(self) -> Mapping[str, Kind]:
        """One output for each entry of ``results``."""
        return {name: kind for name, kind, _ in self.results}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Step):
    """Publishes a message to a topic. ``subject`` has at most 100 characters."""

    topic_arn: str
    subject: str
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitEvent(Step):
    """Puts an event on a bus, of this account or another one."""

    bus_arn: str
    source: str
    detail_type: str
    detail: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number to publish; ``unit`` is CloudWatch's (``Percent``, ``Seconds``, ``None``)."""

    name: str
    value: NumberOutput
    unit: str = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishMetrics(Step):
    """Publishes numbers to CloudWatch, all with the same dimensions.

    ``metrics`` names them one by one; each number in ``report.metrics`` is published under its name
    there, at most 100 of them.
    """

    namespace: str
    dimensions: tuple[tuple[str, str], ...]
    metrics: tuple[Metric, ...] = ()
    report: ObjectOutput | None = None
