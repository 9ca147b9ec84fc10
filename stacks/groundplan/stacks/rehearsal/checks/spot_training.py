"""Checks the roles of a model's jobs; their ladder is in the state machine."""

from collections.abc import Iterator

from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, below
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED = {
    "checkpoint_uri": "compared as part of the state machine's definition",
    "ladder": "compared as part of the state machine's definition",
}


def check_spot_training(plan: SpotTrainingPlan, account: Account) -> Iterator[Property]:
    """Compare the role of training jobs and that of processing jobs."""
    yield from below("training_role", check_role(plan.training_role, account))
    yield from below("processing_role", check_role(plan.processing_role, account))
