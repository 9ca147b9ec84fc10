"""Checks an endpoint: nothing of it on day 0, all of it once a model is released."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.endpoint import (
    NO_MODEL,
    TRAFFIC_ROUTING,
    VARIANT,
    EndpointPlan,
    ScalingPlan,
)
from groundplan.blueprints.plan.inference_component import InferenceComponentPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.alarms import compare_alarm, find_alarm
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.inference_component import (
    check_component,
    component_config,
    served_model,
)
from groundplan.stacks.rehearsal.checks.model_registry import sagemaker_tags

UNCOVERED = {
    "shadow_alarms": "they exist only while a version answers copies of requests",
    "rollout.shadow_seconds": "the release machine holds it, whose definition is checked",
    "live_parameter": "a release writes it, no stack does",
    "model": "the name of the model in the spec; what is served is compared by its package",
    "rollout": "DescribeEndpoint shows it once an update has used it, and is compared from then on",
    "component.copies": "they are what scaling has made of them",
}


def check_endpoint(plan: EndpointPlan, account: Account) -> Iterator[Property]:
    """Compare the endpoint with the plan, or with nothing while it serves no model."""
    asked = account.stack.asked(plan, account)
    found = account.read("sagemaker", "describe_endpoint", EndpointName=plan.name)
    if plan.name not in account.released:
        yield "model_version", NO_MODEL, asked.version
        yield from _absent(plan, found, account)
        return
    yield "name", plan.name, found.get("EndpointName")
    yield "arn", plan.arn, found.get("EndpointArn")
    yield "status", "InService", found.get("EndpointStatus")
    yield tags(account.tags, sagemaker_tags(found.get("EndpointArn"), account))
    config_name = found.get("EndpointConfigName", "missing")
    config = account.read("sagemaker", "describe_endpoint_config", EndpointConfigName=config_name)
    yield from _config(plan, config, account)
    component, variant = _component(plan), first(config.get("ProductionVariants", []))
    yield "component", plan.component is not None, "ModelName" not in variant
    model_name = variant.get("ModelName", "missing")
    if component is not None:
        yield from component_config(plan, component, config, account)
        yield from below("component", check_component(plan, component, asked.planned, account))
        model_name = served_model(component, account)
    model = account.read("sagemaker", "describe_model", ModelName=model_name)
    yield from _model(plan, model, asked.version, account)
    account.learn(Ref(plan.id, "endpoint_config_name"), config_name)
    for field, alarm in (
        *(("alarms", item) for item in plan.alarms),
        *(("capacity_alarms", item) for item in plan.capacity_alarms),
    ):
        shown = find_alarm(alarm.name, account)
        yield from below(f"{field}.{alarm.id}", compare_alarm(alarm, shown, account))
        topic = [plan.topic_arn] if plan.topic_arn is not None else []
        yield f"topic_arn.{alarm.id}", topic, shown.get("AlarmActions")
    yield from _scaling(plan, account)
    if "LastDeploymentConfig" in found and asked.planned:
        yield from _rollout(plan, found["LastDeploymentConfig"])


def _component(plan: EndpointPlan) -> InferenceComponentPlan | None:
    """Return the component, unless the plan holds something else, which is a mismatch of its own."""
    return plan.component if isinstance(plan.component, InferenceComponentPlan) else None


def _absent(plan: EndpointPlan, found: dict[str, Any], account: Account) -> Iterator[Property]:
    yield "name", None, found.get("EndpointName")
    yield "scaling", [], _targets(plan, account)
    component = _component(plan)
    woken = (component.wake.alarm,) if component is not None else ()
    for alarm in (*plan.alarms, *plan.capacity_alarms, *woken):
        yield f"alarms.{alarm.id}", None, find_alarm(alarm.name, account).get("AlarmName")
    yield "resources", [], account.stack.resources(account)


def _config(plan: EndpointPlan, found: dict[str, Any], account: Account) -> Iterator[Property]:
    variants = found.get("ProductionVariants", [])
    yield "variants", [VARIANT], [item["VariantName"] for item in variants]
    variant = first(variants)
    yield "instance_type", plan.instance_type, variant.get("InstanceType")
    count = variant.get("InitialInstanceCount")
    yield "initial_instance_count", plan.initial_instance_count, count
    key = account.key_arn(plan.volume_key_alias_arn)
    yield "volume_key_alias_arn", key, account.key_arn(found.get("KmsKeyId"))
    capture = found.get("DataCaptureConfig", {})
    captures = plan.capture_percent > 0
    yield "capture_percent.enabled", captures, capture.get("EnableCapture", False)
    if captures:
        percent = capture.get("InitialSamplingPercentage")
        yield "capture_percent", plan.capture_percent, percent
        yield "capture_uri", plan.capture_uri, capture.get("DestinationS3Uri")
        modes = sorted(item["CaptureMode"] for item in capture.get("CaptureOptions", []))
        yield "capture_percent.modes", ["Input", "Output"], modes
        key = account.key_arn(plan.capture_key_alias_arn)
        yield "capture_key_alias_arn", key, account.key_arn(capture.get("KmsKeyId"))
    shown = sagemaker_tags(found.get("EndpointConfigArn"), account)
    yield from below("config", [tags(account.tags, shown)])


def _model(
    plan: EndpointPlan, found: dict[str, Any], asked: Any, account: Account
) -> Iterator[Property]:
    yield "execution_role_arn", plan.execution_role_arn, found.get("ExecutionRoleArn")
    yield "network.isolation", True, found.get("EnableNetworkIsolation")
    attached = found.get("VpcConfig") or {}
    subnets = sorted(account.resolve(plan.network.subnet_ids))
    yield "network.subnet_ids", subnets, sorted(attached.get("Subnets", []))
    groups = sorted(account.resolve(plan.network.security_group_ids))
    yield "network.security_group_ids", groups, sorted(attached.get("SecurityGroupIds", []))
    containers = found.get("Containers") or [found.get("PrimaryContainer") or {}]
    yield "model_version", [asked], [item.get("ModelPackageName") for item in containers]
    shown = sagemaker_tags(found.get("ModelArn"), account)
    yield from below("served_model", [tags(account.tags, shown)])


def _targets(plan: EndpointPlan, account: Account) -> list[dict[str, Any]]:
    shown = account.read(
        "application-autoscaling",
        "describe_scalable_targets",
        ServiceNamespace="sagemaker",
        ResourceIds=[f"endpoint/{plan.name}/variant/{VARIANT}", f"inference-component/{plan.name}"],
    )
    return list(shown.get("ScalableTargets", []))


def _scaling(plan: EndpointPlan, account: Account) -> Iterator[Property]:
    targets = _targets(plan, account)
    if plan.scaling is None:
        yield "scaling", 0, len(targets)
        return
    target = first(targets)
    yield "scaling.resource_id", plan.scaling.resource_id, target.get("ResourceId")
    yield "scaling.dimension", plan.scaling.dimension, target.get("ScalableDimension")
    yield "scaling.min_instances", plan.scaling.min_instances, target.get("MinCapacity")
    yield "scaling.max_instances", plan.scaling.max_instances, target.get("MaxCapacity")
    yield "scaling.scheduled", *_scheduled(plan.scaling, account)
    policies = account.read(
        "application-autoscaling",
        "describe_scaling_policies",
        ServiceNamespace="sagemaker",
        ResourceId=plan.scaling.resource_id,
    ).get("ScalingPolicies", [])
    component = _component(plan)
    wake = [component.wake.policy_name] if component is not None else []
    yield (
        "scaling.policy_name",
        sorted([plan.scaling.policy_name, *wake]),
        sorted(item["PolicyName"] for item in policies),
    )
    trackers = [item for item in policies if item["PolicyType"] == "TargetTrackingScaling"]
    tracking = first(trackers).get("TargetTrackingScalingPolicyConfiguration", {})
    target_value = plan.scaling.target_invocations_per_minute
    yield "scaling.target_invocations_per_minute", target_value, tracking.get("TargetValue")
    metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    yield "scaling.metric", plan.scaling.metric, metric
    cooldown = plan.scaling.scale_in_cooldown_seconds
    yield "scaling.scale_in_cooldown_seconds", cooldown, tracking.get("ScaleInCooldown")
    cooldown = plan.scaling.scale_out_cooldown_seconds
    yield "scaling.scale_out_cooldown_seconds", cooldown, tracking.get("ScaleOutCooldown")


def _scheduled(scaling: ScalingPlan, account: Account) -> tuple[list[Any], list[Any]]:
    """Return the planned and the found scheduled actions, by name."""
    keys = ("ScheduledActionName", "Schedule", "Timezone", "ScalableTargetAction")
    shown = account.read(
        "application-autoscaling",
        "describe_scheduled_actions",
        ServiceNamespace="sagemaker",
        ResourceId=scaling.resource_id,
        ScalableDimension=scaling.dimension,
    ).get("ScheduledActions", [])
    planned = [
        [item.name, item.schedule, item.time_zone, {"MinCapacity": item.min_instances}]
        for item in scaling.scheduled
    ]
    found = [[item.get(key) for key in keys] for item in shown]
    return sorted(planned, key=lambda item: item[0]), sorted(found, key=lambda item: item[0])


def _rollout(plan: EndpointPlan, found: dict[str, Any]) -> Iterator[Property]:
    policy = found.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    rollout = plan.rollout
    yield "rollout.strategy", TRAFFIC_ROUTING.get(rollout.strategy), routing.get("Type")
    step = routing.get("CanarySize", routing.get("LinearStepSize", {}))
    yield "rollout.percent", rollout.percent, step.get("Value")
    yield "rollout.wait_seconds", rollout.wait_seconds, routing.get("WaitIntervalInSeconds")
    kept = policy.get("TerminationWaitInSeconds")
    yield "rollout.termination_wait_seconds", rollout.termination_wait_seconds, kept
    longest = policy.get("MaximumExecutionTimeoutInSeconds")
    yield "rollout.maximum_execution_seconds", rollout.maximum_execution_seconds, longest
    alarms = found.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    names = sorted(item["AlarmName"] for item in alarms)
    yield "rollout.alarms", sorted(alarm.name for alarm in plan.alarms), names
