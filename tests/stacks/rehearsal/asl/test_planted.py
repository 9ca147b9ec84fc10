"""Each mistake that a definition may have is planted, and found."""

import copy
import json
from typing import Any

import pytest

from groundplan.stacks.rehearsal.asl import check_definition

CATCH = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Failed"}]
RETRY = [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}]


def _task(resource: str, arguments: Any, following: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": arguments,
        "TimeoutSeconds": 60,
        "Retry": RETRY,
        "Catch": CATCH,
        "Next": following,
        **fields,
    }


GOOD: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Begin",
    "TimeoutSeconds": 600,
    "States": {
        "Begin": {"Type": "Pass", "Assign": {"found": "no", "job": {}}, "Next": "Wanted"},
        "Wanted": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.wanted = 'yes' %}", "Next": "Look"}],
            "Default": "Tell wanted",
        },
        "Look": _task(
            "aws-sdk:sagemaker:describeTrainingJob",
            {"TrainingJobName": "{% $states.input.name %}"},
            "Tell wanted",
            Assign={
                "found": "yes",
                "job": {"uri": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}"},
            },
        ),
        "Tell wanted": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $found = 'yes' and $exists($job.uri) %}", "Next": "Tell"}
            ],
            "Default": "Done",
        },
        "Tell": _task(
            "sns:publish", {"TopicArn": "${TopicArn}", "Message": "{% $job.uri %}"}, "Done"
        ),
        "Done": {"Type": "Succeed", "Output": {"found": "{% $found %}"}},
        "Failed": {"Type": "Fail", "Error": "{% $states.input.Error %}", "Cause": "of it"},
    },
}


def _problems(*changes: tuple[str, Any]) -> list[str]:
    """What is found after each change: a path with ``/`` and the new value, ``None`` to remove."""
    machine = copy.deepcopy(GOOD)
    for path, value in changes:
        *way, last = path.split("/")
        place: Any = machine["States"]
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return [str(item) for item in check_definition(json.dumps(machine), {"TopicArn"})]


def test_good_definition_has_no_problem() -> None:
    assert _problems() == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            (("Tell/Resource", "arn:aws:states:::sns:publsh"),),
            "Tell: sns:publsh is no optimised integration, only one of the SDK",
            id="misspelt integration",
        ),
        pytest.param(
            (("Look/Resource", "arn:aws:states:::aws-sdk:sagemaker:describeTrainigJob"),),
            "Look: The service 'sagemaker' has no API action 'describeTrainigJob'",
            id="misspelt action",
        ),
        pytest.param(
            (("Look/Resource", "arn:aws:states:::aws-sdk:sagemakr:describeTrainingJob"),),
            "Look: no service sagemakr",
            id="misspelt service",
        ),
        pytest.param(
            (("Look/Resource", "arn:aws:states:::aws-sdk:sagemaker:createTrainingJob.sync"),),
            "Look: sagemaker:createTrainingJob cannot be waited for",
            id="SDK integration that waits",
        ),
        pytest.param(
            (("Tell/Arguments/Mesage", "x"),),
            "Tell: Arguments has no member Mesage",
            id="wrong argument",
        ),
        pytest.param(
            (("Look/Arguments/trainingJobName", "x"),),
            "Look: Arguments has no member trainingJobName",
            id="argument in the API's own case",
        ),
        pytest.param(
            (("Tell/Arguments/Message", None),),
            "Tell: Arguments lacks Message",
            id="required argument missing",
        ),
        pytest.param(
            (("Tell/Arguments/Message", 3),),
            "Tell: Arguments.Message must be a text, got 3",
            id="argument of another type",
        ),
        pytest.param(
            (("Tell/Arguments/Message", "it is {% $job.uri %}"),),
            "Tell: Arguments.Message is not evaluated, since it does not begin and end with its "
            "marks: 'it is {% $job.uri %}'",
            id="JSONata within a text",
        ),
        pytest.param(
            (("Tell/Arguments/TopicArn", "${QueueArn}"),),
            "the placeholder ${QueueArn} has no substitution",
            id="placeholder without a value",
        ),
        pytest.param(
            (("Begin/Assign/found", None),),
            "Done: Output: $found may have no value here",
            id="variable without a value on one path",
        ),
        pytest.param(
            (("Done/Output/found", "{% $fuond %}"),),
            "Done: Output: $fuond may have no value here",
            id="misspelt variable",
        ),
        pytest.param(
            (("Tell wanted/Choices/0/Condition", "{% $found = 'yes' %}"),),
            "Tell: Arguments: $job.uri may have no value here",
            id="member without a value on one path",
        ),
        pytest.param(
            (("Look/Assign/job/uri", "{% $states.result.ModelArtifact %}"),),
            "Look: Assign: $states.result has no member ModelArtifact",
            id="misspelt member of a result",
        ),
        pytest.param(
            (("Look/Assign/job/uri", "{% $states.result.CreationTime.Day %}"),),
            "Look: Assign: $states.result.CreationTime is a timestamp and has no member Day",
            id="member of a result that has none",
        ),
        pytest.param(
            (("Look/Arguments/TrainingJobName", "{% $states.result.TrainingJobName %}"),),
            "Look: Arguments: $states.result is not there",
            id="result before there is one",
        ),
        pytest.param(
            (("Done/Output/found", "{% $states.context.Execution.Nmae %}"),),
            "Done: Output: the context object has no Execution.Nmae",
            id="misspelt context",
        ),
        pytest.param(
            (("Done/Output/found", "{% $lenght($found) %}"),),
            "Done: Output: there is no function $lenght",
            id="misspelt function",
        ),
        pytest.param(
            (("Done/Output/found", "{% $eval('1') %}"),),
            "Done: Output: there is no function $eval",
            id="function that Step Functions refuses",
        ),
        pytest.param(
            (("Tell/Next", "Doen"),),
            "Tell: leads to a state that is not there: Doen",
            id="transition to nowhere",
        ),
        pytest.param(
            (("Begin/Next", "Tell wanted"),), "Look: nothing leads to it", id="unreachable state"
        ),
        pytest.param(
            (("Done", {"Type": "Wait", "Seconds": 1, "Next": "Done"}), ("Tell/Catch", [])),
            "Done: leads to no end",
            id="loop without an end",
        ),
        pytest.param((("Tell/Next", None),), "Tell: needs either an end or a next state", id="end"),
        pytest.param((("Tell/TimeoutSeconds", None),), "Tell: has no TimeoutSeconds", id="timeout"),
        pytest.param((("Tell/Retry", None),), "Tell: has no Retry", id="retry"),
        pytest.param(
            (("Tell/Retry/0/MaxAttempts", 0),), "Tell: has no Retry", id="retry that never retries"
        ),
        pytest.param((("Tell/Catch", None),), "Tell: has no Catch of States.ALL", id="catch"),
    ],
)
def test_mistake_is_found(changes: tuple[tuple[str, Any], ...], problem: str) -> None:
    assert problem in _problems(*changes)


def test_expression_that_does_not_parse_is_found() -> None:
    [problem] = _problems(("Done/Output/found", "{% $found & %}"))

    assert problem.startswith("Done: Output: does not parse: ")


def test_both_ways_behind_one_condition_are_told_apart() -> None:
    """A step that is skipped gives nothing to one that is skipped with it, and that is fine."""
    wanted = {"Condition": "{% $found = 'yes' %}", "Next": "Look"}
    changes = [
        ("Begin/Assign", {"found": "{% $states.input.found %}"}),
        ("Wanted/Choices", [wanted]),
        ("Look/Assign", {"job": {"uri": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}"}}),
        ("Tell wanted/Choices", [{"Condition": "{% $found='yes' %}", "Next": "Tell"}]),
    ]

    assert _problems(*changes) == []
    assert _problems(*changes, ("Tell wanted/Choices/0/Condition", "{% $found = 'no' %}")) == [
        "Tell: Arguments: $job may have no value here"
    ]
    # the condition's variable has another value by then
    assert _problems(
        *changes,
        ("Look/Assign/found", "yes"),
        ("Wanted/Default", "Again"),
        ("Again", {"Type": "Pass", "Assign": {"found": "yes"}, "Next": "Tell wanted"}),
    ) == ["Tell: Arguments: $job may have no value here"]


def test_variables_of_inner_machines_stay_inside() -> None:
    inner = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"inside": "{% $found %}"}, "End": True},
        },
    }
    each = {"Type": "Map", "Items": "{% [1] %}", "ItemProcessor": inner, "Next": "Done"}

    assert _problems(("Tell/Next", "Each"), ("Each", each)) == []
    assert _problems(("Tell/Next", "Each"), ("Each", each), ("Each/Output", "{% $inside %}")) == [
        "Each: Output: $inside may have no value here"
    ]
