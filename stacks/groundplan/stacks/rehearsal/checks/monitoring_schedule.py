"""Checks a schedule of Model Monitor: there while its endpoint serves a model, and not before."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.blueprints.plan.monitoring_schedule import (
    ENVIRONMENT,
    INPUT_PATH,
    OUTPUT_PATH,
    MonitoringSchedulePlan,
)
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.model_registry import sagemaker_tags

UNCOVERED: Mapping[str, str] = {}


def check_monitoring_schedule(plan: MonitoringSchedulePlan, account: Account) -> Iterator[Property]:
    """Compare the schedule with the plan, or with nothing while its endpoint serves no model."""
    found = account.read(
        "sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=plan.name
    )
    if plan.endpoint_name not in account.released:
        yield "name", None, found.get("MonitoringScheduleName")
        return
    yield "name", plan.name, found.get("MonitoringScheduleName")
    yield "arn", plan.arn, found.get("MonitoringScheduleArn")
    yield tags(account.tags, sagemaker_tags(found.get("MonitoringScheduleArn"), account))
    config = found.get("MonitoringScheduleConfig", {})
    yield "expression", plan.expression, config.get("ScheduleConfig", {}).get("ScheduleExpression")
    yield from _job(plan, config.get("MonitoringJobDefinition", {}), account)


def _job(plan: MonitoringSchedulePlan, job: dict[str, Any], account: Account) -> Iterator[Property]:
    inputs = [item.get("EndpointInput", {}) for item in job.get("MonitoringInputs", [])]
    names = [item.get("EndpointName") for item in inputs]
    yield "endpoint_name", [plan.endpoint_name], names
    yield "endpoint_name.path", INPUT_PATH, first(inputs).get("LocalPath")
    yield "image_uri", plan.image_uri, job.get("MonitoringAppSpecification", {}).get("ImageUri")
    yield "image_uri.environment", ENVIRONMENT, job.get("Environment")
    yield "role_arn", plan.role_arn, job.get("RoleArn")
    baseline = job.get("BaselineConfig", {})
    statistics = baseline.get("StatisticsResource", {}).get("S3Uri")
    yield "statistics_uri", plan.statistics_uri, statistics
    constraints = baseline.get("ConstraintsResource", {}).get("S3Uri")
    yield "constraints_uri", plan.constraints_uri, constraints
    output = job.get("MonitoringOutputConfig", {})
    kept = first(output.get("MonitoringOutputs", [])).get("S3Output", {})
    yield "reports_uri", plan.reports_uri, kept.get("S3Uri")
    yield "reports_uri.path", OUTPUT_PATH, kept.get("LocalPath")
    key = account.key_arn(plan.key_alias_arn)
    yield "key_alias_arn", key, account.key_arn(output.get("KmsKeyId"))
    cluster = job.get("MonitoringResources", {}).get("ClusterConfig", {})
    yield "instance_type", plan.instance_type, cluster.get("InstanceType")
    yield "instance_type.count", 1, cluster.get("InstanceCount")
    yield "volume_gib", plan.volume_gib, cluster.get("VolumeSizeInGB")
    key = account.key_arn(plan.volume_key_alias_arn)
    yield "volume_key_alias_arn", key, account.key_arn(cluster.get("VolumeKmsKeyId"))
    longest = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    yield "max_runtime_seconds", plan.max_runtime_seconds, longest
    network = job.get("NetworkConfig", {})
    yield "network.isolation", True, network.get("EnableNetworkIsolation")
    encrypted = network.get("EnableInterContainerTrafficEncryption")
    yield "network.encryption", True, encrypted
    attached = network.get("VpcConfig") or {}
    subnets = sorted(account.resolve(plan.network.subnet_ids))
    yield "network.subnet_ids", subnets, sorted(attached.get("Subnets", []))
    groups = sorted(account.resolve(plan.network.security_group_ids))
    yield "network.security_group_ids", groups, sorted(attached.get("SecurityGroupIds", []))
