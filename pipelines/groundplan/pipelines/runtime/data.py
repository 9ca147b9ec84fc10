"""Steps that find out what a run is about to use, and whether it was used before."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from groundplan.pipelines.runtime.base import (
    NOT_THERE,
    Outputs,
    Run,
    Step,
    StepFailed,
    bucket_and_key,
)


def compact(value: Any) -> str:
    """JSON as JSONata's ``$string`` writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def sha256(text: str) -> str:
    """The digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def resolve_image(given: Step, run: Run) -> Outputs:
    """The tagged image that was pushed last."""
    pages = run.client("ecr").get_paginator("describe_images")
    newest: Mapping[str, Any] | None = None
    for page in pages.paginate(
        registryId=given["registry_account"],
        repositoryName=given["repository"],
        filter={"tagStatus": "TAGGED"},
    ):
        for image in page["imageDetails"]:
            if newest is None or image["imagePushedAt"] > newest["imagePushedAt"]:
                newest = image
    if newest is None:
        raise StepFailed(
            "ImageNotFound",
            f"repository {given['repository']} of account {given['registry_account']} "
            "has no tagged image",
        )
    digest = newest["imageDigest"]
    return {
        "digest": digest,
        "uri": f"{given['registry_host']}/{given['repository']}@{digest}",
    }


def resolve_dataset(given: Step, run: Run) -> Outputs:
    """One version for all current objects, released where that is asked for, and the expected one."""
    found = current_version(given["uri"], run.client("s3"))
    version, expected = found["version"], given["expected"]
    if expected is not None and version != expected:
        raise StepFailed(
            "DatasetChanged",
            f"below {given['uri']} something has changed: version {version} instead of {expected}",
        )
    if given["releases_uri"] is None:
        return found
    bucket, prefix = bucket_and_key(given["releases_uri"])
    below = f"{prefix}{version}/"
    listed = run.client("s3").list_objects_v2(Bucket=bucket, Prefix=below, MaxKeys=1)
    if not listed.get("Contents"):
        raise StepFailed(
            "DatasetNotReleased",
            f"what is below {given['uri']} is no release: version {version}",
        )
    return {**found, "release": listed["Contents"][0]["Key"].removeprefix(below)}


def current_version(uri: str, s3: Any) -> Outputs:
    """One version for all current objects below a URI; the same one that the state machines derive."""
    bucket, prefix = bucket_and_key(uri)
    pages = s3.get_paginator("list_object_versions")
    version, objects = "", 0
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Versions", []):
            if item["IsLatest"]:
                known = compact([item["Key"], item["VersionId"], item["ETag"]])
                version = sha256(f"{version} {known}")
                objects += 1
    if objects == 0:
        raise StepFailed("DatasetEmpty", f"no object below {uri}")
    return {"version": version, "objects": objects}


def quiet_dataset(given: Step, run: Run) -> Outputs:
    """The version of a prefix that has not changed for a while."""
    quiet_seconds = given["quiet_seconds"]
    waits = given["max_wait_seconds"] // quiet_seconds
    found = current_version(given["uri"], run.client("s3"))
    for _ in range(waits):
        run.sleep(quiet_seconds)
        before, found = found, current_version(given["uri"], run.client("s3"))
        if before == found:
            return found
    raise StepFailed(
        "NeverQuiet",
        f"below {given['uri']} something still changed after {waits * quiet_seconds} seconds",
    )


def fingerprint(given: Step, run: Run) -> Outputs:
    """The digest of the parts; the same one that the state machines derive."""
    return {"value": sha256(compact({name: value for name, value in given["parts"]}))}


def find_model(given: Step, run: Run) -> Outputs:
    """Whether the recorded version exists and was not rejected."""
    unknown = {"known": "no", "model_package_arn": ""}
    bucket, key = bucket_and_key(given["record_uri"])
    s3 = run.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if given["force"] == "yes" or [item["Key"] for item in listed] != [key]:
        return unknown
    record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    arn = record["model_package_arn"]
    sagemaker = run.client("sagemaker")
    try:
        package = sagemaker.describe_model_package(ModelPackageName=arn)
    except sagemaker.exceptions.ClientError as error:
        if NOT_THERE.search(str(error)):
            return unknown
        raise
    usable = package["ModelPackageStatus"] == "Completed"
    if not usable or package["ModelApprovalStatus"] == "Rejected":
        return unknown
    return {"known": "yes", "model_package_arn": arn}


def record_model(given: Step, run: Run) -> Outputs:
    """Writes which version came of a fingerprint."""
    bucket, key = bucket_and_key(given["record_uri"])
    run.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        Body=compact({"model_package_arn": given["model_package_arn"]}).encode(),
        ContentType="application/json",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=given["kms_key_id"],
    )
    return {}


def find_champion(given: Step, run: Run) -> Outputs:
    """The newest approved version of a group."""
    sagemaker = run.client("sagemaker")
    found = []
    if given["use"] != "skip":
        found = sagemaker.list_model_packages(
            ModelPackageGroupName=given["model_package_group_arn"],
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=1,
        )["ModelPackageSummaryList"]
    if not found:
        return {"known": "no", "model_package_arn": "", "artifact_uri": ""}
    arn = found[0]["ModelPackageArn"]
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    return {
        "known": "yes",
        "model_package_arn": arn,
        "artifact_uri": package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"],
    }


def read_model(given: Step, run: Run) -> Outputs:
    """The status of a version, and what its lineage says."""
    package = run.client("sagemaker").describe_model_package(
        ModelPackageName=given["model_package_arn"]
    )
    facts = package.get("CustomerMetadataProperties", {})
    return {
        "approval_status": package["ModelApprovalStatus"],
        "artifact_uri": package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"],
        "baseline_uri": facts.get("groundplan.baseline_uri", ""),
        "cases_uri": facts.get("groundplan.cases_uri", ""),
        "fingerprint": facts.get("groundplan.fingerprint", ""),
    }


def lookup(given: Step, run: Run) -> Outputs:
    """One row of a table."""
    rows = {key: dict(cells) for key, cells in given["rows"]}
    if given["key"] not in rows:
        raise StepFailed("UnknownKey", f"{given['key']} is none of {', '.join(rows)}")
    return rows[given["key"]]
