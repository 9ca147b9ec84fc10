"""Pulumi component of a schedule of Model Monitor."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.monitoring_schedule import (
    ENVIRONMENT,
    INPUT_PATH,
    OUTPUT_PATH,
    MonitoringSchedulePlan,
)
from groundplan.constructs.pulumi.component import Component, Values, check_plan, filled


@dataclass(kw_only=True)
class MonitoringScheduleArgs:
    """What a :class:`MonitoringSchedule` is made of."""

    plan: MonitoringSchedulePlan
    """What to define."""

    endpoint_name: pulumi.Input[str] | None = None
    """Name of the endpoint, where it is made in the same program: it is made first. Default: it is
    there already."""

    network: Values | None = None
    """What stands for the refs to a network: :attr:`Network.values`. Default: there are none."""


class MonitoringSchedule(Component):
    """A schedule of Model Monitor's data quality jobs on an endpoint.

    The job is defined in the schedule itself. The child ``Resource`` is part of the public contract.

    Example:
        >>> schedule = MonitoringSchedule("fraud", MonitoringScheduleArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the schedule."""

    def __init__(
        self, name: str, args: MonitoringScheduleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the schedule.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        check_plan(name, args.plan, MonitoringSchedulePlan)
        plan = args.plan
        values = args.network or {}
        subnets = filled(f"{name}.network", plan.network.subnet_ids, values)
        groups = filled(f"{name}.network", plan.network.security_group_ids, values)
        super().__init__(name, opts)
        self.plan = plan
        schedule = aws.sagemaker.MonitoringSchedule(
            self.child_name("Resource"),
            name=plan.name,
            monitoring_schedule_config={
                "monitoring_type": "DataQuality",
                "schedule_config": {"schedule_expression": plan.expression},
                "monitoring_job_definition": {
                    "monitoring_app_specification": {"image_uri": plan.image_uri},
                    "baseline": {
                        "constraints_resource": {"s3_uri": plan.constraints_uri},
                        "statistics_resource": {"s3_uri": plan.statistics_uri},
                    },
                    "environment": ENVIRONMENT,
                    "monitoring_inputs": {
                        "endpoint_input": {
                            "endpoint_name": args.endpoint_name or plan.endpoint_name,
                            "local_path": INPUT_PATH,
                        }
                    },
                    "monitoring_output_config": {
                        "kms_key_id": plan.key_alias_arn,
                        "monitoring_outputs": {
                            "s3_output": {
                                "s3_uri": plan.reports_uri,
                                "local_path": OUTPUT_PATH,
                                "s3_upload_mode": "EndOfJob",
                            }
                        },
                    },
                    "monitoring_resources": {
                        "cluster_config": {
                            "instance_count": 1,
                            "instance_type": plan.instance_type,
                            "volume_size_in_gb": plan.volume_gib,
                            "volume_kms_key_id": plan.volume_key_alias_arn,
                        }
                    },
                    "network_config": {
                        "enable_network_isolation": True,
                        "enable_inter_container_traffic_encryption": True,
                        "vpc_config": (
                            {"subnets": subnets, "security_group_ids": groups} if subnets else None
                        ),
                    },
                    "role_arn": plan.role_arn,
                    "stopping_conditions": [{"max_runtime_in_seconds": plan.max_runtime_seconds}],
                },
            },
            opts=self.child(),
        )
        self.arn = schedule.arn
        self.register_outputs({"arn": self.arn})
