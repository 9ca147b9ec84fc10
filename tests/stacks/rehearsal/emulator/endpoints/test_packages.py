import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

TOOLING = "111111111111"
ROLE = "arn:aws:iam::222222222222:role/model"


def _refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_package_is_registered_in_another_account(world: Any) -> None:
    group = world.group("shared", shared=True)

    arn = world.register(group)

    assert arn == "arn:aws:sagemaker:eu-west-1:111111111111:model-package/shared/1"
    for account in (TOOLING, "222222222222"):
        found = world.sagemaker(account).describe_model_package(ModelPackageName=arn)
        assert found["ModelApprovalStatus"] == "PendingManualApproval"
        assert found["ModelPackageGroupName"] == "shared"
    listed = world.sagemaker().list_model_packages(ModelPackageGroupName=group)
    assert [item["ModelPackageArn"] for item in listed["ModelPackageSummaryList"]] == [arn]


def test_repeated_call_registers_nothing_twice(world: Any) -> None:
    group = world.group("repeated", shared=True)

    first = world.register(group, ClientToken="a" * 36)
    again = world.register(group, ClientToken="a" * 36)
    other = world.register(group, ClientToken="b" * 36)

    assert first == again
    assert other.endswith("/repeated/2")


def test_fails_without_a_group_policy(world: Any) -> None:
    group = world.group("closed", shared=False)

    assert _refusal(lambda: world.register(group)).startswith(
        "AccessDeniedException: Account 222222222222 is not authorized to perform "
        f"sagemaker:CreateModelPackage on {group}"
    )


def test_fails_on_an_image_or_artefact_that_does_not_exist(world: Any) -> None:
    group = world.group("strict", shared=True)
    specification = {
        "Containers": [{"Image": world.image, "ModelDataUrl": "s3://artefacts/none"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }

    missing = _refusal(lambda: world.register(group, InferenceSpecification=specification))
    specification["Containers"] = [{"Image": world.image.replace(":1", ":2")}]
    unpushed = _refusal(lambda: world.register(group, InferenceSpecification=specification))

    assert missing == "ValidationException: Could not find model data at s3://artefacts/none."
    assert unpushed.startswith("ValidationException: Requested image ")


def test_approval_keeps_the_metadata(world: Any) -> None:
    arn = world.register(world.group("approved", shared=True))

    world.sagemaker(TOOLING).update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )
    world.sagemaker().update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties={"released": "yes"}
    )

    found = world.sagemaker().describe_model_package(ModelPackageName=arn)
    assert found["ModelApprovalStatus"] == "Approved"
    assert found["ApprovalDescription"] == "good"
    assert found["CustomerMetadataProperties"] == {"fingerprint": "abc", "released": "yes"}


def test_model_needs_an_approved_package(world: Any) -> None:
    arn = world.register(world.group("gated", shared=True))

    def create() -> Any:
        return world.sagemaker().create_model(
            ModelName="gated",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"ModelPackageName": arn},
        )

    refusal = _refusal(create)
    world.sagemaker(TOOLING).update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved"
    )
    create()

    assert refusal == (
        f"ValidationException: Model package {arn} is PendingManualApproval, it must be Approved"
    )
    model = world.sagemaker().describe_model(ModelName="gated")
    assert model["PrimaryContainer"]["ModelPackageName"] == arn
    assert "already existing model" in _refusal(create)


def test_group_is_deleted_only_when_it_is_empty(world: Any) -> None:
    group = world.group("full", shared=True)
    arn = world.register(group)
    tooling = world.sagemaker(TOOLING)

    refusal = _refusal(lambda: tooling.delete_model_package_group(ModelPackageGroupName="full"))
    tooling.delete_model_package(ModelPackageName=arn)
    tooling.delete_model_package_group(ModelPackageGroupName="full")

    assert refusal.startswith("ConflictException: Model package group full has model packages")
    gone = _refusal(lambda: tooling.describe_model_package_group(ModelPackageGroupName="full"))
    assert "does not exist" in gone


def test_group_policy_is_stored_and_deleted(world: Any) -> None:
    world.group("policed", shared=True)
    tooling = world.sagemaker(TOOLING)

    policy = tooling.get_model_package_group_policy(ModelPackageGroupName="policed")
    tooling.delete_model_package_group_policy(ModelPackageGroupName="policed")

    assert "sagemaker:ListModelPackages" in policy["ResourcePolicy"]
    assert "Cannot find resource policy" in _refusal(
        lambda: tooling.get_model_package_group_policy(ModelPackageGroupName="policed")
    )


def test_package_shows_who_made_and_who_changed_it(world: Any) -> None:
    arn = world.register(world.group("written", shared=True))
    role = "arn:aws:iam::333333333333:role/groundplan/team/approver"
    group_policy = world.sagemaker(TOOLING).get_model_package_group_policy(
        ModelPackageGroupName="written"
    )["ResourcePolicy"]
    world.sagemaker(TOOLING).put_model_package_group_policy(
        ModelPackageGroupName="written",
        ResourcePolicy=group_policy.replace("222222222222", "333333333333"),
    )

    world.emulator.client("sagemaker", "333333333333", "eu-west-1", role).update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ModelLifeCycle={"Stage": "Production", "StageStatus": "Approved"},
    )
    found = world.sagemaker(TOOLING).describe_model_package(ModelPackageName=arn)

    assert found["CreatedBy"]["IamIdentity"]["Arn"] == (
        "arn:aws:sts::222222222222:assumed-role/Administrator/groundplan"
    )
    assert found["LastModifiedBy"]["IamIdentity"]["Arn"] == (
        "arn:aws:sts::333333333333:assumed-role/approver/groundplan"
    )
    assert found["LastModifiedTime"] >= found["CreationTime"]
    assert found["ModelLifeCycle"] == {"Stage": "Production", "StageStatus": "Approved"}


def test_approved_packages_are_listed_newest_first_from_another_account(world: Any) -> None:
    group = world.group("listed", shared=True)
    first, second, third = (world.register(group) for _ in range(3))
    for arn in (first, third):
        world.sagemaker(TOOLING).update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Approved"
        )

    listed = world.sagemaker().list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
    )["ModelPackageSummaryList"]

    assert [item["ModelPackageArn"] for item in listed] == [third, first]
    assert second not in {item["ModelPackageArn"] for item in listed}


def test_changes_of_state_are_events_of_the_owner(world: Any) -> None:
    queues, events = (world.client(name, TOOLING) for name in ("sqs", "events"))
    url = queues.create_queue(QueueName="states")["QueueUrl"]
    pattern = '{"source": ["aws.sagemaker"], "detail": {"ModelPackageGroupName": ["told"]}}'
    events.put_rule(Name="states", EventPattern=pattern)
    target = {"Id": "1", "Arn": f"arn:aws:sqs:eu-west-1:{TOOLING}:states", "InputPath": "$.detail"}
    events.put_targets(Rule="states", Targets=[target])

    arn = world.register(world.group("told", shared=True), ClientToken="t" * 36)
    world.sagemaker(TOOLING).update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved"
    )
    world.sagemaker(TOOLING).update_model_package(
        ModelPackageArn=arn, ApprovalDescription="no change of state"
    )

    messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    details = [json.loads(message["Body"]) for message in messages]
    assert [item["ModelApprovalStatus"] for item in details] == [
        "PendingManualApproval",
        "Approved",
    ]
    assert {item["ModelPackageArn"] for item in details} == {arn}
