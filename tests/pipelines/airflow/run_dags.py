# mypy: ignore-errors
"""Loads and runs DAG files with Airflow's own parts, on moto; needs nothing of groundplan.

Run by the interpreter of Airflow's environment: FOLDER holds the DAG files, and SCENARIOS is JSON: a
list of ``{"dag", "conf", "reports"}``. Prints one line of JSON. All runs share one AWS.
"""

import json
import sys

import boto3
import botocore.client
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag

REGION = "eu-west-1"
BUCKETS = ("churn-customers", "churn-artifacts", "churn-prod-work", "churn-prod-predictions")


def load(folder):
    try:
        return DagBag(folder, include_examples=False)
    except TypeError:
        return DagBag(folder)


def prepare():
    s3 = boto3.client("s3")
    for name in BUCKETS:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        versioning = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    s3.put_object(Bucket="churn-customers", Key="current/train/a.csv", Body=b"1")
    ecr = boto3.client("ecr")
    ecr.create_repository(repositoryName="churn/churn")
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {"digest": "sha256:" + "0" * 64},
        "layers": [],
    }
    ecr.put_image(repositoryName="churn/churn", imageManifest=json.dumps(manifest), imageTag="one")
    boto3.client("sns").create_topic(Name="churn-prod-alerts")
    boto3.client("events").create_event_bus(Name="churn-prod-events")
    boto3.client("sagemaker").create_model_package_group(
        ModelPackageGroupName="churn-churn", ModelPackageGroupDescription="d"
    )


def leave_reports(reports):
    """A processing job leaves the report that the scenario has for its entrypoint."""
    original = botocore.client.BaseClient._make_api_call

    def call(self, operation, arguments):
        group = arguments.get("ModelPackageGroupName", "")
        if group.startswith("arn:"):  # which moto does not take
            arguments["ModelPackageGroupName"] = group.rsplit("/", 1)[1]
        answer = original(self, operation, arguments)
        if operation == "CreateProcessingJob":
            program = arguments["AppSpecification"]["ContainerEntrypoint"][-1]
            name, body = reports[program]
            [output] = arguments["ProcessingOutputConfig"]["Outputs"]
            bucket, _, prefix = output["S3Output"]["S3Uri"].removeprefix("s3://").partition("/")
            boto3.client("s3").put_object(
                Bucket=bucket, Key=f"{prefix}{name}", Body=json.dumps(body).encode()
            )
        return answer

    botocore.client.BaseClient._make_api_call = call
    return original


def left_behind():
    sagemaker = boto3.client("sagemaker")
    packages = sagemaker.list_model_packages(ModelPackageGroupName="churn-churn")
    jobs = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    notifications = [
        (item[2], item[1])
        for topic in sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics.values()
        for item in topic.sent_notifications
    ]
    return {
        "versions": [
            sagemaker.describe_model_package(ModelPackageName=item["ModelPackageArn"])
            for item in packages["ModelPackageSummaryList"]
        ],
        "training_jobs": [
            sagemaker.describe_training_job(TrainingJobName=item["TrainingJobName"])
            for item in jobs
        ],
        "processing_jobs": len(sagemaker.list_processing_jobs()["ProcessingJobSummaries"]),
        "notifications": notifications,
    }


def main():
    bag = load(sys.argv[1])
    found = {"errors": bag.import_errors, "dags": sorted(bag.dags), "runs": []}
    with mock_aws():
        prepare()
        for scenario in json.loads(sys.argv[2]):
            original = leave_reports(scenario["reports"])
            run = bag.dags[scenario["dag"]].test(run_conf=scenario["conf"])
            botocore.client.BaseClient._make_api_call = original
            tasks = {item.task_id: str(item.state) for item in run.get_task_instances()}
            found["runs"].append({"state": str(run.state), "tasks": tasks, **left_behind()})
    print("\n" + json.dumps(found, default=str))


main()
