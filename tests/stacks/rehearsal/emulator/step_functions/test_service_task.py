import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

SDK = "arn:aws:states:::aws-sdk:"


def _task(resource: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": resource, "Arguments": arguments}
    return task | ({} if "Next" in more else {"End": True}) | more


def test_body_of_an_object_is_text(world: Any) -> None:
    task = _task(
        f"{SDK}s3:getObject",
        {"Bucket": "documents", "Key": "a.json"},
        Output="{% $states.result %}",
    )

    output = world.run({"A": task})["output"]

    assert json.loads(output["Body"]) == {"rows": [1, 2]}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", output["LastModified"])


def test_calls_run_in_the_state_machines_account(world: Any) -> None:
    states = {
        "Put": _task(
            f"{SDK}ssm:putParameter",
            {"Name": "/mine", "Value": "1", "Type": "String"},
            Next="Get",
        ),
        "Get": _task(f"{SDK}ssm:getParameter", {"Name": "/mine"}),
    }

    output = world.run(states, account="333333333333")["output"]

    assert output["Parameter"]["ARN"] == "arn:aws:ssm:eu-west-1:333333333333:parameter/mine"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        world.client("ssm").get_parameter(Name="/mine")


def test_credentials_name_another_account(world: Any) -> None:
    world.client("ssm", "333333333333").put_parameter(Name="/theirs", Value="2", Type="String")
    task = _task(
        f"{SDK}ssm:getParameter",
        {"Name": "/theirs"},
        Credentials={"RoleArn": "arn:aws:iam::333333333333:role/reader"},
    )

    assert world.run({"A": task})["output"]["Parameter"]["Value"] == "2"


def test_optimised_calls_of_moto_run_in_the_account_too(world: Any) -> None:
    topic = world.client("sns").create_topic(Name="news")["TopicArn"]
    task = _task("arn:aws:states:::sns:publish", {"TopicArn": topic, "Message": "done"})

    assert world.run({"A": task})["output"]["MessageId"]


def test_members_of_lower_case_apis_are_capitalised(world: Any) -> None:
    world.client("ecr").create_repository(repositoryName="models")
    task = _task(f"{SDK}ecr:describeRepositories", {"RepositoryNames": ["models"]})

    found = world.run({"A": task})["output"]["Repositories"][0]

    assert found["RepositoryName"] == "models"
    assert found["RepositoryArn"].endswith(":222222222222:repository/models")


def test_images_of_another_registry_are_described(world: Any) -> None:
    registry = world.client("ecr", "333333333333")
    registry.create_repository(repositoryName="theirs")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    registry.put_image(repositoryName="theirs", imageManifest=json.dumps(manifest), imageTag="v1")
    task = _task(
        f"{SDK}ecr:describeImages",
        {
            "RegistryId": "333333333333",
            "RepositoryName": "theirs",
            "Filter": {"TagStatus": "TAGGED"},
        },
    )

    images = world.run({"A": task})["output"]["ImageDetails"]

    assert images[0]["ImageTags"] == ["v1"]
    assert images[0]["ImageDigest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("resource", "arguments", "error"),
    [
        ("s3:getObject", {"Bucket": "documents", "Key": "none"}, "S3.NoSuchKeyException"),
        ("ssm:getParameter", {"Name": "/none"}, "Ssm.ParameterNotFoundException"),
        (
            "ecr:describeImages",
            {"RepositoryName": "none"},
            "Ecr.RepositoryNotFoundException",
        ),
        (
            "sagemaker:describeTrainingJob",
            {"TrainingJobName": "none"},
            "SageMaker.SageMakerException",
        ),
    ],
)
def test_errors_have_the_sdks_names(
    world: Any, resource: str, arguments: dict[str, Any], error: str
) -> None:
    task = _task(f"{SDK}{resource}", arguments)
    caught = task | {"Catch": [{"ErrorEquals": [error], "Next": "Caught"}]}
    states = {"A": caught, "Caught": {"Type": "Succeed", "Output": "caught"}}

    assert world.run({"A": task})["error"] == error
    assert world.run(states)["output"] == "caught"


def test_throttling_of_the_optimised_call_has_its_own_name(world: Any) -> None:
    world.emulator.faults.throttle["CreateProcessingJob"] = 1
    request = {
        "ProcessingJobName": "x",
        "RoleArn": "arn:aws:iam::222222222222:role/none-of-them",
        "AppSpecification": {"ImageUri": "i"},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    }

    failed = world.run({"A": _task("arn:aws:states:::sagemaker:createProcessingJob", request)})

    assert failed["error"] == "SageMaker.AmazonSageMakerException"
    assert "Rate exceeded" in failed["cause"]
    assert "Error Code: ThrottlingException" in failed["cause"]


def test_retry_counts_itself(world: Any) -> None:
    task = _task(
        f"{SDK}s3:getObject",
        {"Bucket": "documents", "Key": "{% 'none-' & $states.context.State.RetryCount %}"},
        Retry=[
            {"ErrorEquals": ["S3.NoSuchKeyException"], "IntervalSeconds": 300, "MaxAttempts": 3}
        ],
    )
    world.client("s3").put_object(Bucket="documents", Key="none-2", Body=b"found")

    assert world.run({"A": task})["output"]["Body"] == "found"


def test_catch_has_the_error_and_the_input(world: Any) -> None:
    task = _task(
        f"{SDK}s3:getObject",
        {"Bucket": "documents", "Key": "none"},
        Catch=[
            {
                "ErrorEquals": ["States.TaskFailed"],
                "Next": "B",
                "Assign": {"name": "{% $states.errorOutput.Error %}"},
                "Output": "{% {'was': $states.input.a} %}",
            }
        ],
    )
    after = {"Type": "Pass", "Output": "{% [$name, $states.input.was] %}", "End": True}

    assert world.run({"A": task, "B": after}, {"a": 5})["output"] == ["S3.NoSuchKeyException", 5]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"bucket": "documents", "Key": "a"}, "The field 'bucket' is not supported"),
        ({"Bucket": "documents", "Keys": "a"}, "The field 'Keys' is not supported"),
        ({"Bucket": "documents"}, "Missing required parameter"),
        ({"Bucket": "documents", "Key": 5}, "Invalid type for parameter Key"),
    ],
)
def test_fails_at_run_time_on_wrong_arguments(
    world: Any, arguments: dict[str, Any], cause: str
) -> None:
    task = _task(
        f"{SDK}s3:getObject",
        arguments,
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}],
    )

    failed = world.run({"A": task, "B": {"Type": "Succeed"}})

    assert failed["error"] == "States.Runtime"
    assert cause in failed["cause"]


@pytest.mark.parametrize(
    ("resource", "problem"),
    [
        (f"{SDK}s3:fetchObject", "The service 's3' has no API action 'fetchObject'"),
        (f"{SDK}s4:getObject", "Unknown service"),
        (f"{SDK}s3:getObject.sync", "aws-sdk:getObject.sync is not emulated"),
        (
            "arn:aws:states:::sagemaker:createLabelingJob.sync",
            "sagemaker:createLabelingJob.sync is not emulated",
        ),
    ],
)
def test_fails_to_create_an_integration_that_does_not_exist(
    world: Any, resource: str, problem: str
) -> None:
    with pytest.raises(ClientError) as caught:
        world.machine({"A": _task(resource, {})})

    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    assert problem in caught.value.response["Error"]["Message"]


def test_fails_to_create_a_transition_to_nowhere(world: Any) -> None:
    inner = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "Y"}}}
    states = {
        "A": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "B"}], "Default": "M"},
        "M": {"Type": "Map", "Items": [1], "ItemProcessor": inner, "End": True},
    }

    with pytest.raises(ClientError) as caught:
        world.machine(states)

    message = caught.value.response["Error"]["Message"]
    assert "no state 'B' at /States/A/1/Next" in message
    assert "no state 'Y' at /States/M/0/States/X/0/Next" in message
