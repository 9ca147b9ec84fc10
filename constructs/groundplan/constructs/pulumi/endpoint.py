"""Pulumi component of a real-time endpoint."""

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.endpoint import (
    NO_MODEL,
    TRAFFIC_ROUTING,
    VARIANT,
    EndpointPlan,
    ScalingPlan,
)
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi.alarms import define_alarm
from groundplan.constructs.pulumi.component import Component, Values, check_plan, filled
from groundplan.pipelines.endpoint_settings import VERSION_VARIABLE

PACKAGE = re.compile(r"arn:[\w-]+:sagemaker:[\w-]+:\d{12}:model-package/[\w-]+(/\d+)?")
RELEASED = ["endpointConfigName", "deploymentConfig"]
"""What releases change of an endpoint, behind the program's back."""


@dataclass(kw_only=True)
class EndpointArgs:
    """What an :class:`Endpoint` is made of."""

    plan: EndpointPlan
    """What to define."""

    model_version: str = NO_MODEL
    """ARN of the model package that the endpoint is made with, or ``none``: nothing is defined."""

    network: Values | None = None
    """What stands for the refs to a network: :attr:`Network.values`. Default: there are none."""

    protect: bool = False
    """Whether the endpoint refuses to be deleted."""


class Endpoint(Component):
    """An endpoint with the model, config, scaling and alarms that it is made with.

    Releases are no matter of the program: they make a model and a config of their own and call
    ``UpdateEndpoint``. So the program ignores which config is live and what the rollback alarms watch, and
    keeps models and configs that it replaces: an update of anything else never undoes a release.

    The children ``Model``, ``Config``, ``Resource``, ``Target``, ``Scaling``, ``Scheduled0``, ... and those
    of the plan's alarms are part of the public contract.

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
        >>> version = place.arn("sagemaker", "model-package/fraud/1")
        >>> endpoint = Endpoint("fraud", EndpointArgs(plan=plan, model_version=version))
    """

    name: pulumi.Output[str] | None
    """Name of the endpoint, known when it is there; ``None`` while nothing is defined."""

    def __init__(
        self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the endpoint.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a network and none is given, if it scales to zero,
                or if the model version is no ARN of a model package.
        """
        check_plan(name, args.plan, EndpointPlan)
        plan = args.plan
        _check_version(name, args.model_version)
        if plan.component is not None:
            raise ConstructError(
                f"{name}.plan",
                "Pulumi's AWS provider has no inference components, by which an endpoint scales to "
                "zero",
                got=plan.component.name,
                fix="plan without to_zero, or deploy it with CDK",
            )
        values = args.network or {}
        subnets = filled(f"{name}.network", plan.network.subnet_ids, values)
        groups = filled(f"{name}.network", plan.network.security_group_ids, values)
        super().__init__(name, opts)
        self.plan = plan
        self.name = None
        if args.model_version != NO_MODEL:
            model = aws.sagemaker.Model(
                self.child_name("Model"),
                execution_role_arn=plan.execution_role_arn,
                enable_network_isolation=True,
                primary_container={
                    "model_package_name": args.model_version,
                    "environment": {VERSION_VARIABLE: args.model_version},
                },
                vpc_config={"subnets": subnets, "security_group_ids": groups} if subnets else None,
                opts=self.child(keep_replaced=True),
            )
            config = self._config(model.name)
            self._alarms(config.name)
            endpoint = self._endpoint(config.name, args.protect)
            if plan.scaling is not None:
                self._scaling(plan.scaling, endpoint)
            self.name = endpoint.name
        self.register_outputs({"name": self.name})

    def _config(self, model_name: pulumi.Output[str]) -> aws.sagemaker.EndpointConfiguration:
        plan = self.plan
        capture: aws.sagemaker.EndpointConfigurationDataCaptureConfigArgsDict | None = None
        if plan.capture_percent:
            capture = {
                "enable_capture": True,
                "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
                "destination_s3_uri": plan.capture_uri,
                "initial_sampling_percentage": plan.capture_percent,
                "kms_key_id": plan.capture_key_alias_arn,
            }
        return aws.sagemaker.EndpointConfiguration(
            self.child_name("Config"),
            kms_key_arn=plan.volume_key_alias_arn,
            production_variants=[
                {
                    "variant_name": VARIANT,
                    "model_name": model_name,
                    "instance_type": plan.instance_type,
                    "initial_instance_count": plan.initial_instance_count,
                    "initial_variant_weight": 1,
                }
            ],
            data_capture_config=capture,
            opts=self.child(keep_replaced=True),
        )

    def _alarms(self, config_name: pulumi.Output[str]) -> None:
        plan = self.plan
        values = {Ref(plan.id, "endpoint_config_name"): config_name}
        for alarm in plan.alarms:
            define_alarm(self, alarm, plan.topic_arn, values, ignore_changes=["dimensions"])
        for alarm in plan.capacity_alarms:
            define_alarm(self, alarm, plan.topic_arn, values)

    def _endpoint(self, config_name: pulumi.Output[str], protect: bool) -> aws.sagemaker.Endpoint:
        plan = self.plan
        rollout = plan.rollout
        options = self.child(ignore_changes=RELEASED)
        options.protect = protect or None
        deployment: aws.sagemaker.EndpointDeploymentConfigArgsDict = {
            "blue_green_update_policy": {
                "traffic_routing_configuration": {
                    "type": TRAFFIC_ROUTING["all_at_once"],
                    "wait_interval_in_seconds": 0,
                },
                "maximum_execution_timeout_in_seconds": rollout.maximum_execution_seconds,
            }
        }
        if plan.alarms:
            deployment["auto_rollback_configuration"] = {
                "alarms": [{"alarm_name": alarm.name} for alarm in plan.alarms]
            }
        return aws.sagemaker.Endpoint(
            self.child_name("Resource"),
            name=plan.name,
            endpoint_config_name=config_name,
            deployment_config=deployment,
            opts=options,
        )

    def _scaling(self, scaling: ScalingPlan, endpoint: aws.sagemaker.Endpoint) -> None:
        dimension = "sagemaker:variant:DesiredInstanceCount"
        target = aws.appautoscaling.Target(
            self.child_name("Target"),
            service_namespace="sagemaker",
            scalable_dimension=dimension,
            resource_id=scaling.resource_id,
            min_capacity=scaling.min_instances,
            max_capacity=scaling.max_instances,
            # Scheduled actions change the minimum.
            opts=self.child(
                depends_on=[endpoint],
                ignore_changes=["minCapacity"] if scaling.scheduled else (),
            ),
        )
        aws.appautoscaling.Policy(
            self.child_name("Scaling"),
            name=scaling.policy_name,
            policy_type="TargetTrackingScaling",
            service_namespace="sagemaker",
            scalable_dimension=dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": scaling.target_invocations_per_minute,
                "predefined_metric_specification": {
                    "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
                },
                "scale_in_cooldown": scaling.scale_in_cooldown_seconds,
                "scale_out_cooldown": scaling.scale_out_cooldown_seconds,
            },
            opts=self.child(),
        )
        for index, item in enumerate(scaling.scheduled):
            aws.appautoscaling.ScheduledAction(
                self.child_name(f"Scheduled{index}"),
                name=item.name,
                service_namespace="sagemaker",
                scalable_dimension=dimension,
                resource_id=target.resource_id,
                schedule=item.schedule,
                timezone=item.time_zone,
                scalable_target_action={"min_capacity": item.min_instances},
                opts=self.child(),
            )


def _check_version(name: str, version: object) -> None:
    if isinstance(version, str) and (version == NO_MODEL or PACKAGE.fullmatch(version)):
        return
    raise ConstructError(
        f"{name}.model_version",
        f"must be the ARN of a model package or {NO_MODEL}, known as the program runs",
        got=type(version).__name__ if isinstance(version, pulumi.Output) else version,
        fix="take it from the configuration",
    )
