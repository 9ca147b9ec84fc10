import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_s3_assets as s3_assets

from groundplan.blueprints.plan.image_build import ImageBuildPlan, plan_image_build
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import RolePlan, plan_role, service_trust
from groundplan.constructs.cdk import ImageBuild

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


@pytest.fixture
def plan(place: Place) -> ImageBuildPlan:
    def role(id: str, service: str) -> RolePlan:
        return plan_role(
            id=id,
            role_name=f"renderer-{id.lower()}",
            place=place,
            path="/reports/",
            description="Builds images",
            trust=service_trust(service, place, None),
            duties=[],
            permissions_boundary=None,
        )

    return plan_image_build(
        image="renderer",
        place=place,
        project="reports",
        context="renderer",
        dockerfile="Dockerfile",
        repository_name="reports/renderer",
        repository_uri="111111111111.dkr.ecr.eu-west-1.amazonaws.com/reports/renderer",
        role=role("Role", "codebuild.amazonaws.com"),
        trigger_role=role("TriggerRole", "events.amazonaws.com"),
        stack_name="reports",
        log_group_name="/aws/codebuild/renderer",
        encryption_key_alias="alias/images",
    )


def test_builds_from_a_bucket(stack: cdk.Stack, plan: ImageBuildPlan, resources: Resources) -> None:
    ImageBuild(stack, "Build", plan=plan, source=("sources", "renderer/1.zip"))

    found = resources()
    assert sorted(found) == [
        "Build45A36621",
        "BuildRoleB7C66CB2",
        "BuildRuleA6B7277D",
        "BuildTriggerRoleC1A265DC",
    ]
    project = found["Build45A36621"]["Properties"]
    assert project["Source"] == {
        "BuildSpec": plan.buildspec,
        "Location": "sources/renderer/1.zip",
        "Type": "S3",
    }
    assert project["ServiceRole"] == plan.role.arn
    assert found["Build45A36621"]["DependsOn"] == ["BuildRoleB7C66CB2"]
    assert project["EncryptionKey"] == "alias/images"
    assert project["LogsConfig"] == {
        "CloudWatchLogs": {"GroupName": "/aws/codebuild/renderer", "Status": "ENABLED"}
    }
    environment = project["Environment"]
    assert environment["PrivilegedMode"] is True
    assert environment["ComputeType"] == plan.compute_type
    assert [item["Name"] for item in environment["EnvironmentVariables"]] == [
        "REPOSITORY_NAME",
        "REPOSITORY_URI",
        "IMAGE_TAG",
    ]


def test_completion_of_the_stack_starts_the_build(
    stack: cdk.Stack, plan: ImageBuildPlan, resources: Resources
) -> None:
    ImageBuild(stack, "Build", plan=plan, source=("sources", "renderer/1.zip"))

    rule = resources()["BuildRuleA6B7277D"]["Properties"]
    assert rule["EventPattern"] == plan.event_pattern
    assert rule["Targets"] == [
        {
            "Id": "Build",
            "Arn": {"Fn::GetAtt": ["Build45A36621", "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["BuildTriggerRoleC1A265DC", "Arn"]},
        }
    ]


def test_tag_follows_the_source(
    app: cdk.App, stack: cdk.Stack, plan: ImageBuildPlan, tmp_path: Path, resources: Resources
) -> None:
    (tmp_path / "renderer").mkdir()
    (tmp_path / "renderer" / "Dockerfile").write_text("FROM scratch\n")
    asset = s3_assets.Asset(stack, "Source", path=str(tmp_path / "renderer"))
    ImageBuild(stack, "Build", plan=plan, source=asset)

    project = resources()["Build45A36621"]["Properties"]
    tag = project["Environment"]["EnvironmentVariables"][-1]["Value"]
    assert tag == asset.asset_hash[:32]
    bucket = "cdk-hnb659fds-assets-111111111111-eu-west-1"
    assert project["Source"]["Location"] == f"{bucket}/{asset.asset_hash}.zip"
    assert "/tmp" not in json.dumps(project)


def test_no_finding(
    stack: cdk.Stack, plan: ImageBuildPlan, findings: Callable[[], list[str]]
) -> None:
    ImageBuild(stack, "Build", plan=plan, source=("sources", "renderer/1.zip"))

    assert findings() == []


def test_finding_on_an_unencrypted_build_shows_that_the_check_can_fail(
    stack: cdk.Stack, findings: Callable[[], list[str]]
) -> None:
    codebuild.CfnProject(
        stack,
        "Bare",
        service_role="arn:aws:iam::111111111111:role/build",
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        source={"type": "NO_SOURCE", "buildSpec": "{}"},
    )

    assert findings() == ["AwsSolutions-CB4 Test/Bare"]
