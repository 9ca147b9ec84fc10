"""Every state of the training pipeline that calls a service, and what happens when the call fails."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from groundplan.pipelines import TrainingPipelineSettings, training_pipeline
from groundplan.pipelines.settings import FairnessSettings, TuningSettings
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import (
    FairnessBound,
    MetricBound,
    RegressionBound,
    Rung,
    TuningRange,
)

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/1"
REPORT = {
    "passed": True,
    "model_package_arn": ARN,
    "metrics": {"auc": 0.9, "log_loss": 0.3},
    "fairness": {"country": {"fpr_gap": 0.01}},
}
STARTING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
COMPLETED = {
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn-artifacts/model.tar.gz"},
}
NO_TRIALS = dict.fromkeys(
    ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0
)
WAITING = {"HyperParameterTuningJobStatus": "InProgress", "TrainingJobStatusCounters": NO_TRIALS}
TUNED = {
    "HyperParameterTuningJobStatus": "Completed",
    "TrainingJobStatusCounters": NO_TRIALS | {"Completed": 2},
    "BestTrainingJob": {"TrainingJobName": "best"},
}
MESSENGERS = ("Tell failure", "Emit failure")
RECOVERED = ("Train 1 create", "Train 2 create")
"""Where a failure is survived, since the job turns out to have been created all the same."""


def full(settings: TrainingPipelineSettings, *, tuned: bool) -> TrainingPipelineSettings:
    """Every step that the pipeline can have, on two rungs."""
    compared = (RegressionBound(metric="auc", goal="maximize", max_regression=0.1),)
    ranges = (TuningRange(name="depth", kind="integer", min=1, max=3),)
    return replace(
        settings,
        ladder=tuple(
            Rung(instance_type=name, spot=True, volume_key=True)
            for name in ("ml.m5.large", "ml.m5.xlarge")
        ),
        patience_seconds=60,
        serving_image_repository="churn/serve",
        future_bounds=(MetricBound(metric="auc", min=0.8),),
        regressions=compared,
        future_regressions=compared,
        fairness=FairnessSettings(
            label="churned",
            positive="1",
            threshold=0.5,
            bounds=(FairnessBound(facet="country", measure="fpr_gap", max=0.1),),
        ),
        tuning=TuningSettings(
            metric="auc", goal="Maximize", ranges=ranges, max_jobs=2, parallel_jobs=2
        )
        if tuned
        else None,
    )


def services(known: bool) -> dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
    """Services that need the whole ladder: the first rung never starts, the second one trains."""
    stopped: set[str] = set()

    def stop(request: dict[str, Any]) -> Mapping[str, Any]:
        stopped.update(request.values())
        return {}

    def training(request: dict[str, Any]) -> Mapping[str, Any]:
        name = request["TrainingJobName"]
        if name in stopped:
            return {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
        return STARTING if "-train-1-" in name else COMPLETED

    def tuning(request: dict[str, Any]) -> Mapping[str, Any]:
        name = request["HyperParameterTuningJobName"]
        if name in stopped:
            return WAITING | {"HyperParameterTuningJobStatus": "Stopped"}
        return WAITING if name.split("-")[-2] == "1" else TUNED

    version = {"Key": "k", "VersionId": "v", "ETag": "e", "IsLatest": True}
    package = {
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [{"ModelDataUrl": "s3://churn-artifacts/c.tar.gz"}]
        },
    }
    image = {"ImageDigest": "sha256:1", "ImagePushedAt": "2026-11-20T00:00:00Z"}
    return {
        "describeImages": lambda _: {"ImageDetails": [image]},
        "listObjectVersions": lambda _: {"Versions": [version], "IsTruncated": False},
        "listObjectsV2": lambda request: (
            {"Contents": [{"Key": request["Prefix"]}]} if known else {}
        ),
        "getObject": lambda _: {"Body": REPORT},
        "describeModelPackage": lambda _: package,
        "listModelPackages": lambda _: {"ModelPackageSummaryList": [{"ModelPackageArn": ARN}]},
        "createProcessingJob": lambda request: request,
        "createTrainingJob": lambda _: {"TrainingJobArn": "arn"},
        "describeTrainingJob": training,
        "stopTrainingJob": stop,
        "createHyperParameterTuningJob": lambda _: {"HyperParameterTuningJobArn": "arn"},
        "describeHyperParameterTuningJob": tuning,
        "listTrainingJobsForHyperParameterTuningJob": lambda _: {"TrainingJobSummaries": []},
        "stopHyperParameterTuningJob": stop,
        "createModelPackage": lambda _: {"ModelPackageArn": ARN},
        "putObject": lambda _: {},
        "putMetricData": lambda _: {},
        "publish": lambda _: {},
        "putEvents": lambda _: {"FailedEntryCount": 0},
    }


@pytest.mark.parametrize(("known", "tuned"), [(False, False), (False, True), (True, False)])
def test_every_call_may_fail_and_is_told(
    settings: TrainingPipelineSettings,
    machine: Any,
    service_error: Any,
    known: bool,
    tuned: bool,
) -> None:
    built = definition(training_pipeline(full(settings, tuned=tuned)))

    def run(failing: str | None = None) -> Any:
        played: Any = None

        def faulty(service: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
            def call(request: dict[str, Any]) -> Any:
                if played.path[-1] == failing:
                    raise service_error("Service.Broken", "it broke")
                return service(request)

            return call

        played = machine(built, {name: faulty(item) for name, item in services(known).items()})
        return played.run(), played

    output, whole = run()
    assert output["reused"] == ("yes" if known else "no"), output
    calls = [name for name in whole.path if built["States"][name]["Type"] == "Task"]
    assert len(set(calls)) >= (7 if known else 25)
    for name in dict.fromkeys(calls):
        output, played = run(name)
        if name in RECOVERED:
            assert output.get("reused") == "no", name
            continue

        assert output["Cause"].endswith("Service.Broken: it broke"), name
        told = [call for call, _ in played.calls[-2:]]
        assert told == ["sns:publish", "events:putEvents"], name


def test_failing_messengers_leave_the_error_as_it_is(
    settings: TrainingPipelineSettings, machine: Any, service_error: Any
) -> None:
    built = definition(training_pipeline(full(settings, tuned=False)))

    def broken(_: dict[str, Any]) -> Any:
        raise service_error("Service.Broken", "it broke")

    played = machine(
        built, services(False) | {"putEvents": broken, "publish": broken, "describeImages": broken}
    )

    assert played.run()["Error"] == "ImageFailed"
    assert [name for name in played.path if name in MESSENGERS] == list(MESSENGERS)
