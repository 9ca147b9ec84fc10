"""Steps that look for registered versions."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import FindChampion, FindModel, ReadModel, RecordModel, Step
from groundplan.pipelines.values import Execution, Join, Parameter, TextOutput

GROUP = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn-churn"
VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/7"
RECORD = Join(("s3://churn-prod-work/churn/fingerprints/", Execution("short_id"), ".json"))
DESCRIBED: Mapping[str, Any] = {
    "ModelPackageStatus": "Completed",
    "ModelApprovalStatus": "Approved",
    "InferenceSpecification": {
        "Containers": [{"Image": "i", "ModelDataUrl": "s3://churn-artifacts/model.tar.gz"}]
    },
    "CustomerMetadataProperties": {"groundplan.cases_uri": "s3://a/cases.json"},
}


def run(machine: Any, step: Step, services: Any, given: Mapping[str, Any] | None = None) -> Any:
    """The outputs of one step, or the error that it ends with, and the machine."""
    pipeline = Pipeline(
        name="p",
        parameters=tuple(
            ParameterSpec(name=name, default=default, description="")
            for name, default in (("force", "no"), ("champion", "compare"))
        ),
        steps=(step,),
        outputs=tuple((name, TextOutput(step.id, name)) for name in step.outputs()),
        timeout_seconds=60,
    )
    built = machine(definition(pipeline), services, given or {})
    return built.run(), built


def known(machine: Any, described: Any = DESCRIBED, **given: Any) -> Any:
    def list_objects(request: dict[str, Any]) -> dict[str, Any]:
        return {"Contents": [{"Key": request["Prefix"]}]}

    def describe(_: dict[str, Any]) -> Any:
        if isinstance(described, Exception):
            raise described
        return described

    step = FindModel(id="known", record_uri=RECORD, force=Parameter("force"))
    services = {
        "listObjectsV2": list_objects,
        "getObject": lambda _: {"Body": json.dumps({"model_package_arn": VERSION})},
        "describeModelPackage": describe,
    }
    return run(machine, step, services | given.pop("services", {}), given)


def test_a_recorded_version_is_known_while_it_is_registered(machine: Any) -> None:
    output, built = known(machine)

    assert output == {"known": "yes", "model_package_arn": VERSION}
    [(_, listed), (_, read), (_, asked)] = built.calls
    assert listed["Prefix"] == read["Key"]
    assert asked == {"ModelPackageName": VERSION}


@pytest.mark.parametrize(
    "listed", [{}, {"Contents": [{"Key": "churn/fingerprints/other.json.bak"}]}]
)
def test_nothing_is_read_where_there_is_no_record(machine: Any, listed: Any) -> None:
    output, built = known(machine, services={"listObjectsV2": lambda _: listed})

    assert output == {"known": "no", "model_package_arn": ""}
    assert len(built.calls) == 1


def test_force_asks_for_nothing(machine: Any) -> None:
    output, built = known(machine, force="yes")

    assert output["known"] == "no"
    assert built.calls == []


@pytest.mark.parametrize(
    "change", [{"ModelApprovalStatus": "Rejected"}, {"ModelPackageStatus": "Failed"}]
)
def test_a_version_that_was_rejected_or_broke_is_not_known(machine: Any, change: Any) -> None:
    output, _ = known(machine, {**DESCRIBED, **change})

    assert output["known"] == "no"


def test_a_version_that_was_deleted_is_not_known(machine: Any, service_error: Any) -> None:
    gone = service_error("SageMaker.SageMakerException", f"ModelPackage {VERSION} does not exist.")
    output, _ = known(machine, gone)

    assert output["known"] == "no"


def test_fails_when_the_registry_refuses_to_say(machine: Any, service_error: Any) -> None:
    refused = service_error("SageMaker.SageMakerException", "AccessDenied")
    output, _ = known(machine, refused)

    assert output == {
        "Error": "KnownFailed",
        "Cause": "step known: SageMaker.SageMakerException: AccessDenied",
    }


@pytest.mark.parametrize("service", ["listObjectsV2", "getObject"])
def test_fails_when_the_record_cannot_be_read(
    machine: Any, service_error: Any, service: str
) -> None:
    def broken(_: dict[str, Any]) -> Any:
        raise service_error("S3.S3Exception", "Access Denied")

    output, _ = known(machine, services={service: broken})

    assert output["Cause"] == "step known: S3.S3Exception: Access Denied"


def test_a_record_is_encrypted_under_the_key_that_is_named(machine: Any) -> None:
    step = RecordModel(
        id="record", record_uri=RECORD, kms_key_id="arn:key", model_package_arn=VERSION
    )
    _, built = run(machine, step, {"putObject": lambda _: {}})

    [(_, request)] = built.calls
    assert request["Body"] == {"model_package_arn": VERSION}
    assert (request["ServerSideEncryption"], request["SSEKMSKeyId"]) == ("aws:kms", "arn:key")
    assert request["Key"].startswith("churn/fingerprints/")


def champion(machine: Any, listed: Any, **given: Any) -> Any:
    step = FindChampion(id="incumbent", model_package_group_arn=GROUP, use=Parameter("champion"))
    services = {
        "listModelPackages": lambda _: {"ModelPackageSummaryList": listed},
        "describeModelPackage": lambda _: DESCRIBED,
    }
    return run(machine, step, services, given)


def test_the_champion_is_the_newest_approved_version(machine: Any) -> None:
    output, built = champion(machine, [{"ModelPackageArn": VERSION}])

    assert output == {
        "known": "yes",
        "model_package_arn": VERSION,
        "artifact_uri": "s3://churn-artifacts/model.tar.gz",
    }
    _, listed = built.calls[0]
    assert (listed["ModelApprovalStatus"], listed["SortOrder"]) == ("Approved", "Descending")


def test_there_may_be_no_champion(machine: Any) -> None:
    none = {"known": "no", "model_package_arn": "", "artifact_uri": ""}

    assert champion(machine, [])[0] == none
    output, built = champion(machine, [{"ModelPackageArn": VERSION}], champion="skip")
    assert output == none
    assert built.calls == []


def test_reads_a_version_and_what_its_lineage_lacks(machine: Any) -> None:
    step = ReadModel(id="model", model_package_arn=VERSION)
    output, _ = run(machine, step, {"describeModelPackage": lambda _: DESCRIBED})

    assert output == {
        "approval_status": "Approved",
        "artifact_uri": "s3://churn-artifacts/model.tar.gz",
        "cases_uri": "s3://a/cases.json",
        "baseline_uri": "",
        "fingerprint": "",
    }
    foreign = {"ModelApprovalStatus": "Approved"}
    output, _ = run(machine, step, {"describeModelPackage": lambda _: foreign})
    assert output["cases_uri"] == output["artifact_uri"] == ""


@pytest.mark.parametrize(
    ("step", "service"),
    [
        (ReadModel(id="step", model_package_arn=VERSION), "describeModelPackage"),
        (FindChampion(id="step", model_package_group_arn=GROUP), "listModelPackages"),
        (
            RecordModel(id="step", record_uri=RECORD, kms_key_id="k", model_package_arn=VERSION),
            "putObject",
        ),
    ],
)
def test_fails_as_its_service_does(
    machine: Any, service_error: Any, step: Step, service: str
) -> None:
    def broken(_: dict[str, Any]) -> Any:
        raise service_error("Service.Broken", "it broke")

    output, _ = run(machine, step, {service: broken})

    assert output == {"Error": "StepFailed", "Cause": "step step: Service.Broken: it broke"}
