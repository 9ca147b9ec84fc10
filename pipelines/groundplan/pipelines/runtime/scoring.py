"""Batch scoring and monitoring: which version, on what, where to, and what came of it."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from groundplan.pipelines.runtime.base import (
    Outputs,
    Run,
    Step,
    StepFailed,
    bucket_and_key,
    tags,
)
from groundplan.pipelines.runtime.jobs import (
    START_UP_SECONDS,
    begin,
    found,
    job_name,
    vpc_config,
    wait,
)

SUFFIX = ".out"


def transform(given: Step, run: Run) -> Outputs:
    """A batch transform; the model that it needs is deleted whatever happens."""
    sagemaker = run.client("sagemaker")
    model = f"{given['job_prefix']}-{run.short_id}-{given['id'].replace('_', '-')}"
    if found(lambda: sagemaker.describe_model(ModelName=model)) is None:
        sagemaker.create_model(
            ModelName=model,
            ExecutionRoleArn=given["execution_role_arn"],
            Containers=[{"ModelPackageName": given["model_package_arn"]}],
            EnableNetworkIsolation=True,
            Tags=tags(given["tags"]),
            **vpc_config(given["network"]),
        )
    left_behind = model
    try:
        name = begin(
            run,
            "Transform",
            lambda attempt: job_name(given, run, attempt),
            lambda name: sagemaker.create_transform_job(**transform_request(given, name, model)),
            lambda job: job["TransformJobStatus"] in ("Failed", "Stopped"),
        )
        wait(run, "Transform", name, given["max_runtime_seconds"] + START_UP_SECONDS)
    finally:
        with suppress(Exception):  # costs nothing and is no reason to lose the job's work
            sagemaker.delete_model(ModelName=model)
            left_behind = ""
    return {"job_name": name, "output_uri": given["output_uri"], "left_behind": left_behind}


def transform_request(given: Step, name: str, model: str) -> dict[str, Any]:
    """The arguments of CreateTransformJob."""
    resources = {
        "InstanceType": given["instance_type"],
        "InstanceCount": given["instance_count"],
    }
    if given["volume_key"]:
        resources["VolumeKmsKeyId"] = given["volume_kms_key_id"]
    source = {"S3DataType": "S3Prefix", "S3Uri": given["input_uri"]}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": given["content_type"],
            "SplitType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": given["output_uri"],
            "KmsKeyId": given["output_kms_key_id"],
            "Accept": "application/json",
        },
        "TransformResources": resources,
        "Tags": tags(given["tags"]),
    }


def target(given: Step, run: Run) -> Outputs:
    """The version that is about to score."""
    arn = given["model_package_arn"]
    package = run.client("sagemaker").describe_model_package(ModelPackageName=arn)
    container = package["InferenceSpecification"]["Containers"][0]
    version = arn.rsplit("/", 1)[1]
    return {
        "version": version,
        "image": container["Image"],
        "artifact_uri": container["ModelDataUrl"],
        "folder": f"dt={run.start_time[:10]}/version={version}/",
        "trained_on": package.get("CustomerMetadataProperties", {}).get(
            "groundplan.dataset_version", ""
        ),
    }


def manifest(given: Step, run: Run) -> Outputs:
    """Counts the predictions and writes what is known about them."""
    s3 = run.client("s3")
    uri = f"{given['output_uri']}manifest.json"
    bucket, prefix = bucket_and_key(given["output_uri"])
    predictions = sum(
        item["Key"].endswith(SUFFIX)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for item in page.get("Contents", [])
    )
    if predictions < given["expected"]:
        raise StepFailed(
            "PredictionsMissing", f"{predictions} predictions for {given['expected']} objects"
        )
    body = json.dumps({**dict(given["facts"]), "predictions": predictions})
    s3.put_object(
        Bucket=bucket,
        Key=bucket_and_key(uri)[1],
        Body=body.encode(),
        ContentType="application/json",
    )
    return {"manifest_uri": uri, "predictions": predictions}


def read_endpoint(given: Step, run: Run) -> Outputs:
    """The version that an endpoint serves."""
    sagemaker = run.client("sagemaker")
    endpoint = found(lambda: sagemaker.describe_endpoint(EndpointName=given["endpoint_name"]))
    if endpoint is None:
        return {"version": "none", "config_name": ""}
    config_name = endpoint["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
    name = config["ProductionVariants"][0]["ModelName"]
    model = sagemaker.describe_model(ModelName=name)
    container = model.get("PrimaryContainer") or model["Containers"][0]
    # A model that was not made of a registered version counts by its own name.
    version = container.get("ModelPackageName", f"model {name}")
    return {"version": version, "config_name": config_name}


def capture_window(given: Step, run: Run) -> Outputs:
    """Where the requests of the last whole period lie."""
    fallback, period = given["fallback"], given["period"]
    if not fallback:
        raise StepFailed(
            "NoBaseline",
            "the version that is served has no baseline to compare with; register one whose "
            "evaluation leaves baseline.jsonl",
            names_run=True,
        )
    begin, end = _window(given["until"] or run.start_time, period, given["delay_days"])
    pictures = {"hour": "%Y/%m/%d/%H/", "day": "%Y/%m/%d/", "week": "%Y/%m/", None: ""}
    moments = (begin, end - timedelta(milliseconds=1)) if period == "week" else (begin,)
    folders = dict.fromkeys(moment.strftime(pictures[period]) for moment in moments)
    bucket, prefix = bucket_and_key(given["uri"])
    uris, objects = [fallback, fallback], 0
    for index, folder in enumerate(folders):
        listed = run.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix + folder, MaxKeys=1)
        if listed["KeyCount"]:
            uris[index] = f"s3://{bucket}/{prefix}{folder}"
            objects += 1
    return {
        "objects": objects,
        "begin": _iso(begin),
        "end": _iso(end),
        "uri_0": uris[0],
        "uri_1": uris[1],
    }


def _window(until: str, period: str | None, delay_days: int) -> tuple[datetime, datetime]:
    moment = datetime.fromisoformat(until).astimezone(UTC)
    end = moment.replace(minute=0, second=0, microsecond=0)
    if period != "hour":
        end = end.replace(hour=0)
    end -= timedelta(days=delay_days)
    length = {"hour": timedelta(hours=1), "week": timedelta(days=7)}
    return end - length.get(str(period), timedelta(days=1)), end


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
