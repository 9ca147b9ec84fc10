"""Duties of the steps that call nothing."""

from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import Step


def nothing(step: Step, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return no duty: the step is done by the state machine itself."""
    return ()
