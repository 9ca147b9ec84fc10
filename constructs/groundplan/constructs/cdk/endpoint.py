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
    VARIANT,
    EndpointPlan,
    ScalingPlan,
)
from groundplan.blueprints.plan.ref import Ref, refs, resolve
from groundplan.constructs.cdk.alarms import define_alarm
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.grants import Grantee, allow, outsider
from groundplan.constructs.cdk.guardrails import at_once, deployment, planned
from groundplan.constructs.cdk.inference_component import InferenceComponent, component_config
from groundplan.constructs.cdk.tokens import Unit, network_tokens
from groundplan.pipelines.endpoint_settings import VERSION_VARIABLE

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

    One that scales to zero has an inference component, which it is invoked by, and no shadow.

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
        self.config = self._config(model)
        alarms = self._alarms()
        self.endpoint = self._endpoint(alarms)
        self.component: InferenceComponent | None = None
        if plan.component is not None:
            self.component = InferenceComponent(
                self,
                plan=plan.component,
                rollout=plan.rollout,
                endpoint=self.endpoint,
                model=model,
                alarms=alarms,
                condition=self.has_model,
            )
        if plan.scaling is not None:
            self._scaling(plan.scaling)

    def grant_invoke(self, grantee: Grantee) -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, invoke the endpoint.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles.
        """
        invoked = [self.plan.arn]
        if self.plan.component is not None:
            invoked.append(self.plan.component.arn)
        return allow(outsider(self, grantee, INVOKE_ACTIONS), INVOKE_ACTIONS, invoked)

    def _parameters(self) -> None:
        self._version = self._parameter(
            "ModelVersion", NO_MODEL, "ARN of the model package to serve, or none"
        )
        self._shadow_version = self._parameter(
            "ShadowModelVersion",
            NO_MODEL,
            "ARN of the model package to shadow, or none",
            [NO_MODEL] if self.plan.component is not None else None,
        )
        rollout = self._parameter(
            "Rollout", ROLLOUTS[0], "How a new config gets its traffic", list(ROLLOUTS)
        )
        has_model = Fn.condition_not(Fn.condition_equals(self._version, NO_MODEL))
        no_shadow = Fn.condition_equals(self._shadow_version, NO_MODEL)
        if self.plan.component is not None:
            # Releases set the parameter of every endpoint; of one without a shadow it stays as it is.
            has_model = Fn.condition_and(has_model, no_shadow)
        self.has_model = self._condition("HasModel", has_model)
        if self.plan.component is None:
            has_shadow = Fn.condition_and(has_model, Fn.condition_not(no_shadow))
            self._has_shadow = self._condition("HasShadow", has_shadow)
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
            primary_container={
                "modelPackageName": version,
                "environment": {VERSION_VARIABLE: version},
            },
            vpc_config=self._vpc_config,
        )
        _only_if(model, condition, keep_replaced=True)
        return model

    def _config(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        plan = self.plan
        if plan.component is not None:
            config = sagemaker.CfnEndpointConfig(
                self,
                "Config",
                kms_key_id=plan.volume_key_alias_arn,
                vpc_config=self._vpc_config,
                **component_config(plan, plan.component),
            )
        else:
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
            self._shadow(config)
        _only_if(config, self.has_model, keep_replaced=True)
        acknowledge(config, plan.exceptions)
        return config

    def _shadow(self, config: sagemaker.CfnEndpointConfig) -> None:
        plan = self.plan
        shadow = self._model("ShadowModel", self._shadow_version, self._has_shadow)
        variant = {
            "VariantName": SHADOW_VARIANT,
            "ModelName": shadow.attr_model_name,
            "InstanceType": plan.instance_type,
            "InitialInstanceCount": plan.initial_instance_count,
            "InitialVariantWeight": 1,
        }
        config.add_property_override(
            "ShadowProductionVariants", {"Fn::If": ["HasShadow", [variant], NOTHING]}
        )

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
        scaled = plan.scaling is not None and plan.component is None
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
        if plan.component is None:
            choice = [
                "Planned",
                deployment(planned(plan), names),
                deployment(at_once(plan), names),
            ]
            endpoint.add_property_override("DeploymentConfig", {"Fn::If": choice})
        _only_if(endpoint, self.has_model)
        return endpoint

    def _scaling(self, scaling: ScalingPlan) -> None:
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension=scaling.dimension,
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
        scaled = self.endpoint if self.component is None else self.component.component
        target.add_resource_dependency(scaled)
        _only_if(target, self.has_model)
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Scaling",
            policy_name=scaling.policy_name,
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration={
                "targetValue": scaling.target_invocations_per_minute,
                "predefinedMetricSpecification": {"predefinedMetricType": scaling.metric},
                "scaleInCooldown": scaling.scale_in_cooldown_seconds,
                "scaleOutCooldown": scaling.scale_out_cooldown_seconds,
            },
        )
        _only_if(policy, self.has_model)
        if self.component is not None:
            self.component.wake(target, self.component.plan.wake)


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
