"""States that read how a run of Model Monitor ended."""

from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    words,
)
from groundplan.pipelines.steps import MonitoringOutcome

FAILED_ERROR = "MonitoringFailed"
_NOTHING_TO_CHECK = "/no data/i"  # FailureReason is "Job inputs had no data"


def monitoring_outcome(step: MonitoringOutcome, scope: Scope) -> States:
    """Describes the schedule, which holds a summary of its last run."""
    name, own = words(step), f"${step.id}"
    found = (
        "($last := $states.result.LastMonitoringExecutionSummary; "
        "$start := $toMillis($states.context.Execution.StartTime); "
        f"$new := $exists($last) and "
        f"$toMillis($last.ScheduledTime) >= $start - {1000 * step.max_age_seconds}; "
        "$status := $new ? $last.MonitoringExecutionStatus : 'None'; "
        "{'status': $status, 'cause': $string($last.FailureReason) & '', "
        "'finished': $status in ['Completed', 'CompletedWithViolations'] ? 1 : 0, "
        "'data_drift': $status = 'CompletedWithViolations' ? 1 : 0})"
    )
    passes = (
        f"$not({own}.status in ['Failed', 'Stopped']) or "
        f"$contains({own}.cause, {_NOTHING_TO_CHECK})"
    )
    return {
        name: api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeMonitoringSchedule",
            {"MonitoringScheduleName": step.schedule_name},
            f"{name} check",
            Assign={step.id: code(found)},
        ),
        f"{name} check": {
            "Type": "Choice",
            "Choices": [{"Condition": code(passes), "Next": scope.following}],
            "Default": failed(step, scope),
            "Output": {
                "Error": FAILED_ERROR,
                "Cause": code(f"'Model Monitor: ' & {own}.status & ' ' & {own}.cause"),
            },
        },
        **failure(step, scope, FAILED_ERROR),
    }
