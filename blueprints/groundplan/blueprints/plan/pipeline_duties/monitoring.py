"""Duties of the steps that only monitoring has."""

from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import MonitoringOutcome


def monitoring_outcome(step: MonitoringOutcome, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to see how the last run of a schedule ended."""
    return (
        Duty(
            id="SeeMonitoring",
            actions=("sagemaker:DescribeMonitoringSchedule",),
            resources=(facts.place.arn("sagemaker", f"monitoring-schedule/{step.schedule_name}"),),
            reason="Model Monitor's schedule holds how its last run ended",
        ),
    )
