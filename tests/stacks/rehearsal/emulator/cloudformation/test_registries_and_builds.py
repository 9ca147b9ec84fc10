import json
from typing import Any

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 14,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
TEXT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "ecr:BatchGetImage"}
    ],
}


def _repository(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::ECR::Repository",
        "Properties": {
            "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": KEY},
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE",
            "LifecyclePolicy": {"LifecyclePolicyText": LIFECYCLE},
            "RepositoryName": "churn/training",
            "RepositoryPolicyText": TEXT,
            "Tags": [{"Key": "project", "Value": "churn"}],
            **properties,
        },
    }


def test_a_repository_is_immutable_scanned_and_encrypted(stacks: Any) -> None:
    stacks.create({"Repository": _repository()})
    assert stacks.failures() == []
    ecr = stacks.client("ecr")
    [found] = ecr.describe_repositories()["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": KEY}
    name = {"repositoryName": "churn/training"}
    assert json.loads(ecr.get_repository_policy(**name)["policyText"]) == TEXT
    assert json.loads(ecr.get_lifecycle_policy(**name)["lifecyclePolicyText"]) == json.loads(
        LIFECYCLE
    )
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert tags == [{"Key": "project", "Value": "churn"}]

    changed = _repository(
        ImageScanningConfiguration={"ScanOnPush": False},
        ImageTagMutability="MUTABLE",
        Tags=[{"Key": "project", "Value": "vision"}],
    )
    del changed["Properties"]["RepositoryPolicyText"]
    stacks.update({"Repository": changed})
    assert stacks.failures() == []
    [found] = ecr.describe_repositories()["repositories"]
    assert found["imageTagMutability"] == "MUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": False}
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert tags == [{"Key": "project", "Value": "vision"}]
    stacks.delete()
    assert ecr.describe_repositories()["repositories"] == []


def _project(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CodeBuild::Project",
        "Properties": {
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "ConcurrentBuildLimit": 1,
            "Description": "builds the training image",
            "EncryptionKey": KEY,
            "Environment": {
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "EnvironmentVariables": [{"Name": "REPOSITORY", "Value": "churn/training"}],
                "Image": "aws/codebuild/standard:7.0",
                "PrivilegedMode": True,
                "Type": "LINUX_CONTAINER",
            },
            "LogsConfig": {"CloudWatchLogs": {"GroupName": "/images", "Status": "ENABLED"}},
            "Name": "churn-training-image",
            "ServiceRole": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/build"},
            "Source": {"Type": "S3", "Location": "bucket/source.zip", "BuildSpec": "version: 0.2"},
            "Tags": [{"Key": "project", "Value": "churn"}],
            "TimeoutInMinutes": 60,
            **properties,
        },
    }


def test_a_build_project_is_as_the_template_says(stacks: Any) -> None:
    stacks.create({"Project": _project()})
    assert stacks.failures() == []
    codebuild = stacks.client("codebuild")
    [found] = codebuild.batch_get_projects(names=["churn-training-image"])["projects"]
    assert found["encryptionKey"] == KEY
    assert found["concurrentBuildLimit"] == 1
    assert found["environment"]["privilegedMode"] is True
    assert found["environment"]["environmentVariables"] == [
        {"name": "REPOSITORY", "value": "churn/training"}
    ]
    assert found["logsConfig"]["cloudWatchLogs"] == {"groupName": "/images", "status": "ENABLED"}
    assert found["source"]["buildspec"] == "version: 0.2"
    assert found["timeoutInMinutes"] == 60

    stacks.update({"Project": _project(TimeoutInMinutes=30)})
    assert stacks.failures() == []
    [found] = codebuild.batch_get_projects(names=["churn-training-image"])["projects"]
    assert found["timeoutInMinutes"] == 30
    stacks.delete()
    assert codebuild.list_projects()["projects"] == []
