"""States that watch alarms for a while."""

from groundplan.pipelines.step_functions.jsonata import code, expression
from groundplan.pipelines.step_functions.polling import MAX_POLLS, named_error
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import Bake

ALARMED = "AlarmInBake"
MISSING = "AlarmMissing"
MAX_ALARMS = 100  # of one DescribeAlarms


def bake(step: Bake, scope: Scope) -> States:
    """Looks at the alarms at once, then after each interval until the time is over."""
    name, own = words(step), f"${step.id}"
    seconds = f"$number({expression(step.seconds)})"
    every = f"$max([{step.poll_seconds}, $ceil({seconds} / {MAX_POLLS})])"
    alarms = "$append([], $append($states.result.MetricAlarms, $states.result.CompositeAlarms))"
    names = f"$split({expression(step.alarm_names)}, ',')"
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(
                step,
                left=code(seconds),
                every=code(every),
                names=code(f"{expression(step.alarm_names)} = '' ? [] : {names}"),
                on="",
                missing="",
            ),
            "Next": f"{name} which",
        },
        f"{name} which": {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"$count({own}.names) = 0"), "Next": f"{name} rest"}],
            "Default": f"{name} look",
        },
        f"{name} look": api_task(
            step,
            scope,
            "aws-sdk:cloudwatch:describeAlarms",
            {
                "AlarmNames": code(f"[{own}.names]"),
                "AlarmTypes": ["CompositeAlarm", "MetricAlarm"],
                "MaxRecords": MAX_ALARMS,
            },
            f"{name} decide",
            Assign=merged(
                step,
                {
                    "on": f"$join([{alarms}[StateValue = 'ALARM'].AlarmName], ', ')",
                    "missing": f"($seen := [{alarms}.AlarmName]; "
                    f"$join([{own}.names[$not($ in $seen)]], ', '))",
                },
            ),
        ),
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.on != ''"),
                    "Output": {"Error": ALARMED, "Cause": code(f"'in alarm: ' & {own}.on")},
                    "Next": failed(step, scope),
                },
                {
                    "Condition": code(f"{own}.missing != ''"),
                    "Output": {"Error": MISSING, "Cause": code(f"'no alarm: ' & {own}.missing")},
                    "Next": failed(step, scope),
                },
            ],
            "Default": f"{name} rest",
        },
        f"{name} rest": {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"{own}.left <= 0"), "Next": scope.following}],
            "Default": f"{name} wait",
        },
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": code(f"$min([{own}.every, {own}.left])"),
            "Assign": merged(step, {"left": f"{own}.left - {own}.every"}),
            "Next": f"{name} which",
        },
        **failure(step, scope, named_error(step, ALARMED, MISSING)),
    }
