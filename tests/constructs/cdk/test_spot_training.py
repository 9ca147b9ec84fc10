from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import TrainingStackPlan
from groundplan.constructs.cdk import SpotTraining

pytestmark = pytest.mark.heavy


def test_defines_the_roles_of_its_jobs(
    stack: cdk.Stack,
    churn: Plan,
    resources: Callable[[], dict[str, Any]],
    findings: Callable[[], list[str]],
) -> None:
    [training] = [item for item in churn.stacks() if isinstance(item, TrainingStackPlan)]
    plan = training.models[0].training

    construct = SpotTraining(stack, "Training", plan=plan)

    assert findings() == []
    roles = {
        id: item["Properties"]["RoleName"]
        for id, item in resources().items()
        if item["Type"] == "AWS::IAM::Role"
    }
    assert roles == {
        "TrainingTrainingRole444F28B6": plan.training_role.name,
        "TrainingProcessingRoleDBAEB717": plan.processing_role.name,
    }
    assert construct.plan.ladder[-1].spot is False
