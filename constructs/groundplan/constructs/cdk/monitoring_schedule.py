"""CDK construct of a schedule of Model Monitor."""

from aws_cdk import CfnCondition, CfnResource
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from groundplan.blueprints.plan.monitoring_schedule import (
    ENVIRONMENT,
    INPUT_PATH,
    OUTPUT_PATH,
    MonitoringSchedulePlan,
)
from groundplan.blueprints.plan.ref import refs, resolve
from groundplan.constructs.cdk.tokens import Unit, network_tokens


class MonitoringSchedule(Construct):
    """A schedule of Model Monitor's data quality jobs on an endpoint.

    The job is defined in the schedule itself, which CloudFormation changes in place; a job definition
    of its own it would replace. The id ``Resource`` is part of the public contract.

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
        >>> schedule = MonitoringSchedule(stack, "ModelMonitor", plan=plan)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: MonitoringSchedulePlan,
        endpoint: CfnResource | None = None,
        condition: CfnCondition | None = None,
        network: Unit | None = None,
    ) -> None:
        """Define the schedule.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            endpoint: The endpoint, where it is in the same stack: it is made before the schedule
                and deleted after it. Default: it is there already.
            condition: When the schedule exists. Default: always.
            network: The network that the plan refers to. Default: the plan refers to none.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        super().__init__(scope, id)
        self.plan = plan
        tokens = network_tokens(id, refs(plan.network), network)
        vpc = None
        if plan.network.subnet_ids:
            vpc = sagemaker.CfnMonitoringSchedule.VpcConfigProperty(
                subnets=resolve(plan.network.subnet_ids, tokens),
                security_group_ids=resolve(plan.network.security_group_ids, tokens),
            )
        self.schedule = sagemaker.CfnMonitoringSchedule(
            self,
            "Resource",
            monitoring_schedule_name=plan.name,
            monitoring_schedule_config={
                "monitoringType": "DataQuality",
                "scheduleConfig": {"scheduleExpression": plan.expression},
                "monitoringJobDefinition": {
                    "monitoringAppSpecification": {"imageUri": plan.image_uri},
                    "baselineConfig": {
                        "constraintsResource": {"s3Uri": plan.constraints_uri},
                        "statisticsResource": {"s3Uri": plan.statistics_uri},
                    },
                    "environment": ENVIRONMENT,
                    "monitoringInputs": [
                        {
                            "endpointInput": {
                                "endpointName": plan.endpoint_name,
                                "localPath": INPUT_PATH,
                            }
                        }
                    ],
                    "monitoringOutputConfig": {
                        "kmsKeyId": plan.key_alias_arn,
                        "monitoringOutputs": [
                            {
                                "s3Output": {
                                    "s3Uri": plan.reports_uri,
                                    "localPath": OUTPUT_PATH,
                                    "s3UploadMode": "EndOfJob",
                                }
                            }
                        ],
                    },
                    "monitoringResources": {
                        "clusterConfig": {
                            "instanceCount": 1,
                            "instanceType": plan.instance_type,
                            "volumeSizeInGb": plan.volume_gib,
                            "volumeKmsKeyId": plan.volume_key_alias_arn,
                        }
                    },
                    "networkConfig": {
                        "enableNetworkIsolation": True,
                        "enableInterContainerTrafficEncryption": True,
                        "vpcConfig": vpc,
                    },
                    "roleArn": plan.role_arn,
                    "stoppingCondition": {"maxRuntimeInSeconds": plan.max_runtime_seconds},
                },
            },
        )
        if condition is not None:
            self.schedule.cfn_options.condition = condition
        if endpoint is not None:
            self.schedule.add_resource_dependency(endpoint)
