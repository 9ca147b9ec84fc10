"""The audit trail: where there is one, what it holds, who can touch it, and what sets off an alarm."""

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint_all
from tests_support import example_spec

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import Statement
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.plan.trail import TrailPlan, plan_trail
from groundplan.blueprints.plan.trail_template import trail_template

BODY_BYTES = 51_200
PLACE = Place(account="111111111111", region="eu-west-1")
TRAIL = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/groundplan-stage-0-churn"
BUCKET = "groundplan-stage-0-churn-trail-111111111111"
ADMINISTRATOR = "arn:aws:iam::*:role/Administrator"


def planned(**changes: Any) -> TrailPlan:
    options: dict[str, Any] = {
        "project": "churn",
        "place": PLACE,
        "deployment_role": (
            "arn:aws:iam::111111111111:role/cdk-gp88b2072e-cfn-exec-role-111111111111-eu-west-1"
        ),
        "permissions_boundary": "arn:aws:iam::111111111111:policy/limit",
        "buckets": ("churn-data-customers-111111111111",),
        "administrators": (ADMINISTRATOR,),
        "emails": ("ml@acme.example",),
    }
    return plan_trail(**(options | changes))


def audited(decided: Plan) -> dict[str, list[str]]:
    """Return the buckets whose objects each account's trail holds."""
    found = {}
    for stage_0 in decided.stage_0:
        if stage_0.trail is not None:
            selector = next(s for s in stage_0.trail.selectors if s.name == "Objects of data")
            arns: Any = selector.fields[-1]["StartsWith"]
            found[stage_0.place.account] = list(arns)
    return found


def with_trail(example: str, which: str) -> Plan:
    spec = example_spec(example)
    governance = spec.governance.model_copy(update={"audit_trail": which})
    return plan(spec.model_copy(update={"governance": governance}))


def test_production_data_is_audited_where_it_is() -> None:
    assert audited(plan(example_spec("vision"))) == {
        "222222222222": ["arn:aws:s3:::plate-vision-data-frames-222222222222/"],
        "555555555555": ["arn:aws:s3:::plate-vision-prod-work-555555555555/"],
    }
    assert audited(plan(example_spec("nightly")))["111111111111"][-2:] == [
        "arn:aws:s3:::nightly-prod-work-111111111111/",
        "arn:aws:s3:::nightly-tooling-artifacts-111111111111/",
    ]


@pytest.mark.parametrize(("which", "trails"), [("production", 0), ("all", 1), ("none", 0)])
def test_a_project_without_production_has_a_trail_only_if_it_asks(which: str, trails: int) -> None:
    decided = with_trail("sandbox", which)
    assert sum(item.trail is not None for item in decided.stage_0) == trails


def test_none_is_none_and_all_is_all() -> None:
    assert not any(item.trail for item in with_trail("vision", "none").stage_0)
    assert all(item.trail for item in with_trail("vision", "all").stage_0)


def test_it_holds_changes_look_ups_and_objects_and_never_feeds_itself() -> None:
    changes, looks, data, own = planned().selectors
    assert changes.fields[1] == {"Field": "readOnly", "Equals": ["false"]}
    assert looks.fields[2] == {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
    assert data.fields[2] == {
        "Field": "resources.ARN",
        "StartsWith": ["arn:aws:s3:::churn-data-customers-111111111111/"],
    }
    assert own.fields[2] == {"Field": "readOnly", "Equals": ["true"]}
    assert own.fields[3] == {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{BUCKET}/"]}
    assert len(planned(buckets=()).selectors) == 3


def statements(plan_: TrailPlan, part: str) -> dict[str, Statement]:
    return {item.sid: item for item in getattr(plan_, part).policy.statements}


def test_only_this_trail_uses_the_key_and_the_bucket() -> None:
    key, bucket = statements(planned(), "key"), statements(planned(), "bucket")
    for statement in (key["EncryptTrail"], key["FindKey"], bucket["CheckTrailBucket"]):
        assert statement.principals == {"Service": "cloudtrail.amazonaws.com"}
        assert statement.condition["StringEquals"] == {"aws:SourceArn": TRAIL}
    assert bucket["WriteTrail"].resources == (f"arn:aws:s3:::{BUCKET}/AWSLogs/111111111111/*",)
    assert bucket["WriteTrail"].condition["StringEquals"] == {
        "aws:SourceArn": TRAIL,
        "s3:x-amz-acl": "bucket-owner-full-control",
    }


def test_nobody_deletes_and_administrators_only_read() -> None:
    kept = statements(planned(), "bucket")["KeepTrail"]
    assert (kept.effect, kept.principals) == ("Deny", {"*": "*"})
    assert not kept.condition
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"} <= set(kept.actions)
    read = statements(planned(), "key")["AdministratorsRead"]
    assert read.actions == ("kms:Decrypt",)
    assert to_json(read.condition) == {
        "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
        "ArnLike": {"aws:PrincipalArn": [ADMINISTRATOR]},
    }


def test_administrators_of_other_accounts_do_not_read() -> None:
    other = "arn:aws:iam::999999999999:role/Administrator"
    both = statements(planned(administrators=(other, ADMINISTRATOR)), "key")
    assert to_json(both["AdministratorsRead"].condition)["ArnLike"] == {
        "aws:PrincipalArn": [ADMINISTRATOR]
    }
    assert "AdministratorsRead" not in statements(planned(administrators=(other,)), "key")


def test_it_is_kept_at_least_a_year() -> None:
    assert planned(retention_days=30).bucket.expire_after_days == 365
    assert planned(retention_days=30).log_group.retention_days == 30
    assert planned(retention_days=1827).bucket.expire_after_days == 1827


def test_every_filter_has_an_alarm_that_tells_the_owner() -> None:
    trail = planned()
    assert trail.topic.emails == ("ml@acme.example",)
    assert trail.alarms.topic_arn == trail.topic.arn
    for item, alarm in zip(trail.filters, trail.alarms.alarms, strict=True):
        assert (alarm.namespace, alarm.metric) == (item.namespace, item.metric)
        assert alarm.name.startswith("groundplan-stage-0-churn-")
        assert len(item.pattern) <= 1024
        assert item.pattern.count("(") == item.pattern.count(")")


@pytest.mark.parametrize(
    ("id", "events"),
    [
        ("RootUse", ["Root"]),
        ("LoginWithoutMfa", ["ConsoleLogin"]),
        ("KeyLoss", ["DisableKey", "ScheduleKeyDeletion"]),
        ("KeyAliases", ["DeleteAlias", "UpdateAlias"]),
        ("KeyPolicies", ["PutKeyPolicy", "CreateGrant"]),
        ("IamChanges", ["iam.amazonaws.com"]),
        ("BucketPolicies", ["PutBucketPolicy", "DeleteBucketPolicy", "*churn-*"]),
        ("TrailChanges", ["StopLogging", "DeleteTrail", "PutEventSelectors", "UpdateTrail"]),
    ],
)
def test_alarms_are_on_what_matters(id: str, events: list[str]) -> None:
    pattern = next(item.pattern for item in planned().filters if item.id == id)
    assert set(events) <= set(re.findall('"([^"]+)"', pattern))


def test_the_projects_own_deployments_set_off_no_alarm_on_changes() -> None:
    ours = "arn:aws:iam::111111111111:role/cdk-gp88b2072e-cfn-exec-role-111111111111-eu-west-1"
    spared = [item.id for item in planned().filters if f'!= "{ours}"' in item.pattern]
    assert spared == ["KeyAliases", "KeyPolicies", "IamChanges", "BucketPolicies"]


def test_names_begin_with_stage_0s_own_prefix() -> None:
    trail = planned()
    names = [trail.name, trail.bucket.name, trail.topic.name]
    names += [item.name for item in trail.filters]
    names += [item.name for item in trail.alarms.alarms]
    assert [item for item in names if not item.startswith("groundplan-stage-0-churn")] == []
    assert trail.log_group.name == "/groundplan-stage-0/churn/trail"
    assert trail.role.path == "/groundplan-stage-0/churn/"
    assert len(planned(project="a" * 24).bucket.name) <= 63


def test_ids_of_resources_are_pinned() -> None:
    found = trail_template(planned())["Resources"]
    plain = [id for id in found if not id.endswith(("Filter", "Alarm"))]
    assert plain == [
        "TrailKey", "TrailKeyAlias", "TrailBucket", "TrailBucketPolicy", "TrailLogs",
        "TrailRolePolicy1", "TrailRole", "Trail", "TrailTopic", "TrailTopicPolicy",
        "TrailTopicEmail1",
    ]  # fmt: skip
    kept = {id for id, item in found.items() if item["DeletionPolicy"] == "Retain"}
    assert kept == {
        "TrailKey", "TrailKeyAlias", "TrailBucket", "TrailBucketPolicy", "TrailLogs", "Trail",
    }  # fmt: skip


def test_the_trail_is_whole_encrypted_and_checked() -> None:
    properties = trail_template(planned())["Resources"]["Trail"]["Properties"]
    for name in ("EnableLogFileValidation", "IsMultiRegionTrail", "IncludeGlobalServiceEvents"):
        assert properties[name] is True
    assert properties["KMSKeyId"] == {"Fn::GetAtt": ["TrailKey", "Arn"]}
    assert properties["CloudWatchLogsRoleArn"] == {"Fn::GetAtt": ["TrailRole", "Arn"]}


def lint(body: dict[str, Any]) -> list[str]:
    found = lint_all(json.dumps(body))
    return [match.rule.id for match in found if match.rule.severity in ("error", "warning")]


def test_cfn_lint_finds_nothing_and_no_bucket_is_needed() -> None:
    body = trail_template(planned())
    assert lint(body) == []
    assert len(json.dumps(body)) <= BODY_BYTES
    body["Resources"]["Trail"]["Properties"].pop("S3BucketName")
    assert lint(body) == ["E3003"]
