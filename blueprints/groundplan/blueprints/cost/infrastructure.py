"""What keys, networks, alarms, logs and storage of one part of a project cost."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import TypeVar

from groundplan.blueprints.cost.collect import Collector
from groundplan.blueprints.cost.lines import HOURS_PER_MONTH
from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    ModelMonitoringPlan,
    ServingStackPlan,
    StagePlan,
)
from groundplan.blueprints.spec import ProjectSpec, StorageSpec

Unit = TypeVar("Unit")
_UNITS = (
    AlarmPlan,
    ContainerRepositoryPlan,
    DataBucketPlan,
    EncryptionKeyPlan,
    ImageBuildPlan,
    LockTablePlan,
    LogGroupPlan,
    MlflowPlan,
    ModelMonitoringPlan,
    NetworkPlan,
)
_FREE = (RolePlan, str)
"""What costs nothing and holds nothing that does; most of a plan."""


class Census:
    """The units of a part of a project that cost something, found in one walk."""

    def __init__(self, stage: StagePlan) -> None:
        """Walk the stacks of ``stage``; alarms of endpoints are counted with these."""
        self._units: dict[type, list[object]] = {kind: [] for kind in _UNITS}
        for stack in stage.stacks:
            for unit in _walk(stack):
                if not (isinstance(unit, AlarmPlan) and isinstance(stack, ServingStackPlan)):
                    self._units[type(unit)].append(unit)

    def units(self, kind: type[Unit]) -> list[Unit]:
        """Return the units of one type."""
        return [unit for unit in self._units[kind] if isinstance(unit, kind)]

    def count(self, kind: type) -> int:
        """Return the number of units of one type."""
        return len(self._units[kind])


def _walk(value: object) -> Iterator[object]:
    if isinstance(value, _FREE):
        return
    if isinstance(value, _UNITS):
        yield value
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _walk(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for member in fields(value):
            yield from _walk(getattr(value, member.name))


def add_infrastructure(bill: Collector, spec: ProjectSpec, stage: StagePlan) -> None:
    """Add what a part of the project costs while nothing runs, and name what has no size."""
    name, place = stage.id, stage.place
    storage = spec.cost.storage if spec.cost is not None else StorageSpec()
    census = Census(stage)
    keys = census.count(EncryptionKeyPlan)
    bill.service(
        name, place, "keys", "key", _words(keys, "KMS key"), "key-month", keys, "kms:key_month"
    )
    for network in census.units(NetworkPlan):
        interfaces = sum(endpoint.kind == "Interface" for endpoint in network.endpoints)
        zones = len(network.subnets)
        bill.service(
            name, place, "interface-endpoints", "network",
            f"{_words(interfaces, 'interface endpoint')} in {_words(zones, 'zone')}",
            "endpoint-hour", interfaces * zones * HOURS_PER_MONTH, "vpc:interface_endpoint_hour",
        )  # fmt: skip
        bill.skip(name, "data through interface endpoints", "the spec does not say how much it is")
    for server in census.units(MlflowPlan):
        if server.kind == "server":
            what = f"the {server.size} MLflow tracking server, billed by the hour while it runs"
            bill.skip(name, what, "its price is not among those that groundplan knows")
        else:
            bill.skip(
                name, "the MLflow app", "it is billed by use, and nothing says how much that is"
            )
    _alarms(bill, stage, census)
    _logs(bill, spec, stage, storage, census)
    _storage(bill, stage, storage, census)
    if census.count(LockTablePlan):
        bill.skip(
            name,
            "requests to the lock table (DynamoDB on demand), events and notifications",
            "some for each release or alarm; they come to cents",
        )


def _alarms(bill: Collector, stage: StagePlan, census: Census) -> None:
    """Add the alarms but those of endpoints, which are counted with them, and drift's metrics."""
    alarms = census.count(AlarmPlan)
    bill.service(
        stage.id, stage.place, "alarms", "alarms", f"{_words(alarms, 'alarm')} on pipelines and drift",
        "alarm-month", alarms, "cloudwatch:alarm_month",
    )  # fmt: skip
    metrics = sum(len(model.drift_alarms.alarms) for model in census.units(ModelMonitoringPlan))
    bill.service(
        stage.id, stage.place, "drift-metrics", "metrics", _words(metrics, "metric of drift"),
        "metric-month", metrics, "cloudwatch:metric_month",
    )  # fmt: skip


def _logs(
    bill: Collector, spec: ProjectSpec, stage: StagePlan, storage: StorageSpec, census: Census
) -> None:
    gib = storage.logs_gib_per_month.get(stage.id)
    if gib is not None:
        bill.service(
            stage.id, stage.place, "logs", "logs", "logs taken in", "GiB",
            Decimal(str(gib)), "logs:ingested_gib",
        )  # fmt: skip
    elif census.count(LogGroupPlan):
        why = "nothing says how much is logged"
        if any(environment.name == stage.id for environment in spec.environments):
            why += f"; say it in cost.storage.logs_gib_per_month.{stage.id}"
        bill.skip(stage.id, "logs", why)


def _storage(bill: Collector, stage: StagePlan, storage: StorageSpec, census: Census) -> None:
    datasets = {
        dataset.name
        for stack in stage.stacks
        if isinstance(stack, DataStateStackPlan)
        for dataset in stack.datasets
    }
    for dataset in sorted(datasets):
        gib = storage.datasets_gib.get(dataset)
        if gib is None:
            bill.skip(
                stage.id,
                f"storage of dataset {dataset}",
                f"nothing says how large it is; say it in cost.storage.datasets_gib.{dataset}",
            )
        else:
            bill.service(
                stage.id, stage.place, f"dataset-{dataset}", "storage", f"dataset {dataset}",
                "GiB-month", Decimal(str(gib)), "s3:standard_gib_month",
            )  # fmt: skip
    if census.count(ContainerRepositoryPlan):
        if storage.images_gib is None:
            bill.skip(
                stage.id,
                "storage of images",
                "nothing says how large they are; say it in cost.storage.images_gib",
            )
        else:
            bill.service(
                stage.id, stage.place, "images", "storage", "images in the registry",
                "GiB-month", Decimal(str(storage.images_gib)), "ecr:gib_month",
            )  # fmt: skip
    if census.count(ImageBuildPlan):
        bill.skip(stage.id, "builds of images", "their time is not known")
    if not datasets and census.count(DataBucketPlan):
        bill.skip(
            stage.id,
            "storage of models, reports and captured data, and requests to S3 and KMS",
            "the spec does not say how much it is",
        )


def _words(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    head, of, rest = noun.partition(" of ")
    return f"{count} {head}s{of}{rest}"
