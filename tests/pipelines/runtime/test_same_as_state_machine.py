"""The runtime leaves what the state machine leaves, by the same requests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from groundplan.pipelines import (
    MonitoringPipelineSettings,
    Pipeline,
    TrainingPipelineSettings,
    monitoring_pipeline,
    training_pipeline,
)
from groundplan.pipelines.scoring import scoring_pipeline
from groundplan.pipelines.scoring_settings import (
    BatchSettings,
    ScoringPipelineSettings,
    TransformSettings,
)
from groundplan.pipelines.settings import FairnessSettings, TuningSettings
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import (
    FairnessBound,
    MetricBound,
    QuietDataset,
    RegressionBound,
    TuningRange,
)
from groundplan.pipelines.values import TextOutput

PASSED = {"passed": True, "violations": []}
GOOD = {
    "metrics": {"auc": 0.9, "log_loss": 0.3, "rows": 40, "note": "text"},
    "fairness": {"region": {"fpr_gap": 0.05}},
}
CHAMPION = {
    "ModelPackageStatus": "Completed",
    "ModelApprovalStatus": "Approved",
    "InferenceSpecification": {
        "Containers": [{"Image": "i@sha256:1", "ModelDataUrl": "s3://churn-artifacts/champion"}]
    },
}
COMPLETED = {
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "SecondaryStatusTransitions": [{"Status": "Training"}],
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn-artifacts/models/churn/job/model.tar.gz"},
    "TrainingTimeInSeconds": 100,
    "BillableTimeInSeconds": 30,
}
STARVED = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded"}
TUNED = {
    "HyperParameterTuningJobStatus": "Completed",
    "TrainingJobStatusCounters": {"Completed": 4, "NonRetryableError": 0, "Stopped": 0},
    "BestTrainingJob": {
        "TrainingJobName": "best",
        "TunedHyperParameters": {"learning_rate": "0.2"},
    },
}
VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/7"
# What is looked at more often by one of the two, or never by the other, and changes nothing.
LOOKS = ("Describe", "List", "Get")

Service = Callable[[dict[str, Any]], Mapping[str, Any]]


def answers(*given: Any) -> Service:
    queue = chain(given, repeat(given[-1]))
    return lambda _: next(queue)


def services(service_error: Any, described: Any = (COMPLETED,), **bodies: Any) -> dict[str, Any]:
    """Services of one run. What was not created is not there."""
    created: set[str] = set()

    def create(kind: str) -> Service:
        def call(request: dict[str, Any]) -> Mapping[str, Any]:
            created.add(request[f"{kind}Name"])
            return request

        return call

    def there(kind: str, answer: Service) -> Service:
        def call(request: dict[str, Any]) -> Mapping[str, Any]:
            name = request[f"{kind}Name"]
            if name not in created and name != "best":
                raise service_error("ValidationException", "Requested resource not found.")
            return answer(request)

        return call

    reports = {"report.json": PASSED, "evaluation.json": GOOD, **bodies}

    def get_object(request: dict[str, Any]) -> Mapping[str, Any]:
        return {"Body": json.dumps(reports[request["Key"].rsplit("/", 1)[1]])}

    page = {"Key": "current/train/a.csv", "VersionId": "v1", "ETag": '"e"', "IsLatest": True}
    old = {**page, "VersionId": "v0", "IsLatest": False}
    images = [
        {"ImageDigest": f"sha256:{digit * 64}", "ImagePushedAt": f"2026-11-2{digit}T00:00:00Z"}
        for digit in "021"
    ]
    return {
        "describeImages": answers({"ImageDetails": images}),
        "listObjectVersions": answers({"Versions": [page, old], "IsTruncated": False}),
        "createProcessingJob": create("ProcessingJob"),
        "describeProcessingJob": there(
            "ProcessingJob", answers({"ProcessingJobStatus": "Completed"})
        ),
        "getObject": get_object,
        "createTrainingJob": create("TrainingJob"),
        "describeTrainingJob": there("TrainingJob", answers(*described)),
        "createHyperParameterTuningJob": create("HyperParameterTuningJob"),
        "describeHyperParameterTuningJob": there("HyperParameterTuningJob", answers(TUNED)),
        "listTrainingJobsForHyperParameterTuningJob": answers({"TrainingJobSummaries": []}),
        "createModelPackage": answers({"ModelPackageArn": VERSION}),
        "listObjectsV2": answers(
            {"KeyCount": 2, "Contents": [{"Key": "scores/a.csv.out"}, {"Key": "scores/b"}]}
        ),
        "listModelPackages": answers({"ModelPackageSummaryList": [{"ModelPackageArn": VERSION}]}),
        "describeModelPackage": answers(CHAMPION),
        "createModel": create("Model"),
        "describeModel": there("Model", answers({})),
        "deleteModel": answers({}),
        "createTransformJob": create("TransformJob"),
        "describeTransformJob": there("TransformJob", answers({"TransformJobStatus": "Completed"})),
        "registerJobDefinition": answers({"JobDefinitionArn": "arn:definition:1"}),
        "deregisterJobDefinition": answers({}),
        "listJobs": answers({"JobSummaryList": []}),
        "submitJob": lambda request: {"JobId": "id", "JobName": request["JobName"]},
        "describeJobs": answers({"Jobs": [{"Status": "SUCCEEDED"}]}),
        "putObject": answers({}),
        "putMetricData": answers({}),
        "publish": answers({}),
        "putEvents": answers({"FailedEntryCount": 0}),
    }


def both(
    machine: Any,
    execution: Any,
    fake_aws: Any,
    pipeline: Pipeline,
    given: Any,
    **parameters: str,
) -> Any:
    """What the state machine and the runtime answer, and the changes that they asked for."""
    state_machine = machine(definition(pipeline), given(), parameters)
    theirs = state_machine.run()
    aws = fake_aws(given())
    ours = execution(pipeline, aws, parameters).run()
    asked = [
        (call.split(":")[-1].removesuffix(".sync"), request)
        for call, request in state_machine.calls
    ]
    return (theirs, _changes(asked)), (ours, _changes(aws.calls))


def _changes(calls: Any) -> list[tuple[str, Any]]:
    named = [(name[:1].upper() + name[1:], _normal(request)) for name, request in calls]
    return sorted(
        ((name, request) for name, request in named if not name.startswith(LOOKS)),
        key=lambda item: json.dumps(item, sort_keys=True),
    )


def _normal(value: Any) -> Any:
    """Names as Step Functions writes them, and what it makes of a body."""
    if isinstance(value, Mapping):
        found = {name[:1].upper() + name[1:]: _normal(item) for name, item in value.items()}
        for name in ("Body", "Detail"):
            if isinstance(found.get(name), bytes | str):
                found[name] = _normal(json.loads(found[name]))
        return {name: item for name, item in found.items() if name != "ContentType"}
    return [_normal(item) for item in value] if isinstance(value, list) else value


COMPLETE: dict[str, Any] = {
    "future_bounds": (MetricBound(metric="auc", min=0.7),),
    "regressions": (RegressionBound(metric="auc", goal="maximize", max_regression=0.01),),
    "fairness": FairnessSettings(
        bounds=(FairnessBound(facet="region", measure="fpr_gap", max=0.1),),
        label="churned",
        positive="1",
        threshold=0.5,
    ),
}
TUNING: dict[str, Any] = {
    "hyperparameters": (("label", "churned"),),
    "tuning": TuningSettings(
        metric="auc",
        goal="Maximize",
        ranges=(
            TuningRange(name="learning_rate", kind="continuous", min=0.01, max=0.3),
            TuningRange(name="depth", kind="integer", min=2, max=8, scaling="Logarithmic"),
        ),
        max_jobs=4,
        parallel_jobs=2,
    ),
}


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({}, {}),
        (COMPLETE, {}),
        (TUNING, {}),
        ({"approve_on_registration": True}, {"described": (STARVED, COMPLETED)}),
    ],
    ids=["plain", "complete", "tuning", "second rung"],
)
def test_of_the_training_pipeline(
    settings: TrainingPipelineSettings,
    machine: Any,
    execution: Any,
    fake_aws: Any,
    service_error: Any,
    changes: dict[str, Any],
    given: dict[str, Any],
) -> None:
    pipeline = training_pipeline(replace(settings, **changes))

    theirs, ours = both(
        machine, execution, fake_aws, pipeline, lambda: services(service_error, **given)
    )

    assert theirs[0]["model_package_arn"] == VERSION
    assert ours == theirs


@pytest.mark.parametrize(
    ("changes", "bodies"),
    [
        ({}, {"evaluation.json": {"metrics": {"auc": 0.7}}}),
        (
            {},
            {
                "report.json": {
                    "passed": False,
                    "violations": [{"rule": "max", "column": "age", "detail": "3 of 9 rows"}],
                }
            },
        ),
        (COMPLETE, {"evaluation.json": {"metrics": {"auc": 0.9, "log_loss": 0.1}}}),
        (
            COMPLETE,
            {
                "evaluation.json": {
                    **GOOD,
                    "fairness": {"region": {"problems": {"fpr_gap": "no group has 30 rows"}}},
                }
            },
        ),
        ({}, {"report.json": "no report"}),
    ],
    ids=["metrics", "data quality", "fairness missing", "fairness", "broken report"],
)
def test_of_a_gate_that_is_not_met(
    settings: TrainingPipelineSettings,
    machine: Any,
    execution: Any,
    fake_aws: Any,
    service_error: Any,
    changes: dict[str, Any],
    bodies: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    pipeline = training_pipeline(replace(settings, **changes))

    theirs, ours = both(
        machine, execution, fake_aws, pipeline, lambda: services(service_error, **bodies)
    )

    if "broken" in request.node.name:
        assert ours[0]["Error"] == "DataGateFailed"
        return
    assert theirs[0]["Cause"]
    assert ours == theirs


def scoring(scores: TransformSettings | BatchSettings) -> Pipeline:
    return scoring_pipeline(
        ScoringPipelineSettings(
            project="churn",
            environment="prod",
            model="churn",
            partition="aws",
            job_prefix="churn-prod-churn",
            model_package_group_arn="arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/g",
            data_uri="s3://churn-customers/current/score/",
            predictions_uri="s3://churn-prod-predictions/churn/",
            key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod-work",
            topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
            max_runtime_seconds=3600,
            scoring=scores,
            subnet_ids=("${SubnetId0}", "${SubnetId1}"),
            security_group_ids=("${SecurityGroupId0}",),
            tags=(("groundplan:project", "churn"),),
        )
    )


TRANSFORM = TransformSettings(
    execution_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/scoring",
    content_type="text/csv",
    instance_type="ml.m5.large",
    instance_count=2,
    volume_key=True,
)
BATCH = BatchSettings(
    job_queue_arn="arn:aws:batch:eu-west-1:333333333333:job-queue/churn-prod",
    execution_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/batch",
    job_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/scoring",
    vcpus=2,
    memory_mib=4096,
    attempts=3,
    log_group="/groundplan/churn/scoring",
)


@pytest.mark.parametrize("scores", [TRANSFORM, BATCH], ids=["transform", "batch"])
def test_of_the_scoring_pipeline(
    machine: Any,
    execution: Any,
    fake_aws: Any,
    service_error: Any,
    scores: TransformSettings | BatchSettings,
) -> None:
    pipeline = scoring(scores)

    theirs, ours = both(machine, execution, fake_aws, pipeline, lambda: services(service_error))

    assert "Error" not in theirs[0]
    assert ours == theirs


MONITORED = MonitoringPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    endpoint_name="churn-prod-churn",
    topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
    job_prefix="churn-prod-churn",
    processing_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/monitoring",
    image_registry_account="111111111111",
    image_registry_host="111111111111.dkr.ecr.eu-west-1.amazonaws.com",
    image_repository="churn/groundplan-monitoring",
    captured_uri="s3://churn-prod-work/churn/capture/churn-prod/primary/",
    work_uri="s3://churn-prod-work/churn/",
    work_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
    volume_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
    period="day",
    options="{}",
    instance_type="ml.m5.large",
    volume_key=True,
)
LABELLED: dict[str, Any] = {
    "period": "week",
    "labels_uri": "s3://churn-customers/labels/",
    "labels_after_days": 30,
}
SERVED = {
    "describeEndpoint": answers({"EndpointConfigName": "c", "EndpointStatus": "InService"}),
    "describeEndpointConfig": answers({"ProductionVariants": [{"ModelName": "churn-7"}]}),
    "describeModel": answers({"PrimaryContainer": {"ModelPackageName": VERSION}}),
    "describeModelPackage": answers(
        {**CHAMPION, "CustomerMetadataProperties": {"groundplan.baseline_uri": "s3://b/b.jsonl"}}
    ),
    "listObjectsV2": answers({"KeyCount": 1}),
}


@pytest.mark.parametrize(
    ("changes", "served", "until"),
    [
        ({}, {}, ""),
        ({"period": "hour"}, {}, "2026-11-01T00:20:00Z"),
        (LABELLED, {}, "2026-11-03T01:30:00Z"),
        ({}, {"listObjectsV2": answers({"KeyCount": 0})}, ""),
        ({}, {"describeModelPackage": answers(CHAMPION)}, ""),
        ({}, {"describeEndpoint": None}, ""),
    ],
    ids=["day", "hour", "week with labels", "no traffic", "no baseline", "no endpoint"],
)
def test_of_the_monitoring_pipeline(
    machine: Any,
    execution: Any,
    fake_aws: Any,
    service_error: Any,
    changes: dict[str, Any],
    served: dict[str, Any],
    until: str,
) -> None:
    def gone(_: dict[str, Any]) -> Mapping[str, Any]:
        raise service_error("ValidationException", "Could not find endpoint churn-prod-churn.")

    pipeline = monitoring_pipeline(replace(MONITORED, **changes))
    answering = {name: answer or gone for name, answer in (SERVED | served).items()}
    report = {"report.json": GOOD, "monitoring.json": GOOD}
    parameters = {"until": until} if until else {}

    theirs, ours = both(
        machine,
        execution,
        fake_aws,
        pipeline,
        lambda: services(service_error, **report) | answering,
        **parameters,
    )

    assert ours == theirs


@pytest.mark.parametrize("rests", [True, False])
def test_of_data_that_is_waited_for(
    machine: Any, execution: Any, fake_aws: Any, service_error: Any, rests: bool
) -> None:
    step = QuietDataset(
        id="quiet", uri="s3://churn-customers/current/", quiet_seconds=60, max_wait_seconds=150
    )
    version = TextOutput("quiet", "version")
    pipeline = Pipeline(
        name="p", steps=(step,), outputs=(("version", version),), timeout_seconds=600
    )

    def given() -> dict[str, Any]:
        pages = [
            {
                "Versions": [{"Key": "a", "VersionId": v, "ETag": "e", "IsLatest": True}],
                "IsTruncated": False,
            }
            for v in ("v1", "v2", "v2" if rests else "v3")
        ]
        return services(service_error) | {"listObjectVersions": answers(*pages)}

    theirs, ours = both(machine, execution, fake_aws, pipeline, given)

    assert ("version" in theirs[0]) == rests
    assert ours == theirs
