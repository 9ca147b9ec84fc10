"""What a Pulumi stack exports: names and ARNs of what others refer to."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import StagePlan

_EXPORTED: tuple[tuple[str, type[Any], Callable[[Any, StagePlan], tuple[str, str]]], ...] = (
    ("buckets", DataBucketPlan, lambda unit, at: (unit.name, at.place.bucket_arn(unit.name))),
    ("endpoints", EndpointPlan, lambda unit, _: (unit.name, unit.arn)),
    ("eventBuses", EventBusPlan, lambda unit, _: (unit.name, unit.arn)),
    ("keys", EncryptionKeyPlan, lambda unit, _: (unit.alias, unit.alias_arn)),
    ("lockTables", LockTablePlan, lambda unit, _: (unit.name, unit.arn)),
    ("logGroups", LogGroupPlan, lambda unit, _: (unit.name, unit.arn)),
    ("modelPackageGroups", ModelRegistryPlan, lambda unit, _: (unit.name, unit.arn)),
    ("repositories", ContainerRepositoryPlan, lambda unit, _: (unit.name, unit.uri)),
    ("roles", RolePlan, lambda unit, _: (unit.name, unit.arn)),
    ("stateMachines", PipelinePlan, lambda unit, _: (unit.name, unit.arn)),
    ("topics", TopicPlan, lambda unit, _: (unit.name, unit.arn)),
)


def outputs(stages: Iterable[StagePlan]) -> dict[str, dict[str, str]]:
    """Return what a Pulumi stack that holds ``stages`` exports.

    Every kind maps physical names to ARNs, but ``repositories`` to URIs; keys are named by their
    aliases, as in policies. A kind that the stack does not hold is left out. All of it is decided by the
    plan, so that it is known at the first preview and another program may refer to it before it is
    there. An endpoint is listed from the start, though it is made with its first model.
    """
    listed = tuple(stages)
    found = {kind: dict(sorted(_of_kind(listed, of, entry))) for kind, of, entry in _EXPORTED}
    return {kind: names for kind, names in found.items() if names}


def _of_kind(
    stages: Iterable[StagePlan], of: type[Any], entry: Callable[[Any, StagePlan], tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    for stage in stages:
        for unit in every(stage, of):
            yield entry(unit, stage)
