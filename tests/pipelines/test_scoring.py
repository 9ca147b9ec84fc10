"""The scoring pipeline: what it scores, what it tells, what it leaves and what it tidies up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from groundplan.pipelines import (
    BatchSettings,
    PipelineError,
    ScoringPipelineSettings,
    TransformSettings,
    definition,
    placeholders,
    scoring_pipeline,
)

VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/3"
ROLE = "arn:aws:iam::333333333333:role/groundplan/churn/scoring"
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn/churn@sha256:" + "a" * 64
DEFINITION = "arn:aws:batch:eu-west-1:333333333333:job-definition/churn-prod-churn-1:1"
FOLDER = "predictions/churn/dt=2026-11-21/version=3/"
TRANSFORM = TransformSettings(
    execution_role_arn=ROLE,
    content_type="text/csv",
    instance_type="ml.m5.large",
    instance_count=2,
    volume_key=True,
)
BATCH = BatchSettings(
    job_queue_arn="arn:aws:batch:eu-west-1:333333333333:job-queue/churn-prod-scoring",
    execution_role_arn=f"{ROLE}-start",
    job_role_arn=ROLE,
    vcpus=1,
    memory_mib=2048,
    attempts=3,
    log_group="/groundplan/churn/prod/scoring/churn",
)
SETTINGS = ScoringPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    job_prefix="churn-prod-churn",
    model_package_group_arn=(
        "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn-churn"
    ),
    data_uri="s3://churn-arrivals/score/",
    predictions_uri="s3://churn-prod-work/predictions/churn/",
    key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
    topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
    max_runtime_seconds=3600,
    scoring=TRANSFORM,
    subnet_ids=("${SubnetId0}",),
    security_group_ids=("${SecurityGroupId0}",),
    tags=(("groundplan:project", "churn"),),
)

SURVIVED = ("Score model", "Score clean up")
"""Where a failure costs nothing: the model turns out to be there, or what is left is named."""
UNMADE = ("Score definition",)
"""Where what is tidied up was not made."""

Services = dict[str, Callable[[dict[str, Any]], Any]]


def services(**changes: Any) -> Services:
    """An account with an approved version, two files to score, and no record of them."""
    container = {"Image": IMAGE, "ModelDataUrl": "s3://churn-artifacts/models/churn/model.tar.gz"}
    outputs = [{"Key": f"{FOLDER}{name}.csv.out"} for name in ("one", "two")]
    return {
        "listModelPackages": lambda _: {"ModelPackageSummaryList": [{"ModelPackageArn": VERSION}]},
        "describeModelPackage": lambda _: {"InferenceSpecification": {"Containers": [container]}},
        "listObjectVersions": lambda _: {
            "Versions": [
                {"Key": f"score/{name}.csv", "VersionId": "1", "ETag": "e", "IsLatest": True}
                for name in ("one", "two")
            ],
            "IsTruncated": False,
        },
        "listObjectsV2": lambda given: (
            {"Contents": [*outputs, {"Key": f"{FOLDER}manifest.json"}]}
            if given["Prefix"] == FOLDER
            else {"KeyCount": 0}
        ),
        "createModel": lambda _: {"ModelArn": "arn:model"},
        "createTransformJob": lambda given: {"TransformJobName": given["TransformJobName"]},
        "deleteModel": lambda _: {},
        "registerJobDefinition": lambda _: {"JobDefinitionArn": DEFINITION},
        "submitJob": lambda given: {"JobName": given["JobName"], "Status": "SUCCEEDED"},
        "deregisterJobDefinition": lambda _: {},
        "putObject": lambda _: {},
        "putMetricData": lambda _: {},
        "publish": lambda _: {},
        **changes,
    }


def of(run: Any, action: str) -> list[dict[str, Any]]:
    return [
        arguments
        for integration, arguments in run.calls
        if integration.removesuffix(".sync").rsplit(":", 1)[1] == action
    ]


def machine_of(scoring: TransformSettings | BatchSettings) -> Any:
    return definition(scoring_pipeline(replace(SETTINGS, scoring=scoring)))


@pytest.mark.parametrize("scoring", [TRANSFORM, BATCH], ids=["transform", "batch"])
def test_predictions_say_what_made_them(machine: Any, scoring: Any) -> None:
    run = machine(machine_of(scoring), services())
    output = run.run()

    assert output["manifest_uri"] == f"s3://churn-prod-work/{FOLDER}manifest.json"
    manifest, record = of(run, "putObject")
    assert manifest["Key"] == f"{FOLDER}manifest.json"
    said = manifest["Body"]
    assert (said["model_package_arn"], said["dataset_version"]) == (
        VERSION, output["dataset_version"],
    )  # fmt: skip
    assert (said["objects"], said["predictions"], said["left_behind"]) == (2, 2, "")
    assert said["execution"].endswith(":run-1")
    assert record["Key"].startswith("predictions/churn/scored/")
    [metrics] = of(run, "putMetricData")
    assert metrics["MetricData"][0]["Value"] == 2
    [told] = of(run, "publish")
    assert told["Subject"].endswith(": done")


def test_a_version_is_a_model_for_the_time_of_a_transform_job(machine: Any) -> None:
    run = machine(machine_of(TRANSFORM), services())
    run.run()

    [model], [job], [gone] = (
        of(run, name) for name in ("createModel", "createTransformJob", "deleteModel")
    )
    assert model["Containers"] == [{"ModelPackageName": VERSION}]
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"]["Subnets"] == ["${SubnetId0}"]
    assert job["ModelName"] == model["ModelName"] == gone["ModelName"]
    assert job["TransformOutput"]["S3OutputPath"] == f"s3://churn-prod-work/{FOLDER}"
    assert job["TransformResources"]["VolumeKmsKeyId"] == SETTINGS.key_id


def test_a_type_with_local_disks_gets_no_key_for_volumes(machine: Any) -> None:
    run = machine(machine_of(replace(TRANSFORM, volume_key=False)), services())
    run.run()

    assert "VolumeKmsKeyId" not in of(run, "createTransformJob")[0]["TransformResources"]


def test_a_job_of_aws_batch_runs_the_image_of_the_version_and_can_write_nothing(
    machine: Any,
) -> None:
    run = machine(machine_of(BATCH), services())
    run.run()

    [made], [job], [gone] = (
        of(run, name) for name in ("registerJobDefinition", "submitJob", "deregisterJobDefinition")
    )
    container = made["ContainerProperties"]
    assert container["Image"] == IMAGE
    assert container["ReadonlyRootFilesystem"] is True and "Privileged" not in container
    assert container["NetworkConfiguration"] == {"AssignPublicIp": "DISABLED"}
    assert container["Command"][-4:] == [
        "--input", "s3://churn-arrivals/score/", "--output", f"s3://churn-prod-work/{FOLDER}",
    ]  # fmt: skip
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == BATCH.log_group
    rules = made["RetryStrategy"]["EvaluateOnExit"]
    assert {"OnStatusReason": "Host EC2*", "Action": "RETRY"} in rules
    assert {"OnStatusReason": "Your Spot Task was interrupted*", "Action": "RETRY"} in rules
    assert rules[-1] == {"OnReason": "*", "Action": "EXIT"}
    assert job["JobDefinition"] == gone["JobDefinition"] == DEFINITION
    assert placeholders(scoring_pipeline(replace(SETTINGS, scoring=BATCH))) == ()


def test_without_a_version_it_tells_so_and_succeeds(machine: Any) -> None:
    empty = services(listModelPackages=lambda _: {"ModelPackageSummaryList": []})
    run = machine(machine_of(TRANSFORM), empty)

    assert run.run()["manifest_uri"] == "none"
    assert [call for call, _ in run.calls] == ["aws-sdk:sagemaker:listModelPackages", "sns:publish"]
    assert of(run, "publish")[0]["Subject"].endswith(": nothing to score with")


def test_the_same_data_is_scored_once_by_a_version_unless_it_is_forced(machine: Any) -> None:
    def listed(given: dict[str, Any]) -> dict[str, Any]:
        if given["Prefix"] == FOLDER:
            return {"Contents": [{"Key": f"{FOLDER}{n}.out"} for n in (1, 2)]}
        return {"Contents": [{"Key": given["Prefix"]}]}

    def described(_: Any) -> dict[str, Any]:
        return {
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://a/b"}]
            },
        }

    known = services(
        listObjectsV2=listed,
        getObject=lambda _: {"Body": '{"model_package_arn": "' + VERSION + '"}'},
        describeModelPackage=described,
    )
    run = machine(machine_of(BATCH), known)
    assert run.run()["scored_before"] == "yes"
    assert of(run, "submitJob") == []

    forced = machine(machine_of(BATCH), known, {"force": "yes"})
    assert forced.run()["predictions"] == 2
    assert len(of(forced, "submitJob")) == 1


@pytest.mark.parametrize(
    ("scoring", "fails", "tidied"),
    [(TRANSFORM, "createTransformJob", "deleteModel"),
     (BATCH, "submitJob", "deregisterJobDefinition")],
    ids=["transform", "batch"],
)  # fmt: skip
def test_a_failed_job_is_tidied_up_and_told(
    machine: Any, service_error: Any, scoring: Any, fails: str, tidied: str
) -> None:
    def failing(_: Any) -> Any:
        raise service_error("States.TaskFailed", "out of memory")

    run = machine(machine_of(scoring), services(**{fails: failing}))

    assert run.run() == {
        "Error": "ScoreFailed", "Cause": "step score: States.TaskFailed: out of memory",
    }  # fmt: skip
    assert len(of(run, tidied)) == 1
    assert len(of(run, fails)) == (2 if scoring is TRANSFORM else 1)
    [told] = of(run, "publish")
    assert "ScoreFailed" in told["Message"] and "out of memory" in told["Message"]
    assert of(run, "putObject") == []


def test_what_cannot_be_tidied_up_is_named_and_costs_no_predictions(
    machine: Any, service_error: Any
) -> None:
    def refused(_: Any) -> Any:
        raise service_error("SageMaker.SageMakerException", "busy")

    run = machine(machine_of(TRANSFORM), services(deleteModel=refused))
    run.run()

    left = of(run, "putObject")[0]["Body"]["left_behind"]
    assert left == of(run, "createModel")[0]["ModelName"]
    assert left in of(run, "publish")[0]["Message"]


@pytest.mark.parametrize("there", [True, False])
def test_an_error_that_leaves_open_whether_the_model_was_made_is_cleared_up(
    machine: Any, service_error: Any, there: bool
) -> None:
    def unsure(_: Any) -> Any:
        raise service_error("SageMaker.SageMakerException", "internal error")

    def described(_: Any) -> Any:
        if there:
            return {"ModelName": "made"}
        raise service_error("SageMaker.SageMakerException", "could not find it")

    run = machine(machine_of(TRANSFORM), services(createModel=unsure, describeModel=described))
    output = run.run()

    if there:
        assert output["predictions"] == 2
        assert len(of(run, "deleteModel")) == 1
    else:
        assert output["Error"] == "ScoreFailed" and "internal error" in output["Cause"]
        assert of(run, "createTransformJob") == []


def test_fails_where_predictions_are_missing(machine: Any) -> None:
    pages: dict[str, dict[str, Any]] = {
        "": {"Contents": [{"Key": f"{FOLDER}one.csv.out"}], "NextContinuationToken": "2"},
        "2": {"Contents": [{"Key": f"{FOLDER}manifest.json"}]},
    }

    def listed(given: dict[str, Any]) -> dict[str, Any]:
        if given["Prefix"] == FOLDER:
            return pages[given.get("ContinuationToken", "")]
        return {"KeyCount": 0}

    run = machine(machine_of(BATCH), services(listObjectsV2=listed))

    assert run.run() == {
        "Error": "ManifestFailed",
        "Cause": "step manifest: PredictionsMissing: 1 predictions for 2 objects",
    }
    assert of(run, "putObject") == []


@pytest.mark.parametrize("scoring", [TRANSFORM, BATCH], ids=["transform", "batch"])
def test_every_call_may_fail_and_is_told(machine: Any, service_error: Any, scoring: Any) -> None:
    built = machine_of(scoring)

    def run(failing: str | None = None) -> Any:
        played: Any = None

        def faulty(service: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
            def call(given: dict[str, Any]) -> Any:
                if played.path[-1] == failing:
                    raise service_error("Service.Broken", "it broke")
                return service(given)

            return call

        known = services(describeModel=lambda _: {})
        played = machine(built, {name: faulty(item) for name, item in known.items()})
        return played.run(), played

    _, whole = run()
    calls = dict.fromkeys(name for name in whole.path if built["States"][name]["Type"] == "Task")
    assert len(calls) == 13
    for name in calls:
        output, played = run(name)
        if name in SURVIVED:
            assert output["predictions"] == 2, name
            continue
        assert output["Cause"].endswith("Service.Broken: it broke"), name
        assert played.calls[-1][0] == "sns:publish", name
        left = {call for call, _ in played.calls} & {
            "aws-sdk:sagemaker:createModel", "aws-sdk:batch:registerJobDefinition",
        } and name not in UNMADE  # fmt: skip
        if left:
            assert played.path.count("Score clean up") == 1, name


def test_fails_on_a_place_that_is_no_prefix() -> None:
    with pytest.raises(PipelineError) as caught:
        scoring_pipeline(replace(SETTINGS, data_uri="s3://churn-arrivals/score"))

    assert str(caught.value) == (
        "settings.data_uri: must be an S3 URI that ends with a slash, got "
        "'s3://churn-arrivals/score'; use s3://BUCKET/PREFIX/"
    )
