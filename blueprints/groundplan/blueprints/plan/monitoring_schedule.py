"""What Model Monitor checks of an endpoint, and how often."""

from dataclasses import dataclass

from groundplan.blueprints.plan.network import NetworkAttachment

INPUT_PATH = "/opt/ml/processing/input/endpoint"
OUTPUT_PATH = "/opt/ml/processing/output"
ENVIRONMENT = {"publish_cloudwatch_metrics": "Disabled"}
"""The job's own metrics need the name of each column; an execution's status says as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSchedulePlan:
    """A schedule of Model Monitor with a data quality job in it.

    It is in the stack of its endpoint and exists while that serves a model: it is made after the
    endpoint and deleted before it.
    """

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the schedule."""

    endpoint_name: str
    """Endpoint whose captured requests are checked."""

    image_uri: str
    """AWS's pre-built image, in the account that it has in this region."""

    role_arn: str
    """Role of the job."""

    expression: str
    """When it runs, such as ``cron(0 * ? * * *)``; up to 20 minutes later in fact."""

    statistics_uri: str
    """Statistics of the baseline."""

    constraints_uri: str
    """What the requests must keep to."""

    reports_uri: str
    """Where reports go."""

    key_alias_arn: str
    """Key of the reports."""

    instance_type: str
    """Instance type of the job."""

    volume_gib: int
    """Storage volume of the job."""

    volume_key_alias_arn: str | None
    """Key of the storage volume; ``None`` where the type has local NVMe, encrypted in hardware."""

    max_runtime_seconds: int
    """Longest time for the job."""

    network: NetworkAttachment
    """Where the job attaches; its container has no network in any case."""
