"""Checks an audit trail: what it holds, where it is kept, and the alarms on it."""

from collections.abc import Iterator

from groundplan.blueprints.plan.trail import TrailPlan
from groundplan.blueprints.plan.trail_alarms import MetricFilterPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.alarms import check_alarms, check_topic
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.data_bucket import check_data_bucket
from groundplan.stacks.rehearsal.checks.encryption_key import check_encryption_key
from groundplan.stacks.rehearsal.checks.log_group import check_log_group
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED = {
    "bucket.retain": "no API shows it",
    "filters.meaning": "compared as the descriptions of the alarms",
    "key.pending_window_days": "KMS shows it only once a key's deletion is scheduled",
    "key.retain": "no API shows it",
    "log_group.retain": "no API shows it",
}


def check_trail(plan: TrailPlan, account: Account) -> Iterator[Property]:
    """Compare the trail, its selectors, and every unit that belongs to it."""
    stacks = account.read("cloudformation", "describe_stacks", StackName=plan.stack_name)
    yield "stack_name", plan.stack_name, first(stacks.get("Stacks", [])).get("StackName")
    trail = account.read("cloudtrail", "get_trail", Name=plan.name).get("Trail", {})
    yield "name", plan.name, trail.get("Name")
    yield "arn", plan.arn, trail.get("TrailARN")
    yield "bucket.trail", plan.bucket.name, trail.get("S3BucketName")
    key = account.key_arn(plan.key.alias)
    yield "key.trail", key, account.key_arn(trail.get("KmsKeyId"))
    group = str(trail.get("CloudWatchLogsLogGroupArn", "")).removesuffix(":*")
    yield "log_group.trail", plan.log_group.arn, group
    yield "role.trail", plan.role.arn, trail.get("CloudWatchLogsRoleArn")
    for name in ("IncludeGlobalServiceEvents", "IsMultiRegionTrail", "LogFileValidationEnabled"):
        yield name, True, trail.get(name)
    status = account.read("cloudtrail", "get_trail_status", Name=plan.name)
    yield "logging", True, status.get("IsLogging")
    selectors = account.read("cloudtrail", "get_event_selectors", TrailName=plan.name)
    planned = [
        {"FieldSelectors": [dict(field) for field in item.fields], "Name": item.name}
        for item in plan.selectors
    ]
    yield "selectors", planned, selectors.get("AdvancedEventSelectors")
    listed = account.read("cloudtrail", "list_tags", ResourceIdList=[plan.arn])
    yield tags(account.tags, first(listed.get("ResourceTagList", [])).get("TagsList", []))
    yield from below("key", check_encryption_key(plan.key, account))
    yield from below("bucket", check_data_bucket(plan.bucket, account))
    yield from below("log_group", check_log_group(plan.log_group, account))
    yield from below("role", check_role(plan.role, account))
    for item in plan.filters:
        yield from below(f"filters.{item.id}", _filter(item, account))
    yield from below("topic", check_topic(plan.topic, account))
    yield from below("alarms", check_alarms(plan.alarms, account))


def _filter(plan: MetricFilterPlan, account: Account) -> Iterator[Property]:
    shown = account.read(
        "logs",
        "describe_metric_filters",
        logGroupName=plan.log_group,
        filterNamePrefix=plan.name,
    )
    found = first(
        item for item in shown.get("metricFilters", []) if item["filterName"] == plan.name
    )
    yield "name", plan.name, found.get("filterName")
    yield "log_group", plan.log_group, found.get("logGroupName")
    yield "pattern", plan.pattern, found.get("filterPattern")
    metric = first(found.get("metricTransformations", []))
    yield "namespace", plan.namespace, metric.get("metricNamespace")
    yield "metric", plan.metric, metric.get("metricName")
    yield "value", "1", metric.get("metricValue")
