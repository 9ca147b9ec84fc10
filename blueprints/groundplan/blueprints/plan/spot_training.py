"""Decides what managed spot training needs besides its state machine: roles and a ladder.

There is no CloudFormation type for a training job; the states that run it are in the pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.role import RolePlan
from groundplan.pipelines import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotTrainingPlan:
    """The roles of a model's training and processing jobs, and the ladder of its attempts."""

    id: str
    """Id of the unit within its stack."""

    training_role: RolePlan
    """Role of training jobs."""

    processing_role: RolePlan
    """Role of data-quality and evaluation jobs."""

    ladder: tuple[Rung, ...]
    """Instance types and purchase options in the order in which they are tried."""

    checkpoint_uri: str
    """Where checkpoints live, under the run's fingerprint."""

    tracking_role: RolePlan | None = None
    """Role of the job that records runs in MLflow; ``None`` where none does."""


def plan_ladder(
    types: Sequence[str],
    *,
    spot: bool,
    fallback_on_demand: bool,
    spec_path: str = "training.instance",
) -> tuple[Rung, ...]:
    """Return the attempts: each type on spot, at last the first type on demand.

    Args:
        types: Instance types in order of preference.
        spot: Whether spot capacity is used at all.
        fallback_on_demand: Whether the last attempt buys on-demand capacity.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If a type is unknown or cannot train.
    """
    known = instance_types()
    for index, type_name in enumerate(types):
        found = known.get(type_name)
        if found is None or not found.training:
            raise PlanError(
                f"{spec_path}[{index}]",
                "must be an instance type that can train",
                got=type_name,
                fix="choose one with training = yes in the catalogue",
            )

    def rung(type_name: str, on_spot: bool) -> Rung:
        return Rung(
            instance_type=type_name, spot=on_spot, volume_key=not known[type_name].local_nvme
        )

    if not spot:
        return tuple(rung(type_name, False) for type_name in types)
    ladder = [rung(type_name, True) for type_name in types]
    if fallback_on_demand:
        ladder.append(rung(types[0], False))
    return tuple(ladder)
