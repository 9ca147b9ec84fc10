"""The standard training pipeline, executed with services that the tests play."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from groundplan.pipelines import PipelineError, TrainingPipelineSettings, training_pipeline
from groundplan.pipelines.settings import FairnessSettings, TuningSettings
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import FairnessBound, MetricBound, RegressionBound, TuningRange

DIGEST = "sha256:" + "a" * 64
URI = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn/churn@{DIGEST}"
PASSED = {"passed": True, "violations": []}
GOOD = {"metrics": {"auc": 0.9, "log_loss": 0.3}}
COMPLETED = {
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn-artifacts/models/churn/job/model.tar.gz"},
    "TrainingTimeInSeconds": 100,
    "BillableTimeInSeconds": 30,
}
STARTING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
TRAINING = {
    "TrainingJobStatus": "InProgress",
    "SecondaryStatus": "Interrupted",
    "SecondaryStatusTransitions": [{"Status": "Starting"}, {"Status": "Training"}],
}
STOPPED = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
STARVED = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded"}
FAILED = {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed"}
CHAMPION = {
    "ModelPackageStatus": "Completed",
    "ModelApprovalStatus": "Approved",
    "InferenceSpecification": {
        "Containers": [{"Image": "i", "ModelDataUrl": "s3://churn-artifacts/champion.tar.gz"}]
    },
}

TUNED: dict[str, Any] = {
    "hyperparameters": (("label", "churned"),),
    "tuning": TuningSettings(
        metric="auc",
        goal="Maximize",
        ranges=(TuningRange(name="learning_rate", kind="continuous", min=0.01, max=0.3),),
        max_jobs=4,
        parallel_jobs=2,
    ),
}

Run = Callable[..., tuple[dict[str, Any], Any]]


def answers(*given: Any) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """A service that gives its answers one after another, the last one for ever."""
    queue: Iterator[Any] = chain(given, repeat(given[-1]))

    def service(_: dict[str, Any]) -> Mapping[str, Any]:
        answer = next(queue)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Mapping)
        return answer

    return service


@pytest.fixture
def run(settings: TrainingPipelineSettings, machine: Any) -> Run:
    def start(
        *described: Any,
        report: Any = PASSED,
        evaluation: Any = GOOD,
        given: TrainingPipelineSettings | None = None,
        parameters: dict[str, Any] | None = None,
        **services: Any,
    ) -> Any:
        bodies = {"report.json": report, "evaluation.json": evaluation}

        def get_object(request: dict[str, Any]) -> Mapping[str, Any]:
            return {"Body": json.dumps(bodies[request["Key"].rsplit("/", 1)[1]])}

        page = {"Key": "current/train/a.csv", "VersionId": "v1", "ETag": '"e"', "IsLatest": True}
        image = {"ImageDigest": DIGEST, "ImagePushedAt": "2026-11-20T00:00:00Z"}
        defaults: dict[str, Any] = {
            "describeImages": answers({"ImageDetails": [image]}),
            "listObjectVersions": answers({"Versions": [page], "IsTruncated": False}),
            "createProcessingJob": lambda request: request,
            "getObject": get_object,
            "createTrainingJob": answers({"TrainingJobArn": "arn"}),
            "describeTrainingJob": answers(*(described or (COMPLETED,))),
            "stopTrainingJob": answers({}),
            "createModelPackage": answers({"ModelPackageArn": "arn:package/1"}),
            "listObjectsV2": answers({}),
            "listModelPackages": answers({"ModelPackageSummaryList": []}),
            "describeModelPackage": answers(CHAMPION),
            "putObject": answers({}),
            "putMetricData": answers({}),
            "publish": answers({}),
            "putEvents": answers({"FailedEntryCount": 0}),
        }
        built = machine(
            definition(training_pipeline(given or settings)), defaults | services, parameters or {}
        )
        return built.run(), built

    return start


def created(machine: Any) -> list[dict[str, Any]]:
    return [arguments for call, arguments in machine.calls if call.endswith(":createTrainingJob")]


def test_registers_a_good_model_with_its_lineage(run: Run) -> None:
    output, machine = run()

    assert output["model_package_arn"] == "arn:package/1"
    assert output["metrics"] == GOOD
    assert output["savings_percent"] == 70
    assert output["attempts"] == []
    [package] = [request for call, request in machine.calls if call.endswith("createModelPackage")]
    metadata = package["CustomerMetadataProperties"]
    assert metadata["metric.auc"] == "0.9"
    assert metadata["groundplan.training_image_digest"] == DIGEST
    assert metadata["groundplan.fingerprint"] == output["fingerprint"]
    assert metadata["groundplan.dataset_version"] == output["dataset_version"]
    assert max(map(len, metadata.values())) <= 256
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["InferenceSpecification"]["Containers"] == [
        {"Image": URI, "ModelDataUrl": COMPLETED["ModelArtifacts"]["S3ModelArtifacts"]}  # type: ignore[index]
    ]


def test_a_training_job_is_isolated_encrypted_and_resumable(run: Run) -> None:
    output, machine = run()

    [job] = created(machine)
    assert job["EnableNetworkIsolation"] and job["EnableInterContainerTrafficEncryption"]
    assert job["VpcConfig"]["Subnets"] == ["${SubnetId0}", "${SubnetId1}"]
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert "VolumeKmsKeyId" not in job["ResourceConfig"]
    assert job["CheckpointConfig"]["S3Uri"] == (
        f"s3://churn-prod-work/churn/checkpoints/{output['fingerprint']}/"
    )
    assert job["AlgorithmSpecification"]["TrainingImage"] == URI
    assert job["TrainingJobName"].startswith("churn-prod-churn-")
    assert job["TrainingJobName"].endswith("-train-1-0")


def test_the_quality_job_gets_rules_and_the_reference_time(run: Run) -> None:
    _, machine = run()

    quality, evaluate = (
        request for call, request in machine.calls if call.endswith("createProcessingJob.sync")
    )
    arguments = quality["AppSpecification"]["ContainerArguments"]
    assert arguments[:2] == ["--reference-time", "2026-11-21T03:00:00.000Z"]
    assert json.loads("".join(arguments[3:])) == [
        {"column": "age", "max": 120, "min": 18, "type": "integer"}
    ]
    assert "ContainerArguments" not in evaluate["AppSpecification"]
    assert [given["S3Input"]["S3Uri"] for given in evaluate["ProcessingInputs"]] == [
        COMPLETED["ModelArtifacts"]["S3ModelArtifacts"],  # type: ignore[index]
        "s3://churn-customers/current/test/",
    ]


def test_reads_a_report_that_arrives_parsed(run: Run) -> None:
    output, _ = run(getObject=lambda request: {"Body": GOOD | PASSED})

    assert output["metrics"] == GOOD | PASSED


def test_fails_on_bad_data_and_names_rule_and_column(run: Run) -> None:
    violations = [
        {"rule": "max", "column": "age", "detail": "3 of 10 rows above 120"},
        {"rule": "unique", "column": "id", "detail": "2 of 10 rows repeated"},
    ]
    output, machine = run(report={"passed": False, "violations": violations})

    assert output == {
        "Error": "DataQualityFailed",
        "Cause": "step data_gate: DataQualityFailed: the dataset breaks its rules: rule max on "
        "column age: 3 of 10 rows above 120; rule unique on column id: 2 of 10 rows repeated",
    }
    assert created(machine) == []


@pytest.mark.parametrize(
    ("metrics", "problems"),
    [
        ({"auc": 0.7, "log_loss": 0.3}, "metric auc is 0.7, below its minimum 0.8"),
        ({"auc": 0.8, "log_loss": 0.6}, "metric log_loss is 0.6, above its maximum 0.5"),
        (
            {"auc": "high"},
            "metric auc is missing or no number; metric log_loss is missing or no number",
        ),
    ],
)
def test_fails_when_a_gate_is_not_met(run: Run, metrics: dict[str, Any], problems: str) -> None:
    output, machine = run(evaluation={"metrics": metrics})

    cause = f"step gate: GateNotMet: the model is not good enough: {problems}"
    assert output == {"Error": "GateNotMet", "Cause": cause}
    assert "Register" not in machine.path


def test_a_rung_without_capacity_is_stopped_and_the_next_one_resumes(run: Run) -> None:
    output, machine = run(STARTING, STARTING, STARTING, STARTING, STOPPED, COMPLETED)

    spot, on_demand = created(machine)
    assert machine.path.count("Train 1 stop") == 1
    assert machine.path.index("Train 1 stop") > machine.path.index("Train 1 describe")
    assert on_demand["EnableManagedSpotTraining"] is False
    assert "MaxWaitTimeInSeconds" not in on_demand["StoppingCondition"]
    assert "VolumeKmsKeyId" in on_demand["ResourceConfig"]
    assert on_demand["CheckpointConfig"] == spot["CheckpointConfig"]
    assert on_demand["TrainingJobName"] != spot["TrainingJobName"]
    assert output["instance_type"] == "ml.m5.xlarge"
    [attempt] = output["attempts"]
    assert (attempt["job_name"], attempt["status"]) == (spot["TrainingJobName"], "Stopped")


def test_savings_count_every_rung(run: Run) -> None:
    begun = STARVED | {"TrainingTimeInSeconds": 300, "BillableTimeInSeconds": 90}
    on_demand = COMPLETED | {"BillableTimeInSeconds": 100}
    output, _ = run(begun, on_demand)

    assert (output["training_seconds"], output["billable_seconds"]) == (400, 190)
    assert output["savings_percent"] == 52.5


def test_an_interrupted_job_is_waited_for(run: Run) -> None:
    output, machine = run(*[TRAINING] * 9, COMPLETED)

    assert len(created(machine)) == 1
    assert "Train 1 stop" not in machine.path
    assert output["instance_type"] == "ml.g5.xlarge"


@pytest.mark.parametrize(
    "ended",
    [
        STARVED,
        FAILED | {"FailureReason": "CapacityError: no capacity available"},
        FAILED | {"FailureReason": "InternalServerError: we encountered an internal error"},
    ],
)
def test_what_passes_leads_to_the_next_rung(run: Run, ended: dict[str, Any]) -> None:
    output, machine = run(ended, COMPLETED)

    assert len(created(machine)) == 2
    assert output["instance_type"] == "ml.m5.xlarge"


@pytest.mark.parametrize(
    ("ended", "cause"),
    [
        (
            FAILED | {"FailureReason": "AlgorithmError: exit code 1"},
            "Failed Failed: job {job}: AlgorithmError: exit code 1",
        ),
        (
            STOPPED | {"SecondaryStatus": "MaxRuntimeExceeded"},
            "Stopped MaxRuntimeExceeded: job {job}: ",
        ),
        (STOPPED, "Stopped Stopped: job {job}: "),
    ],
)
def test_fails_at_once_on_what_does_not_pass(run: Run, ended: dict[str, Any], cause: str) -> None:
    output, machine = run(ended)

    [job] = created(machine)
    assert output == {
        "Error": "TrainFailed",
        "Cause": "step train: " + cause.format(job=job["TrainingJobName"]),
    }


def test_fails_when_no_rung_gets_capacity(run: Run) -> None:
    output, machine = run(STARVED, FAILED | {"FailureReason": "CapacityError: none"})

    job = created(machine)[1]["TrainingJobName"]
    assert output == {
        "Error": "TrainFailed",
        "Cause": "step train: NoCapacity: no rung of the ladder got capacity, the last one was "
        f"ml.m5.xlarge: job {job}: Failed Failed CapacityError: none",
    }


def test_throttling_is_retried_under_a_new_name(run: Run, service_error: Any) -> None:
    throttled = service_error("SageMaker.ThrottlingException", "Rate exceeded")
    _, machine = run(createTrainingJob=answers(throttled, {"TrainingJobArn": "arn"}))

    first, second = (job["TrainingJobName"] for job in created(machine))
    assert first.endswith("-train-1-0") and second.endswith("-train-1-1")
    described = [given for call, given in machine.calls if call.endswith("describeTrainingJob")]
    assert described == [{"TrainingJobName": second}]


def test_adopts_the_job_that_an_unanswered_call_created(run: Run, service_error: Any) -> None:
    lost = service_error("States.Timeout", "no answer")
    output, machine = run(createTrainingJob=answers(lost))

    [job] = created(machine)
    assert "Train 1 look up" in machine.path
    assert output["training_job"] == job["TrainingJobName"]


def test_throttling_under_the_general_error_name_is_retried(run: Run, service_error: Any) -> None:
    throttled = service_error("SageMaker.AmazonSageMakerException", "Rate exceeded (Status 400)")
    missing = service_error("SageMaker.AmazonSageMakerException", "Requested resource not found")
    output, machine = run(
        *[missing] * 5, COMPLETED, createTrainingJob=answers(throttled, {"TrainingJobArn": "arn"})
    )

    assert "Train 1 back off" in machine.path
    assert output["instance_type"] == "ml.g5.xlarge"


def test_fails_when_the_job_is_refused(run: Run, service_error: Any) -> None:
    refused = service_error(
        "SageMaker.AmazonSageMakerException", "ValidationException: no such role"
    )
    missing = service_error("SageMaker.AmazonSageMakerException", "Requested resource not found")
    output, machine = run(missing, createTrainingJob=answers(refused))

    assert len(created(machine)) == 1
    assert output == {
        "Error": "TrainFailed",
        "Cause": "step train: SageMaker.AmazonSageMakerException: "
        "ValidationException: no such role",
    }


def test_a_quota_of_zero_leads_to_the_next_rung(run: Run, service_error: Any) -> None:
    limit = service_error("SageMaker.ResourceLimitExceededException", "quota is 0")
    output, _ = run(createTrainingJob=answers(limit, {"TrainingJobArn": "arn"}))

    [attempt] = output["attempts"]
    assert (attempt["status"], attempt["reason"]) == ("NotCreated", "quota is 0")
    assert output["instance_type"] == "ml.m5.xlarge"


def test_fails_when_a_starved_job_cannot_be_stopped(run: Run, service_error: Any) -> None:
    denied = service_error("SageMaker.SageMakerException", "AccessDenied")
    output, _ = run(STARTING, stopTrainingJob=answers(denied))

    assert output["Cause"] == "step train: SageMaker.SageMakerException: AccessDenied"


def test_a_job_that_ends_while_it_is_stopped_counts(run: Run, service_error: Any) -> None:
    ended = service_error("SageMaker.SageMakerException", "the job has already ended")
    output, _ = run(*[STARTING] * 3, COMPLETED, stopTrainingJob=answers(ended))

    assert output["instance_type"] == "ml.g5.xlarge"


@pytest.mark.parametrize(
    ("service", "step"),
    [
        ("describeImages", "image"),
        ("listObjectVersions", "dataset"),
        ("createProcessingJob", "quality"),
        ("getObject", "quality"),
        ("describeTrainingJob", "train"),
        ("createModelPackage", "register"),
        ("listObjectsV2", "known"),
        ("listModelPackages", "incumbent"),
        ("putObject", "record"),
        ("putMetricData", "savings"),
        ("publish", "notify"),
    ],
)
def test_no_failure_is_silent(run: Run, service_error: Any, service: str, step: str) -> None:
    broken = service_error("Service.Broken", "it broke")
    output, _ = run(**{service: answers(broken)})

    assert output == {
        "Error": f"{step.capitalize()}Failed",
        "Cause": f"step {step}: Service.Broken: it broke",
    }


@pytest.mark.parametrize("rungs", [1, 2])
def test_a_job_that_nobody_can_watch_is_stopped(
    run: Run, settings: TrainingPipelineSettings, service_error: Any, rungs: int
) -> None:
    lost = answers(service_error("Service.Broken", "it broke"))
    output, machine = run(
        given=replace(settings, ladder=settings.ladder[:rungs]), describeTrainingJob=lost
    )

    [job] = created(machine)
    stopped = [request for call, request in machine.calls if call.endswith("stopTrainingJob")]
    assert stopped == [{"TrainingJobName": job["TrainingJobName"]}]
    assert output["Cause"] == "step train: Service.Broken: it broke"


def test_takes_the_newest_image_of_all_pages(run: Run) -> None:
    old = {"ImageDigest": "sha256:" + "b" * 64, "ImagePushedAt": "2026-11-19T00:00:00Z"}
    new = {"ImageDigest": DIGEST, "ImagePushedAt": "2026-11-20T00:00:00Z"}
    older = {"ImageDigest": "sha256:" + "c" * 64, "ImagePushedAt": "2026-11-01T00:00:00Z"}
    output, machine = run(
        describeImages=answers(
            {"ImageDetails": [old, new], "NextToken": "more"}, {"ImageDetails": [older]}
        )
    )

    assert output["image_digest"] == DIGEST
    tokens = [r.get("NextToken") for call, r in machine.calls if call.endswith("describeImages")]
    assert tokens == [None, "more"]


def test_fails_without_an_image(run: Run) -> None:
    output, _ = run(describeImages=answers({"ImageDetails": []}))

    assert output["Cause"] == (
        "step image: ImageNotFound: repository churn/churn of account 111111111111 has no tagged "
        "image"
    )


def test_fails_without_data(run: Run) -> None:
    output, _ = run(listObjectVersions=answers({"IsTruncated": False}))

    assert output["Cause"] == (
        "step dataset: DatasetEmpty: no object below s3://churn-customers/current/"
    )


def test_the_dataset_version_depends_on_current_objects_only(run: Run) -> None:
    def entry(key: str, version: str, latest: bool = True) -> dict[str, Any]:
        return {"Key": key, "VersionId": version, "ETag": '"e"', "IsLatest": latest}

    def version(*pages: list[dict[str, Any]]) -> str:
        more = {"IsTruncated": True, "NextKeyMarker": "k", "NextVersionIdMarker": "v"}
        listed = [{"Versions": page, **more} for page in pages]
        listed[-1] = {"Versions": pages[-1], "IsTruncated": False}
        output, _ = run(listObjectVersions=answers(*listed))
        return str(output["dataset_version"])

    plain = version([entry("a", "1"), entry("b", "1")])

    assert version([entry("a", "1")], [entry("b", "1")]) == plain
    assert version([entry("a", "1"), entry("a", "0", latest=False), entry("b", "1")]) == plain
    assert version([entry("a", "2"), entry("b", "1")]) != plain
    assert version([entry("a", "1")]) != plain


def test_the_fingerprint_changes_with_all_that_makes_a_model(
    settings: TrainingPipelineSettings, run: Run
) -> None:
    def fingerprint(given: TrainingPipelineSettings = settings, **parameters: str) -> str:
        output, _ = run(given=given, parameters=parameters)
        return str(output["fingerprint"])

    def tuned_fingerprint() -> str:
        output, _ = run(
            given=replace(settings, **TUNED),
            createHyperParameterTuningJob=answers({"HyperParameterTuningJobArn": "arn"}),
            describeHyperParameterTuningJob=answers(
                {
                    "HyperParameterTuningJobStatus": "Completed",
                    "TrainingJobStatusCounters": {"Completed": 4},
                    "BestTrainingJob": {"TrainingJobName": "best"},
                }
            ),
            listTrainingJobsForHyperParameterTuningJob=answers({"TrainingJobSummaries": []}),
        )
        return str(output["fingerprint"])

    plain = fingerprint()
    entrypoint = replace(settings, training_entrypoint=("python", "other.py"))
    found = [
        plain,
        fingerprint(learning_rate="0.2"),
        fingerprint(replace(settings, hyperparameters=(("label", "churned"),))),
        fingerprint(entrypoint),
        fingerprint(replace(settings, serving_image_repository="churn/serve")),
        tuned_fingerprint(),
    ]

    assert len(set(found)) == len(found)
    assert len(plain) == 64
    same = replace(settings, hyperparameters=(("label", "churned"), ("learning_rate", "0.2")))
    assert fingerprint(same) == found[1]
    assert fingerprint(force="yes", champion="skip", code_version="abc") == plain


def test_a_hyperparameter_of_the_execution_reaches_the_job(run: Run) -> None:
    _, machine = run(parameters={"learning_rate": 0.3})

    [job] = created(machine)
    assert job["HyperParameters"] == {"label": "churned", "learning_rate": "0.3"}


def recorded(request: dict[str, Any]) -> dict[str, Any]:
    return {"Contents": [{"Key": request["Prefix"]}]}


def test_a_known_model_is_named_and_nothing_is_trained(run: Run) -> None:
    output, machine = run(
        listObjectsV2=recorded,
        getObject=answers({"Body": {"model_package_arn": "arn:package/1"}}),
    )

    assert (output["reused"], output["model_package_arn"]) == ("yes", "arn:package/1")
    assert (output["training_job"], output["training_seconds"]) == ("", 0)
    calls = {integration.split(":")[-1] for integration, _ in machine.calls}
    assert not calls & {"createTrainingJob", "createProcessingJob.sync", "createModelPackage"}
    [message] = published(machine)
    assert message["Subject"] == "churn prod: churn has not changed"
    assert "those of arn:package/1" in message["Message"]


def test_force_trains_what_is_known(run: Run) -> None:
    output, machine = run(listObjectsV2=recorded, parameters={"force": "yes"})

    assert output["reused"] == "no"
    assert len(created(machine)) == 1


def test_a_new_model_is_recorded_and_told(run: Run) -> None:
    output, machine = run(parameters={"code_version": "4f2a"})

    [record] = [request for call, request in machine.calls if call.endswith("putObject")]
    assert record["Key"] == f"churn/fingerprints/{output['fingerprint']}.json"
    assert record["Body"] == {"model_package_arn": "arn:package/1"}
    [message] = published(machine)
    assert message["Subject"] == "churn prod: churn has a new version"
    assert "registered, waiting for approval: arn:package/1" in message["Message"]
    [package] = [request for call, request in machine.calls if call.endswith("createModelPackage")]
    metadata = package["CustomerMetadataProperties"]
    evaluation = metadata["groundplan.cases_uri"].removesuffix("cases.json")
    assert evaluation.startswith("s3://churn-artifacts/evaluations/churn/")
    assert metadata["groundplan.baseline_uri"] == f"{evaluation}baseline.jsonl"
    assert metadata["groundplan.code_version"] == "4f2a"
    assert "groundplan.parent_model" not in metadata


def test_publishes_what_spot_capacity_saved(run: Run) -> None:
    _, machine = run()

    [request] = [request for call, request in machine.calls if call.endswith("putMetricData")]
    assert request["Namespace"] == "groundplan/churn"
    values = {datum["MetricName"]: datum["Value"] for datum in request["MetricData"]}
    assert values == {"SavingsPercent": 70, "TrainingSeconds": 100, "BillableSeconds": 30}


def test_approves_at_once_where_nobody_is_asked(
    settings: TrainingPipelineSettings, run: Run
) -> None:
    _, machine = run(given=replace(settings, approve_on_registration=True))

    [package] = [request for call, request in machine.calls if call.endswith("createModelPackage")]
    assert package["ModelApprovalStatus"] == "Approved"
    assert "registered, approved: " in published(machine)[0]["Message"]


def published(machine: Any) -> list[dict[str, Any]]:
    return [arguments for call, arguments in machine.calls if call == "sns:publish"]


def evaluated(machine: Any) -> dict[str, tuple[str, list[str]]]:
    """Model and arguments of each evaluation, by the folder that it was measured on and its key."""
    found = {}
    for call, request in machine.calls:
        if call.endswith("createProcessingJob.sync") and "-quality-" not in str(request):
            model, data = (item["S3Input"]["S3Uri"] for item in request["ProcessingInputs"])
            step = request["ProcessingJobName"].split("-", 4)[4].rsplit("-", 1)[0]
            arguments = request["AppSpecification"].get("ContainerArguments", [])
            found[step] = (f"{model} {data}", arguments)
    return found


COMPARED = (RegressionBound(metric="auc", goal="maximize", max_regression=0.05),)


def test_a_champion_is_measured_on_the_same_data(
    settings: TrainingPipelineSettings, run: Run
) -> None:
    given = replace(
        settings,
        regressions=COMPARED,
        future_regressions=COMPARED,
        future_bounds=(MetricBound(metric="auc", min=0.8),),
    )
    listed = answers({"ModelPackageSummaryList": [{"ModelPackageArn": "arn:package/0"}]})
    output, machine = run(given=given, listModelPackages=listed)

    new = COMPLETED["ModelArtifacts"]["S3ModelArtifacts"]  # type: ignore[index]
    old = "s3://churn-artifacts/champion.tar.gz"
    data = "s3://churn-customers/current/"
    assert evaluated(machine) == {
        "evaluate": (f"{new} {data}test/", []),
        "future": (f"{new} {data}future/", ["--metrics-only"]),
        "champion": (f"{old} {data}test/", ["--metrics-only"]),
        "champ-future": (f"{old} {data}future/", ["--metrics-only"]),
    }
    assert output["model_package_arn"] == "arn:package/1"
    [package] = [request for call, request in machine.calls if call.endswith("createModelPackage")]
    assert package["CustomerMetadataProperties"]["groundplan.parent_model"] == "arn:package/0"

    _, alone = run(given=given)
    assert sorted(evaluated(alone)) == ["evaluate", "future"]
    _, skipped = run(given=given, listModelPackages=listed, parameters={"champion": "skip"})
    assert sorted(evaluated(skipped)) == ["evaluate", "future"]


@pytest.mark.parametrize(
    ("field", "step"), [("future_bounds", "gate_future"), ("future_regressions", "gate_champ_f")]
)
def test_fails_on_future_data_alone(
    settings: TrainingPipelineSettings, run: Run, field: str, step: str
) -> None:
    def get_object(request: dict[str, Any]) -> dict[str, Any]:
        auc = 0.7 if request["Key"].endswith("/future/evaluation.json") else 0.9
        return {"Body": {"passed": True, "metrics": {"auc": auc, "log_loss": 0.3}}}

    bounds: Any = (MetricBound(metric="auc", min=0.8),) if field == "future_bounds" else COMPARED
    output, _ = run(
        given=replace(settings, **{field: bounds}),
        getObject=get_object,
        listModelPackages=answers(
            {"ModelPackageSummaryList": [{"ModelPackageArn": "arn:package/0"}]}
        ),
    )

    assert output["Cause"].startswith(f"step {step}: ")
    assert "metric auc is 0.7" in output["Cause"]


def test_fairness_is_measured_by_the_evaluation(
    settings: TrainingPipelineSettings, run: Run
) -> None:
    given = replace(
        settings,
        fairness=FairnessSettings(
            label="churned",
            positive="1",
            threshold=0.5,
            bounds=(
                FairnessBound(facet="country", measure="fpr_gap", max=0.1),
                FairnessBound(facet="country", measure="fnr_gap", max=0.1),
            ),
        ),
    )
    gaps = {"fpr_gap": 0.3, "fnr_gap": 0.05}
    output, machine = run(given=given, evaluation={**GOOD, "fairness": {"country": gaps}})

    assert evaluated(machine)["evaluate"][1] == [
        *("--label", "churned", "--positive", "1", "--threshold", "0.5", "--facets", "country")
    ]
    assert output == {
        "Error": "UnfairModel",
        "Cause": "step fairness: UnfairModel: the model treats groups differently: fpr_gap of facet "
        "country is 0.3, above its maximum 0.1",
    }


def test_a_failed_run_is_told_and_becomes_an_event(run: Run) -> None:
    output, machine = run(FAILED | {"FailureReason": "AlgorithmError: exit code 1"})

    assert output["Error"] == "TrainFailed"
    [message] = published(machine)
    assert message["Subject"] == "churn prod: churn could not be trained"
    assert "in step train with TrainFailed\nstep train: Failed Failed: job" in message["Message"]
    [(_, request)] = [item for item in machine.calls if item[0] == "events:putEvents"]
    [entry] = request["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("groundplan.churn", "Training Failed")
    assert entry["Detail"]["model"] == "churn"
    assert "AlgorithmError" in entry["Detail"]["cause"]


def test_the_own_error_remains_when_nobody_can_be_told(run: Run, service_error: Any) -> None:
    broken = answers(service_error("SNS.NotFound", "no topic"))
    output, _ = run(FAILED, publish=broken, putEvents=broken)

    assert output["Error"] == "TrainFailed"


def test_a_separate_serving_image_is_resolved_too(settings: TrainingPipelineSettings) -> None:
    built = training_pipeline(replace(settings, serving_image_repository="churn/serve"))

    assert [step.id for step in built.order()][:2] == ["image", "serving"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dataset_uri": "s3://churn-customers/current"},
            (
                "settings.dataset_uri: must be an S3 URI that ends with a slash, "
                "got 's3://churn-customers/current'; use s3://BUCKET/PREFIX/"
            ),
        ),
        (
            {"bounds": (MetricBound(metric="auc"),)},
            "settings.bounds[auc]: bounds nothing, got None; set min or max, or remove it",
        ),
        (
            {"bounds": (MetricBound(metric="auc", min=0.1), MetricBound(metric="auc", max=0.9))},
            "settings.bounds[auc]: one metric has several bounds, got 2; merge them into one",
        ),
        (
            {"max_wait_seconds": 60},
            (
                "steps[train].max_wait_seconds: must be at least the job's max_runtime_seconds, "
                "got 60; use 3600 or more"
            ),
        ),
        ({"ladder": ()}, "steps[train].ladder: training needs a rung, got (); add one"),
        (
            {"job_prefix": "p" * 31},
            (
                "steps[evaluate].job.job_prefix: must have at most 30 characters, none of them _, "
                f"got '{'p' * 31}'; shorten it"
            ),
        ),
        (
            {"quality_rules": "[" + " " * 20_000 + "]"},
            (
                "steps[quality].job.arguments: must be at most 100 of 256 characters each, "
                "got '104 of at most 200'; for a data-quality check, use fewer or shorter rules"
            ),
        ),
    ],
)
def test_fails_on_settings_that_cannot_work(
    settings: TrainingPipelineSettings, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        definition(training_pipeline(replace(settings, **changes)))

    assert str(caught.value) == message
