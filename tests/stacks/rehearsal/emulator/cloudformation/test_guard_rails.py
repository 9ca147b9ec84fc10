"""Trails, their filters, and the policies of an organisation: made, changed and taken away."""

import json
from typing import Any

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {}}
GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/trail"}}
DENY = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}


def trail(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudTrail::Trail",
        "Properties": {
            "IsLogging": True,
            "S3BucketName": {"Ref": "Bucket"},
            "TrailName": "trail",
            **properties,
        },
    }


def test_a_trail_is_changed_stopped_and_deleted(stacks: Any) -> None:
    stacks.create({"Bucket": BUCKET, "Trail": trail()})
    assert stacks.failures() == []
    cloudtrail = stacks.client("cloudtrail")
    changed = trail(IsLogging=False, EnableLogFileValidation=True)
    stacks.update({"Bucket": BUCKET, "Trail": changed})
    assert cloudtrail.get_trail(Name="trail")["Trail"]["LogFileValidationEnabled"] is True
    assert cloudtrail.get_trail_status(Name="trail")["IsLogging"] is False
    assert stacks.delete() == "DELETE_COMPLETE"
    assert cloudtrail.describe_trails()["trailList"] == []


def test_a_changed_filter_takes_the_place_of_the_old_one(stacks: Any) -> None:
    def of(pattern: str) -> dict[str, Any]:
        metric = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
        properties = {
            "FilterName": "filter",
            "FilterPattern": pattern,
            "LogGroupName": {"Ref": "Group"},
            "MetricTransformations": [metric],
        }
        return {
            "Group": GROUP,
            "Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": properties},
        }

    stacks.create(of("one"))
    stacks.update(of("two"))
    assert stacks.failures() == []
    [found] = stacks.client("logs").describe_metric_filters()["metricFilters"]
    assert found["filterPattern"] == "two"


def test_a_policy_follows_the_accounts_of_its_template(stacks: Any) -> None:
    organizations = stacks.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    accounts = [
        organizations.create_account(AccountName=name, Email=f"{name}@acme.example")[
            "CreateAccountStatus"
        ]["AccountId"]
        for name in ("one", "two")
    ]

    def of(*targets: str) -> dict[str, Any]:
        properties = {
            "Content": {"Version": "2012-10-17", "Statement": [DENY]},
            "Description": "guard rails",
            "Name": "churn-guard-rails-1",
            "TargetIds": list(targets),
            "Type": "SERVICE_CONTROL_POLICY",
        }
        return {"Policy": {"Type": "AWS::Organizations::Policy", "Properties": properties}}

    def attached(policy: str) -> list[str]:
        found = organizations.list_targets_for_policy(PolicyId=policy)["Targets"]
        return sorted(item["TargetId"] for item in found)

    stacks.create(of(*accounts))
    assert stacks.failures() == []
    policy = stacks.physical_id("Policy")
    assert attached(policy) == sorted(accounts)
    content = organizations.describe_policy(PolicyId=policy)["Policy"]["Content"]
    assert json.loads(content)["Statement"] == [DENY]
    stacks.update(of(accounts[0]))
    assert attached(policy) == [accounts[0]]
    assert stacks.delete() == "DELETE_COMPLETE"
    named = organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert "churn-guard-rails-1" not in [item["Name"] for item in named]
