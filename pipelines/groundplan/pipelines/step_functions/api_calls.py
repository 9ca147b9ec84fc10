"""What a state machine does in AWS, so that its role can be given exactly that."""

from collections.abc import Iterator

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.step_functions.compiler import definition

# IAM names that differ from the API's.
_RENAMED = {"s3:ListObjectVersions": "s3:ListBucketVersions"}
# A `.sync` task is told of its job's end by a managed EventBridge rule, and stops the job when it is
# stopped itself.
_SYNC = {
    "sagemaker:CreateProcessingJob": (
        "sagemaker:DescribeProcessingJob",
        "sagemaker:StopProcessingJob",
        "events:DescribeRule",
        "events:PutRule",
        "events:PutTargets",
    )
}


def api_calls(pipeline: Pipeline) -> tuple[str, ...]:
    """The IAM actions that the state machine's role needs, sorted.

    ``kms:Decrypt`` stands for reading the reports, which a customer-managed key encrypts.

    Raises:
        KeyError: If a step waits for a job in a way that has no known actions.
    """
    return tuple(sorted({action for task in _tasks(pipeline) for action in _actions(task)}))


def _tasks(pipeline: Pipeline) -> Iterator[dict[str, object]]:
    states = definition(pipeline)["States"]
    yield from (state for state in states.values() if state["Type"] == "Task")


def _actions(task: dict[str, object]) -> Iterator[str]:
    integration = str(task["Resource"]).split(":states:::", 1)[1].removeprefix("aws-sdk:")
    service, call = integration.split(":", 1)
    name, _, pattern = call.partition(".")
    action = f"{service}:{name[:1].upper()}{name[1:]}"
    yield _RENAMED.get(action, action)
    if pattern:
        yield from _SYNC[action]
    arguments = task["Arguments"]
    if isinstance(arguments, dict):
        if "Tags" in arguments:
            yield f"{service}:AddTags"
        if "RoleArn" in arguments:
            yield "iam:PassRole"
    if action == "s3:GetObject":
        yield "kms:Decrypt"
