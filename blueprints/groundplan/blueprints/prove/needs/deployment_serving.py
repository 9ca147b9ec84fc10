"""Which resources CloudFormation makes of endpoints, of what watches them, and of records of training."""

from collections.abc import Iterator

from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.prove.needs.deployment_parts import NEW, Deployed, On, Where
from groundplan.blueprints.prove.stand_ins import key_arn


def endpoint(unit: EndpointPlan, at: Where) -> Iterator[Deployed]:
    config, model = at.minted("sagemaker", "endpoint-config"), at.minted("sagemaker", "model")
    passes = ((unit.execution_role_arn, "sagemaker.amazonaws.com"),)
    own = On(unit.arn, unit.arn)
    group = at.registries.get(name("model-package-group", at.project, unit.model), "")
    versions = group.replace(":model-package-group/", ":model-package/")
    version = On(f"{versions}/1", f"{versions}/*")
    for _ in ("served", "shadow"):
        parts = {"model": model, "model-package": version}
        yield Deployed(type="AWS::SageMaker::Model", on=parts, passes=passes)
    # another instance type may have volumes to encrypt where this one's storage is local
    key = at.key(key_arn(at.place, name("key-alias", at.project, at.stack.scope)))
    on = {"endpoint-config": config, "key": key}
    yield Deployed(
        type="AWS::SageMaker::EndpointConfig",
        on=on,
        passes=() if unit.component is None else passes,
    )
    yield Deployed(type="AWS::SageMaker::Endpoint", on={"endpoint": own, "endpoint-config": config})
    dimension = "sagemaker:variant:DesiredInstanceCount"
    scaled = f"endpoint/{unit.name}/variant/"
    if unit.component is not None:
        component = at.place.arn("sagemaker", f"inference-component/{unit.name}")
        dimension = "sagemaker:inference-component:DesiredCopyCount"
        scaled = f"inference-component/{unit.name}-Alarm"
        yield Deployed(
            type="AWS::SageMaker::InferenceComponent",
            on={"inference-component": On(component, component), "endpoint": own},
        )
    service = "sagemaker.application-autoscaling.amazonaws.com"
    linked = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    alarms = at.place.arn("cloudwatch", f"alarm:TargetTracking-{scaled}")
    for kind in ("ScalableTarget", "ScalingPolicy"):
        yield Deployed(
            type=f"AWS::ApplicationAutoScaling::{kind}",
            on={
                "ScalableTarget": at.minted("application-autoscaling", "scalable-target"),
                "alarm": On(f"{alarms}{NEW}", f"{alarms}*"),
            },
            linked=((at.place.iam_arn(f"role/aws-service-role/{service}/{linked}"), service),),
            given={
                "application-autoscaling:service-namespace": "sagemaker",
                "application-autoscaling:scalable-dimension": dimension,
            },
            ahead=unit.scaling is None and unit.component is None,
        )


def monitoring(unit: MonitoringSchedulePlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::SageMaker::MonitoringSchedule",
        on={"monitoring-schedule": On(unit.arn, unit.arn)},
        passes=((unit.role_arn, "sagemaker.amazonaws.com"),),
    )


def mlflow(unit: MlflowPlan, at: Where) -> Iterator[Deployed]:
    passes = ((unit.role.arn, "sagemaker.amazonaws.com"),)
    if isinstance(unit.arn, str):
        own = {"mlflow-tracking-server": On(unit.arn, unit.arn)}
        yield Deployed(type="AWS::SageMaker::MlflowTrackingServer", on=own, passes=passes)
    else:
        app = {"mlflow-app": at.minted("sagemaker", "mlflow-app", f"app-{at.stack.scope}")}
        yield Deployed(type="AWS::SageMaker::MlflowApp", on=app, passes=passes)
