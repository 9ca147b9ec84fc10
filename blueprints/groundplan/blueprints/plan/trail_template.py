"""An audit trail as one plain CloudFormation template.

It is apart from stage 0's, since CloudFormation takes 51,200 bytes without a bucket.
"""

from typing import Any

from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.ref import Ref, resolve
from groundplan.blueprints.plan.stage_0_resources import (
    Resource,
    bucket_resource,
    deleted,
    hashed,
    kept,
    key_with_alias,
    log_group,
    role_with_policies,
    topic_resource,
)
from groundplan.blueprints.plan.trail import TrailPlan
from groundplan.blueprints.plan.trail_alarms import MetricFilterPlan


def trail_template(plan: TrailPlan) -> dict[str, Any]:
    """Return the CloudFormation template of a trail.

    What holds the trail stays when the stack goes; what only watches goes with it.
    """
    key: dict[Ref, Any] = {plan.key.arn: {"Fn::GetAtt": [plan.key.id, "Arn"]}}
    bucket, topic = plan.bucket.id, plan.topic.id
    resources = {
        **key_with_alias(plan.key),
        bucket: bucket_resource(plan.bucket, key),
        f"{bucket}Policy": kept(
            "AWS::S3::BucketPolicy",
            {
                "Bucket": {"Ref": bucket},
                "PolicyDocument": resolve(plan.bucket.policy.to_json(), key),
            },
        ),
        plan.log_group.id: log_group(plan.log_group),
        **role_with_policies(plan.role),
        "Trail": _trail(plan) | {"DependsOn": [f"{bucket}Policy"]},
        topic: topic_resource(plan.topic, plan.key.id),
        f"{topic}Policy": deleted(
            "AWS::SNS::TopicPolicy",
            {"PolicyDocument": plan.topic.policy.to_json(), "Topics": [{"Ref": topic}]},
        ),
    }
    for index, email in enumerate(plan.topic.emails, start=1):
        resources[f"{topic}Email{index}"] = deleted(
            "AWS::SNS::Subscription",
            {"Endpoint": email, "Protocol": "email", "TopicArn": {"Ref": topic}},
        )
    for item, alarm in zip(plan.filters, plan.alarms.alarms, strict=True):
        resources[f"{item.id}Filter"] = _filter(item, plan.log_group.id)
        resources[f"{item.id}Alarm"] = _alarm(alarm, topic)
    return hashed("Audit trail of groundplan's stage 0, made by an administrator", resources)


def _trail(plan: TrailPlan) -> Resource:
    return kept(
        "AWS::CloudTrail::Trail",
        {
            "AdvancedEventSelectors": [
                {"FieldSelectors": [dict(field) for field in item.fields], "Name": item.name}
                for item in plan.selectors
            ],
            "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": [plan.log_group.id, "Arn"]},
            "CloudWatchLogsRoleArn": {"Fn::GetAtt": [plan.role.id, "Arn"]},
            "EnableLogFileValidation": True,
            "IncludeGlobalServiceEvents": True,
            "IsLogging": True,
            "IsMultiRegionTrail": True,
            "KMSKeyId": {"Fn::GetAtt": [plan.key.id, "Arn"]},
            "S3BucketName": {"Ref": plan.bucket.id},
            "TrailName": plan.name,
        },
    )


def _filter(plan: MetricFilterPlan, log_group: str) -> Resource:
    metric = {
        "MetricName": plan.metric,
        "MetricNamespace": plan.namespace,
        "MetricValue": "1",
    }
    return deleted(
        "AWS::Logs::MetricFilter",
        {
            "FilterName": plan.name,
            "FilterPattern": plan.pattern,
            "LogGroupName": {"Ref": log_group},
            "MetricTransformations": [metric],
        },
    )


def _alarm(plan: AlarmPlan, topic: str) -> Resource:
    return deleted(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmActions": [{"Ref": topic}],
            "AlarmDescription": plan.description,
            "AlarmName": plan.name,
            "ComparisonOperator": plan.comparison,
            "EvaluationPeriods": plan.evaluation_periods,
            "MetricName": plan.metric,
            "Namespace": plan.namespace,
            "Period": plan.period_seconds,
            "Statistic": plan.statistic,
            "Threshold": plan.threshold,
            "TreatMissingData": "notBreaching",
        },
    )
