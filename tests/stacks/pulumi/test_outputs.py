"""What a Pulumi stack exports."""

from collections.abc import Callable

import pytest

from groundplan.stacks.pulumi.recording import Recording


@pytest.mark.parametrize(
    ("part", "kind", "name", "value"),
    [
        ("tooling", "repositories", "churn/churn", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn/churn"),
        ("tooling", "buckets", "churn-data-customers-333333333333", "arn:aws:s3:::churn-data-customers-333333333333"),
        ("prod", "endpoints", "churn-prod-churn", "arn:aws:sagemaker:eu-west-1:333333333333:endpoint/churn-prod-churn"),
        ("prod", "keys", "alias/churn-prod", "arn:aws:kms:eu-west-1:333333333333:alias/churn-prod"),
    ],
)  # fmt: skip
def test_names_and_arns(
    recording_of: Callable[[str, str], Recording], part: str, kind: str, name: str, value: str
) -> None:
    assert recording_of("churn", part).outputs[kind][name] == value


def test_every_role_and_machine_is_exported(
    recording_of: Callable[[str, str], Recording], project: str, part: str
) -> None:
    recording = recording_of(project, part)
    for kind, type in (("roles", "aws:iam/role:Role"), ("stateMachines", "aws:sfn/stateMachine:StateMachine"),
                       ("buckets", "aws:s3/bucket:Bucket"), ("logGroups", "aws:cloudwatch/logGroup:LogGroup")):  # fmt: skip
        made = {
            item.inputs.get("name") or item.inputs["bucket"] for item in recording.of_type(type)
        }
        assert set(recording.outputs.get(kind, {})) == made
