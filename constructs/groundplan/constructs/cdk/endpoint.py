"""CDK construct of a real-time endpoint."""

from typing import Any

from aws_cdk import CfnCondition, CfnDeletionPolicy, CfnParameter, CfnResource, Fn
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from groundplan.blueprints.plan.endpoint import (
    NO_MODEL,
    SHADOW_VARIANT,
    TRAFFIC_ROUTING,
    VARIANT,
    EndpointPlan,
    ScalingPlan,
)
from groundplan.blueprints.plan.ref import Ref, refs, resolve
from groundplan.constructs.cdk.alarms import define_alarm
from groundplan.constructs.cdk.grants import Grantee, allow, outsider
from groundplan.constructs.cdk.tokens import Unit, network_tokens

INVOKE_ACTIONS = ("sagemaker:InvokeEndpoint",)
ROLLOUTS = ("planned", "all_at_once")
NOTHING = {"Ref": "AWS::NoValue"}


class Endpoint(Construct):
    """An endpoint, its model, config, scaling and alarms; one a stack, since it owns parameters.

    The stack's parameters say what is served and how it gets there: ``ModelVersion`` and
    ``ShadowModelVersion`` (a model package ARN, or ``none``) and ``Rollout`` (``planned`` or
    ``all_at_once``). While ``ModelVersion`` is ``none``, nothing else is defined. A release is an
    update of the stack with the previous template and new values of these.

    A replaced model and config stay, since a release that rolls back without a word leaves the
    endpoint on them. The ids ``Model``, ``ShadowModel``, ``Config``, ``Resource``, ``Target``,
    ``Scaling``, those of the plan's alarms, the parameters and the conditions ``HasModel``,
    ``HasShadow`` and ``Planned`` are part of the public contract.

    Example:
        >>> plan = plan_endpoint(
        ...     name="fraud",
        ...     place=place,
        ...     model="fraud",
        ...     execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
        ...     instance_type="ml.m5.large",
        ...     min_instances=2,
        ...     live_parameter="/fraud/live",
        ...     volume_key_alias_arn=place.arn("kms", "alias/fraud"),
        ...     capture_key_alias_arn=place.arn("kms", "alias/fraud"),
        ...     strategy="canary",
        ...     percent=50,
        ... )
        >>> endpoint = Endpoint(stack, "Endpoint", plan=plan)
        >>> caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))
        >>> grant = endpoint.grant_invoke(caller)
    """

    def __init__(
        self, scope: Construct, id: str, *, plan: EndpointPlan, network: Unit | None = None
    ) -> None:
        """Define the endpoint.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            network: The network that the plan refers to. Default: the plan refers to none.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        super().__init__(scope, id)
        self.plan = plan
        attachment = plan.network
        tokens = network_tokens(id, refs(attachment), network)
        self._vpc_config = None
        if attachment.subnet_ids:
            self._vpc_config = {
                "subnets": resolve(attachment.subnet_ids, tokens),
                "securityGroupIds": resolve(attachment.security_group_ids, tokens),
            }
        self._parameters()
        model = self._model("Model", self._version, self.has_model)
        shadow = self._model("ShadowModel", self._shadow_version, self._has_shadow)
        self.config = self._config(model, shadow)
        alarms = self._alarms()
        self.endpoint = self._endpoint(alarms)
        if plan.scaling is not None:
            self._scaling(plan.scaling)

    def grant_invoke(self, grantee: Grantee) -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, invoke the endpoint.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles.
        """
        return allow(outsider(self, grantee, INVOKE_ACTIONS), INVOKE_ACTIONS, [self.plan.arn])

    def _parameters(self) -> None:
        self._version = self._parameter(
            "ModelVersion", NO_MODEL, "ARN of the model package to serve, or none"
        )
        self._shadow_version = self._parameter(
            "ShadowModelVersion", NO_MODEL, "ARN of the model package to shadow, or none"
        )
        rollout = self._parameter(
            "Rollout", ROLLOUTS[0], "How a new config gets its traffic", list(ROLLOUTS)
        )
        has_model = Fn.condition_not(Fn.condition_equals(self._version, NO_MODEL))
        has_shadow = Fn.condition_not(Fn.condition_equals(self._shadow_version, NO_MODEL))
        self.has_model = self._condition("HasModel", has_model)
        self._has_shadow = self._condition("HasShadow", Fn.condition_and(has_model, has_shadow))
        self._condition("Planned", Fn.condition_equals(rollout, ROLLOUTS[0]))

    def _parameter(
        self, id: str, default: str, description: str, allowed: list[str] | None = None
    ) -> str:
        parameter = CfnParameter(
            self,
            id,
            type="String",
            default=default,
            description=description,
            allowed_values=allowed,
        )
        parameter.override_logical_id(id)
        return parameter.value_as_string

    def _condition(self, id: str, expression: Any) -> CfnCondition:
        condition = CfnCondition(self, id, expression=expression)
        condition.override_logical_id(id)
        return condition

    def _model(self, id: str, version: str, condition: CfnCondition) -> sagemaker.CfnModel:
        model = sagemaker.CfnModel(
            self,
            id,
            execution_role_arn=self.plan.execution_role_arn,
            enable_network_isolation=True,
            primary_container={"modelPackageName": version},
            vpc_config=self._vpc_config,
        )
        _only_if(model, condition, keep_replaced=True)
        return model

    def _config(
        self, model: sagemaker.CfnModel, shadow: sagemaker.CfnModel
    ) -> sagemaker.CfnEndpointConfig:
        plan = self.plan
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            kms_key_id=plan.volume_key_alias_arn,
            production_variants=[
                {
                    "variantName": VARIANT,
                    "modelName": model.attr_model_name,
                    "instanceType": plan.instance_type,
                    "initialInstanceCount": plan.initial_instance_count,
                    "initialVariantWeight": 1,
                }
            ],
            data_capture_config=_capture(plan),
        )
        shadow_variant = {
            "VariantName": SHADOW_VARIANT,
            "ModelName": shadow.attr_model_name,
            "InstanceType": plan.instance_type,
            "InitialInstanceCount": plan.initial_instance_count,
            "InitialVariantWeight": 1,
        }
        config.add_property_override(
            "ShadowProductionVariants", {"Fn::If": ["HasShadow", [shadow_variant], NOTHING]}
        )
        _only_if(config, self.has_model, keep_replaced=True)
        return config

    def _alarms(self) -> list[cloudwatch.CfnAlarm]:
        tokens = {Ref(self.plan.id, "endpoint_config_name"): self.config.attr_endpoint_config_name}
        alarms = [
            define_alarm(self, alarm, self.plan.topic_arn, tokens) for alarm in self.plan.alarms
        ]
        for alarm in alarms:
            _only_if(alarm, self.has_model)
        for capacity in self.plan.capacity_alarms:
            _only_if(define_alarm(self, capacity, self.plan.topic_arn, tokens), self.has_model)
        for shadow in self.plan.shadow_alarms:
            _only_if(define_alarm(self, shadow, self.plan.topic_arn, tokens), self._has_shadow)
        return alarms

    def _endpoint(self, alarms: list[cloudwatch.CfnAlarm]) -> sagemaker.CfnEndpoint:
        plan = self.plan
        scaled = plan.scaling is not None
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=plan.name,
            endpoint_config_name=self.config.attr_endpoint_config_name,
            retain_all_variant_properties=True if scaled else None,
            exclude_retained_variant_properties=(
                [{"variantPropertyType": "DataCaptureConfig"}] if scaled else None
            ),
        )
        names = [alarm.ref for alarm in alarms]
        choice = ["Planned", _deployment(_planned(plan), names), _deployment(_at_once(plan), names)]
        endpoint.add_property_override("DeploymentConfig", {"Fn::If": choice})
        _only_if(endpoint, self.has_model)
        return endpoint

    def _scaling(self, scaling: ScalingPlan) -> None:
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=scaling.resource_id,
            min_capacity=scaling.min_instances,
            max_capacity=scaling.max_instances,
            scheduled_actions=[
                {
                    "scheduledActionName": item.name,
                    "schedule": item.schedule,
                    "timezone": item.time_zone,
                    "scalableTargetAction": {"minCapacity": item.min_instances},
                }
                for item in scaling.scheduled
            ]
            or None,
        )
        target.add_resource_dependency(self.endpoint)
        _only_if(target, self.has_model)
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Scaling",
            policy_name=scaling.policy_name,
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration={
                "targetValue": scaling.target_invocations_per_minute,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
                "scaleInCooldown": scaling.scale_in_cooldown_seconds,
                "scaleOutCooldown": scaling.scale_out_cooldown_seconds,
            },
        )
        _only_if(policy, self.has_model)


def _only_if(
    resource: CfnResource, condition: CfnCondition, *, keep_replaced: bool = False
) -> None:
    options = resource.cfn_options
    options.condition = condition
    if keep_replaced:
        options.deletion_policy = CfnDeletionPolicy.DELETE
        options.update_replace_policy = CfnDeletionPolicy.RETAIN


def _capture(plan: EndpointPlan) -> dict[str, Any] | None:
    if plan.capture_percent == 0:
        return None
    return {
        "enableCapture": True,
        "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
        "destinationS3Uri": plan.capture_uri,
        "initialSamplingPercentage": plan.capture_percent,
        "kmsKeyId": plan.capture_key_alias_arn,
    }


def _planned(plan: EndpointPlan) -> dict[str, Any]:
    rollout = plan.rollout
    routing: dict[str, Any] = {
        "Type": TRAFFIC_ROUTING[rollout.strategy],
        "WaitIntervalInSeconds": rollout.wait_seconds,
    }
    if rollout.strategy != "all_at_once":
        step = "CanarySize" if rollout.strategy == "canary" else "LinearStepSize"
        routing[step] = {"Type": "CAPACITY_PERCENT", "Value": rollout.percent}
    return {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": rollout.termination_wait_seconds,
        "MaximumExecutionTimeoutInSeconds": rollout.maximum_execution_seconds,
    }


def _at_once(plan: EndpointPlan) -> dict[str, Any]:
    return {
        "TrafficRoutingConfiguration": {
            "Type": TRAFFIC_ROUTING["all_at_once"],
            "WaitIntervalInSeconds": 0,
        },
        "MaximumExecutionTimeoutInSeconds": plan.rollout.maximum_execution_seconds,
    }


def _deployment(policy: dict[str, Any], alarm_names: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {"BlueGreenUpdatePolicy": policy}
    if alarm_names:
        alarms = [{"AlarmName": name} for name in alarm_names]
        out["AutoRollbackConfiguration"] = {"Alarms": alarms}
    return out
