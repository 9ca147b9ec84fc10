"""SageMaker, and the scaling of its endpoints."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.application_auto_scaling_scalable_target import (
    ApplicationAutoScalingScalableTarget,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.application_auto_scaling_scaling_policy import (
    ApplicationAutoScalingScalingPolicy,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_endpoint import SageMakerEndpoint
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_endpoint_config import (
    SageMakerEndpointConfig,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_mlflow_app import (
    SageMakerMlflowApp,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_mlflow_tracking_server import (
    SageMakerMlflowTrackingServer,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_model import SageMakerModel
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_model_package_group import (
    SageMakerModelPackageGroup,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_monitoring_schedule import (
    SageMakerMonitoringSchedule,
)
from groundplan.stacks.rehearsal.pulumi.types.resource_type import (
    PulumiType,
    Setting,
    fields,
    many,
    one,
)


class _GroupPolicy(Setting):
    type = "group policy"
    service, holder = "sagemaker", "ModelPackageGroupName"
    put, take_away = "PutModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy"


class _ScheduledAction(ResourceType):
    """What changes the bounds of a target at a time."""

    type = "scheduled action"
    tags = None
    named_by = "ScheduledActionName"
    properties = frozenset(
        {"ResourceId", "ScalableDimension", "ServiceNamespace", "ScheduledActionName"}
    )

    def create(self, name: str, properties: Properties) -> str:
        """Name the action; ``configure`` puts it."""
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the action."""
        self.account.call("application-autoscaling", "PutScheduledAction", **properties)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the action."""
        key = {name: properties[name] for name in self.properties}
        self.account.call("application-autoscaling", "DeleteScheduledAction", **key)


_network = fields(
    enableNetworkIsolation="EnableNetworkIsolation",
    enableInterContainerTrafficEncryption="EnableInterContainerTrafficEncryption",
    vpcConfig="VpcConfig",
)
_output = fields(
    kmsKeyId="KmsKeyId",
    monitoringOutputs=("MonitoringOutputs", many),
)
_job = fields(
    monitoringAppSpecification="MonitoringAppSpecification",
    baseline=(
        "BaselineConfig",
        fields(constraintsResource="ConstraintsResource", statisticsResource="StatisticsResource"),
    ),
    environment="Environment",
    monitoringInputs=("MonitoringInputs", many),
    monitoringOutputConfig=("MonitoringOutputConfig", _output),
    monitoringResources="MonitoringResources",
    networkConfig=("NetworkConfig", _network),
    roleArn="RoleArn",
    stoppingConditions=("StoppingCondition", one),
)
_schedule = fields(
    monitoringType="MonitoringType",
    scheduleConfig="ScheduleConfig",
    monitoringJobDefinition=("MonitoringJobDefinition", _job),
)

OF_TARGET = {
    "serviceNamespace": "ServiceNamespace",
    "scalableDimension": "ScalableDimension",
    "resourceId": "ResourceId",
}
MODEL = {
    "name": "ModelName",
    "executionRoleArn": "ExecutionRoleArn",
    "enableNetworkIsolation": "EnableNetworkIsolation",
    "primaryContainer": "PrimaryContainer",
    "vpcConfig": "VpcConfig",
}
CONFIG = {
    "name": "EndpointConfigName",
    "kmsKeyArn": "KmsKeyId",
    "productionVariants": "ProductionVariants",
    "dataCaptureConfig": "DataCaptureConfig",
}


def _named(id: str, attributes: Any) -> dict[str, Any]:
    return {"arn": id}


def _server(id: str, attributes: Any) -> dict[str, Any]:
    return {"arn": attributes["TrackingServerArn"]}


TYPES = (
    PulumiType(
        token="aws:sagemaker/mlflowApp:MlflowApp",
        made_by=SageMakerMlflowApp,
        names={
            "name": "Name",
            "artifactStoreUri": "ArtifactStoreUri",
            "modelRegistrationMode": "ModelRegistrationMode",
            "roleArn": "RoleArn",
        },
        replaced_by=frozenset({"roleArn"}),
        outputs=_named,
    ),
    PulumiType(
        token="aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer",
        made_by=SageMakerMlflowTrackingServer,
        names={
            "trackingServerName": "TrackingServerName",
            "artifactStoreUri": "ArtifactStoreUri",
            "automaticModelRegistration": "AutomaticModelRegistration",
            "mlflowVersion": "MlflowVersion",
            "roleArn": "RoleArn",
            "trackingServerSize": "TrackingServerSize",
        },
        replaced_by=frozenset({"trackingServerName"}),
        outputs=_server,
    ),
    PulumiType(
        token="aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        made_by=SageMakerModelPackageGroup,
        names={
            "modelPackageGroupName": "ModelPackageGroupName",
            "modelPackageGroupDescription": "ModelPackageGroupDescription",
        },
        replaced_by=frozenset({"modelPackageGroupDescription", "modelPackageGroupName"}),
        outputs=_named,
    ),
    PulumiType(
        token="aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        made_by=_GroupPolicy,
        names={
            "modelPackageGroupName": "ModelPackageGroupName",
            "resourcePolicy": "ResourcePolicy",
        },
        replaced_by=frozenset({"modelPackageGroupName"}),
    ),
    PulumiType(
        token="aws:sagemaker/model:Model",
        made_by=SageMakerModel,
        names=MODEL,
        replaced_by=frozenset(MODEL),
        outputs=_named,
    ),
    PulumiType(
        token="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        made_by=SageMakerEndpointConfig,
        names=CONFIG,
        replaced_by=frozenset(CONFIG),
        outputs=_named,
    ),
    PulumiType(
        token="aws:sagemaker/endpoint:Endpoint",
        made_by=SageMakerEndpoint,
        names={
            "name": "EndpointName",
            "endpointConfigName": "EndpointConfigName",
            "deploymentConfig": "DeploymentConfig",
        },
        replaced_by=frozenset({"name"}),
        outputs=_named,
    ),
    PulumiType(
        token="aws:sagemaker/monitoringSchedule:MonitoringSchedule",
        made_by=SageMakerMonitoringSchedule,
        names={
            "name": "MonitoringScheduleName",
            "monitoringScheduleConfig": "MonitoringScheduleConfig",
        },
        values={"monitoringScheduleConfig": _schedule},
        replaced_by=frozenset({"name"}),
        outputs=_named,
    ),
    PulumiType(
        token="aws:appautoscaling/target:Target",
        made_by=ApplicationAutoScalingScalableTarget,
        names={**OF_TARGET, "minCapacity": "MinCapacity", "maxCapacity": "MaxCapacity"},
        replaced_by=frozenset(OF_TARGET),
    ),
    PulumiType(
        token="aws:appautoscaling/policy:Policy",
        made_by=ApplicationAutoScalingScalingPolicy,
        names={
            **OF_TARGET,
            "name": "PolicyName",
            "policyType": "PolicyType",
            "targetTrackingScalingPolicyConfiguration": "TargetTrackingScalingPolicyConfiguration",
        },
        replaced_by=frozenset({*OF_TARGET, "name"}),
        outputs=_named,
    ),
    PulumiType(
        token="aws:appautoscaling/scheduledAction:ScheduledAction",
        made_by=_ScheduledAction,
        names={
            **OF_TARGET,
            "name": "ScheduledActionName",
            "schedule": "Schedule",
            "timezone": "Timezone",
            "scalableTargetAction": "ScalableTargetAction",
        },
        replaced_by=frozenset({*OF_TARGET, "name"}),
        outputs=_named,
    ),
)
