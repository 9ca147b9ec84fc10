"""CDK construct of an endpoint's inference component, which scales to zero and wakes."""

from typing import Any

from aws_cdk import CfnCondition
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from groundplan.blueprints.plan.endpoint import VARIANT, EndpointPlan, RolloutPlan
from groundplan.blueprints.plan.inference_component import (
    ComputePlan,
    InferenceComponentPlan,
    WakePlan,
)
from groundplan.constructs.cdk.alarms import define_alarm


class InferenceComponent(Construct):
    """The copies of an endpoint's model, of which there may be none.

    A new model rolls: a batch of new copies takes the place of old ones, and alarms roll back. The
    ids ``Resource``, ``Wake`` and that of the plan's alarm are part of the public contract.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        plan: InferenceComponentPlan,
        rollout: RolloutPlan,
        endpoint: sagemaker.CfnEndpoint,
        model: sagemaker.CfnModel,
        alarms: list[cloudwatch.CfnAlarm],
        condition: CfnCondition,
    ) -> None:
        """Define the component.

        Args:
            scope: The construct of the endpoint, under which it has the plan's id.
            plan: What to define.
            rollout: How a new model rolls.
            endpoint: The endpoint that hosts it.
            model: The model that it serves.
            alarms: Alarms that roll back.
            condition: Whether anything is served.
        """
        super().__init__(scope, plan.id)
        self.plan = plan
        self.component = sagemaker.CfnInferenceComponent(
            self,
            "Resource",
            inference_component_name=plan.name,
            endpoint_name=endpoint.attr_endpoint_name,
            variant_name=VARIANT,
            specification={
                "modelName": model.attr_model_name,
                "computeResourceRequirements": _compute(plan.compute),
            },
            runtime_config={"copyCount": plan.copies},
        )
        names = [alarm.ref for alarm in alarms]
        choice = ["Planned", _rolling(rollout, names), _rolling(rollout, names, wait=0)]
        self.component.add_property_override("DeploymentConfig", {"Fn::If": choice})
        self.component.cfn_options.condition = condition
        self._condition = condition

    def wake(self, target: autoscaling.CfnScalableTarget, plan: WakePlan) -> None:
        """Define what adds the first copies; target tracking cannot, since it multiplies.

        Args:
            target: The component as a scalable target.
            plan: What to define.
        """
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Wake",
            policy_name=plan.policy_name,
            policy_type="StepScaling",
            scaling_target_id=target.ref,
            step_scaling_policy_configuration={
                "adjustmentType": "ChangeInCapacity",
                "metricAggregationType": "Maximum",
                "cooldown": plan.cooldown_seconds,
                "stepAdjustments": [
                    {"metricIntervalLowerBound": 0, "scalingAdjustment": plan.copies}
                ],
            },
        )
        policy.cfn_options.condition = self._condition
        # Nobody is told: it wakes every day.
        alarm = define_alarm(self, plan.alarm, None)
        alarm.alarm_actions = [policy.ref]
        alarm.cfn_options.condition = self._condition


def component_config(plan: EndpointPlan, component: InferenceComponentPlan) -> dict[str, Any]:
    """Return what the config of an endpoint holds for its component, in place of a model.

    Containers run with the config's role and in its network, since no variant has a model.
    """
    return {
        "execution_role_arn": plan.execution_role_arn,
        "enable_network_isolation": True,
        "production_variants": [
            {
                "variantName": VARIANT,
                "instanceType": plan.instance_type,
                "initialInstanceCount": plan.initial_instance_count,
                "managedInstanceScaling": {
                    "status": "ENABLED",
                    "minInstanceCount": 0,
                    "maxInstanceCount": component.max_instances,
                },
                "routingConfig": {"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            }
        ],
    }


def _compute(plan: ComputePlan) -> dict[str, Any]:
    out: dict[str, Any] = {"minMemoryRequiredInMb": plan.min_memory_mib}
    if plan.accelerators:
        out["numberOfAcceleratorDevicesRequired"] = plan.accelerators
    if plan.cpu_cores:
        out["numberOfCpuCoresRequired"] = plan.cpu_cores
    return out


def _rolling(
    rollout: RolloutPlan, alarm_names: list[str], wait: int | None = None
) -> dict[str, Any]:
    out: dict[str, Any] = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": rollout.percent},
            "WaitIntervalInSeconds": rollout.wait_seconds if wait is None else wait,
            "MaximumExecutionTimeoutInSeconds": rollout.maximum_execution_seconds,
        }
    }
    if alarm_names:
        alarms = [{"AlarmName": name} for name in alarm_names]
        out["AutoRollbackConfiguration"] = {"Alarms": alarms}
    return out
