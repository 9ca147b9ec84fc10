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
from groundplan.constructs.pulumi.component import (
    Component,
    Values,
    check_input,
    check_plan,
    filled,
)


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
        >>> alias = place.arn("kms", "alias/fraud")
        >>> plan = MonitoringSchedulePlan(
        ...     id="ModelMonitor",
        ...     name="fraud",
        ...     arn=place.arn("sagemaker", "monitoring-schedule/fraud"),
        ...     endpoint_name="fraud",
        ...     image_uri="468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
        ...     role_arn="arn:aws:iam::111111111111:role/fraud-model-monitor",
        ...     expression="cron(0 1 ? * * *)",
        ...     statistics_uri="s3://fraud-work-111111111111/baseline/statistics.json",
        ...     constraints_uri="s3://fraud-work-111111111111/baseline/constraints.json",
        ...     reports_uri="s3://fraud-work-111111111111/reports/",
        ...     key_alias_arn=alias,
        ...     instance_type="ml.m5.large",
        ...     volume_gib=30,
        ...     volume_key_alias_arn=alias,
        ...     max_runtime_seconds=3600,
        ...     network=NetworkAttachment(subnet_ids=(), security_group_ids=()),
        ... )
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
        check_input(f"{name}.endpoint_name", args.endpoint_name, "name")
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
