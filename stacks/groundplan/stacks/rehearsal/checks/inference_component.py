"""Checks an inference component, and what wakes it."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.endpoint import VARIANT, EndpointPlan, RolloutPlan
from groundplan.blueprints.plan.inference_component import InferenceComponentPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.alarms import compare_alarm, find_alarm
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.model_registry import sagemaker_tags


def served_model(component: InferenceComponentPlan, account: Account) -> str:
    """Return the name of the model that the component serves."""
    shown = account.read(
        "sagemaker", "describe_inference_component", InferenceComponentName=component.name
    )
    return str(shown.get("Specification", {}).get("ModelName", "missing"))


def check_component(
    plan: EndpointPlan, component: InferenceComponentPlan, planned: bool, account: Account
) -> Iterator[Property]:
    """Compare the component with the plan.

    Args:
        plan: The endpoint.
        component: Its component.
        planned: Whether the last release was a planned one.
        account: Where it is.
    """
    found = account.read(
        "sagemaker", "describe_inference_component", InferenceComponentName=component.name
    )
    yield "name", component.name, found.get("InferenceComponentName")
    yield "arn", component.arn, found.get("InferenceComponentArn")
    yield "status", "InService", found.get("InferenceComponentStatus")
    yield "endpoint", plan.name, found.get("EndpointName")
    yield "variant", VARIANT, found.get("VariantName")
    compute = found.get("Specification", {}).get("ComputeResourceRequirements", {})
    accelerators = compute.get("NumberOfAcceleratorDevicesRequired", 0)
    yield "compute.accelerators", component.compute.accelerators, accelerators
    yield (
        "compute.cpu_cores",
        component.compute.cpu_cores,
        compute.get("NumberOfCpuCoresRequired", 0),
    )
    yield (
        "compute.min_memory_mib",
        component.compute.min_memory_mib,
        compute.get("MinMemoryRequiredInMb"),
    )
    yield tags(account.tags, sagemaker_tags(found.get("InferenceComponentArn"), account))
    if planned and "LastDeploymentConfig" in found:
        yield from below("rollout", _rolling(plan, found["LastDeploymentConfig"]))
    yield from below("wake", _wake(component, account))


def component_config(
    plan: EndpointPlan, component: InferenceComponentPlan, config: dict[str, Any], account: Account
) -> Iterator[Property]:
    """Compare what the config holds for a component in place of a model."""
    variant = first(config.get("ProductionVariants", []))
    yield "config.model", None, variant.get("ModelName")
    yield "config.execution_role_arn", plan.execution_role_arn, config.get("ExecutionRoleArn")
    yield "config.isolation", True, config.get("EnableNetworkIsolation")
    attached = config.get("VpcConfig") or {}
    subnets = sorted(account.resolve(plan.network.subnet_ids))
    yield "config.subnet_ids", subnets, sorted(attached.get("Subnets", []))
    managed = {
        "Status": "ENABLED",
        "MinInstanceCount": 0,
        "MaxInstanceCount": component.max_instances,
    }
    yield "component.max_instances", managed, variant.get("ManagedInstanceScaling")
    routing = variant.get("RoutingConfig", {}).get("RoutingStrategy")
    yield "config.routing", "LEAST_OUTSTANDING_REQUESTS", routing


def _rolling(plan: EndpointPlan, found: dict[str, Any]) -> Iterator[Property]:
    rollout: RolloutPlan = plan.rollout
    policy = found.get("RollingUpdatePolicy", {})
    batch = {"Type": "CAPACITY_PERCENT", "Value": rollout.percent}
    yield "percent", batch, policy.get("MaximumBatchSize")
    yield "wait_seconds", rollout.wait_seconds, policy.get("WaitIntervalInSeconds")
    longest = policy.get("MaximumExecutionTimeoutInSeconds")
    yield "maximum_execution_seconds", rollout.maximum_execution_seconds, longest
    alarms = found.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    names = sorted(item["AlarmName"] for item in alarms)
    yield "alarms", sorted(alarm.name for alarm in plan.alarms), names


def _wake(component: InferenceComponentPlan, account: Account) -> Iterator[Property]:
    """The alarm's action must be the policy, and the policy must add copies."""
    wake = component.wake
    policies = account.read(
        "application-autoscaling",
        "describe_scaling_policies",
        ServiceNamespace="sagemaker",
        ResourceId=f"inference-component/{component.name}",
    ).get("ScalingPolicies", [])
    policy = first([item for item in policies if item["PolicyType"] == "StepScaling"])
    yield "policy_name", wake.policy_name, policy.get("PolicyName")
    steps = policy.get("StepScalingPolicyConfiguration", {})
    yield "adjustment", "ChangeInCapacity", steps.get("AdjustmentType")
    added = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": wake.copies}]
    yield "copies", added, steps.get("StepAdjustments")
    yield "cooldown_seconds", wake.cooldown_seconds, steps.get("Cooldown")
    shown = find_alarm(wake.alarm.name, account)
    yield from below("alarm", compare_alarm(wake.alarm, shown, account))
    yield "alarm.actions", [policy.get("PolicyARN")], shown.get("AlarmActions")
