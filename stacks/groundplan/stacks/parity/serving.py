"""Compares what serves models: models, endpoint configs, endpoints, scaling, Model Monitor."""

from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import by, item, lowered


def model_of_template(model: Resource, parts: Parts) -> Item:
    """Return a model of CDK."""
    facts = {
        "role": model.take("ExecutionRoleArn"),
        "isolated": model.take("EnableNetworkIsolation", False),
        "container": lowered(model.take("PrimaryContainer")),
        "network": lowered(model.take("VpcConfig")),
    }
    return item("model", model.unit, model, facts, own_tags=model.take("Tags"))


def model_of_program(model: Resource, parts: Parts) -> Item:
    """Return a model of Pulumi."""
    facts = {
        "role": model.take("executionRoleArn"),
        "isolated": model.take("enableNetworkIsolation", False),
        "container": lowered(model.take("primaryContainer")),
        "network": lowered(model.take("vpcConfig")),
    }
    return item("model", model.unit, model, facts, own_tags=model.take("tags"))


def config_of_template(config: Resource, parts: Parts) -> Item:
    """Return an endpoint config of CDK."""
    facts = {
        "key": config.take("KmsKeyId"),
        "variants": by("variantname", config.take("ProductionVariants")),
        "shadows": by("variantname", config.take("ShadowProductionVariants")),
        "capture": lowered(config.take("DataCaptureConfig")),
    }
    return item("endpoint config", config.unit, config, facts, own_tags=config.take("Tags"))


def config_of_program(config: Resource, parts: Parts) -> Item:
    """Return an endpoint config of Pulumi."""
    facts = {
        "key": config.take("kmsKeyArn"),
        "variants": by("variantname", config.take("productionVariants")),
        "shadows": by("variantname", config.take("shadowProductionVariants")),
        "capture": lowered(config.take("dataCaptureConfig")),
    }
    return item("endpoint config", config.unit, config, facts, own_tags=config.take("tags"))


def endpoint_of_template(endpoint: Resource, parts: Parts) -> Item:
    """Return an endpoint of CDK."""
    facts = {
        "config": endpoint.take("EndpointConfigName"),
        "deployment": lowered(endpoint.take("DeploymentConfig")),
        "capacity kept by updates": endpoint.take("RetainAllVariantProperties"),
        "but": lowered(endpoint.take("ExcludeRetainedVariantProperties")),
    }
    name = endpoint.take("EndpointName")
    return item("endpoint", name, endpoint, facts, own_tags=endpoint.take("Tags"))


def endpoint_of_program(endpoint: Resource, parts: Parts) -> Item:
    """Return an endpoint of Pulumi."""
    facts = {
        "config": endpoint.take("endpointConfigName"),
        "deployment": lowered(endpoint.take("deploymentConfig")),
        "capacity kept by updates": None,
        "but": None,
    }
    return item("endpoint", endpoint.take("name"), endpoint, facts, own_tags=endpoint.take("tags"))


def target_of_template(target: Resource, parts: Parts) -> Item:
    """Return a scaling target of CDK, with its scheduled actions."""
    actions = by("scheduledactionname", target.take("ScheduledActions"))
    return _target(
        target,
        (target.take("ResourceId"), target.take("ScalableDimension")),
        target.take("ServiceNamespace"),
        (target.take("MinCapacity"), target.take("MaxCapacity")),
        actions,
        target.take("Tags"),
    )


def target_of_program(target: Resource, parts: Parts) -> Item:
    """Return a scaling target of Pulumi; its scheduled actions are resources."""
    scaled = {name: target.take(name) for name in ("resourceId", "scalableDimension")}
    namespace = target.take("serviceNamespace")
    actions = parts.of(
        target,
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        serviceNamespace=namespace,
        **scaled,
    )
    found = {
        part.take("name"): lowered(
            {
                key: part.take(key)
                for key in part.properties
                if key not in ("name", "serviceNamespace", *scaled)
            }
        )
        for part in actions
    }
    return _target(
        target,
        (scaled["resourceId"], scaled["scalableDimension"]),
        namespace,
        (target.take("minCapacity"), target.take("maxCapacity")),
        found,
        target.take("tags"),
        actions,
    )


def _target(
    target: Resource,
    scaled: tuple[str, str],
    namespace: str,
    bounds: tuple[int, int],
    actions: Mapping[str, Any],
    own_tags: Any,
    parts: Sequence[Resource] = (),
) -> Item:
    facts = {"namespace": namespace, "bounds": bounds, "scheduled": actions}
    return item("scaling target", " ".join(scaled), target, facts, *parts, own_tags=own_tags)


def scaling_of_template(policy: Resource, parts: Parts) -> Item:
    """Return a scaling policy of CDK."""
    facts = {
        "scaled": policy.take("ScalingTargetId").split("|"),
        "type": policy.take("PolicyType"),
        "tracking": lowered(policy.take("TargetTrackingScalingPolicyConfiguration")),
    }
    return item("scaling policy", policy.take("PolicyName"), policy, facts)


def scaling_of_program(policy: Resource, parts: Parts) -> Item:
    """Return a scaling policy of Pulumi."""
    facts = {
        "scaled": [
            policy.take(name) for name in ("resourceId", "scalableDimension", "serviceNamespace")
        ],
        "type": policy.take("policyType"),
        "tracking": lowered(policy.take("targetTrackingScalingPolicyConfiguration")),
    }
    return item("scaling policy", policy.take("name"), policy, facts)


def watch_of_template(schedule: Resource, parts: Parts) -> Item:
    """Return a schedule of Model Monitor of CDK."""
    given = schedule.take("MonitoringScheduleConfig")
    config = lowered(given)
    job = config["monitoringjobdefinition"]
    [job["monitoringinputs"]] = job["monitoringinputs"]
    output = job["monitoringoutputconfig"]
    [output["monitoringoutputs"]] = output["monitoringoutputs"]
    job["environment"] = given["MonitoringJobDefinition"]["Environment"]
    name, own_tags = schedule.take("MonitoringScheduleName"), schedule.take("Tags")
    return item("monitoring schedule", name, schedule, config, own_tags=own_tags)


def watch_of_program(schedule: Resource, parts: Parts) -> Item:
    """Return a schedule of Model Monitor of Pulumi, which has one where there may be one only."""
    given = schedule.take("monitoringScheduleConfig")
    config = lowered(given)
    job = config["monitoringjobdefinition"]
    job["baselineconfig"] = job.pop("baseline")
    [job["stoppingcondition"]] = job.pop("stoppingconditions")
    job["environment"] = given["monitoringJobDefinition"]["environment"]
    name, own_tags = schedule.take("name"), schedule.take("tags")
    return item("monitoring schedule", name, schedule, config, own_tags=own_tags)


def mlflow_of_template(server: Resource, parts: Parts) -> Item:
    """Return an MLflow app or tracking server of CDK."""
    app = server.type.endswith("App")
    facts = {
        "store": server.take("ArtifactStoreUri"),
        "role": server.take("RoleArn"),
        "registers": server.take("ModelRegistrationMode" if app else "AutomaticModelRegistration"),
        "size": None if app else server.take("TrackingServerSize"),
        "version": None if app else server.take("MlflowVersion"),
    }
    name = server.take("Name" if app else "TrackingServerName")
    kind = "mlflow app" if app else "mlflow server"
    return item(kind, name, server, facts, own_tags=server.take("Tags"))


def mlflow_of_program(server: Resource, parts: Parts) -> Item:
    """Return an MLflow app or tracking server of Pulumi."""
    app = server.type.endswith("App")
    facts = {
        "store": server.take("artifactStoreUri"),
        "role": server.take("roleArn"),
        "registers": server.take("modelRegistrationMode" if app else "automaticModelRegistration"),
        "size": None if app else server.take("trackingServerSize"),
        "version": None if app else server.take("mlflowVersion"),
    }
    name = server.take("name" if app else "trackingServerName")
    kind = "mlflow app" if app else "mlflow server"
    return item(kind, name, server, facts, own_tags=server.take("tags"))


TEMPLATES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": target_of_template,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling_of_template,
    "AWS::SageMaker::Endpoint": endpoint_of_template,
    "AWS::SageMaker::EndpointConfig": config_of_template,
    "AWS::SageMaker::MlflowApp": mlflow_of_template,
    "AWS::SageMaker::MlflowTrackingServer": mlflow_of_template,
    "AWS::SageMaker::Model": model_of_template,
    "AWS::SageMaker::MonitoringSchedule": watch_of_template,
}
PROGRAMS = {
    "aws:appautoscaling/policy:Policy": scaling_of_program,
    "aws:appautoscaling/target:Target": target_of_program,
    "aws:sagemaker/endpoint:Endpoint": endpoint_of_program,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": config_of_program,
    "aws:sagemaker/mlflowApp:MlflowApp": mlflow_of_program,
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer": mlflow_of_program,
    "aws:sagemaker/model:Model": model_of_program,
    "aws:sagemaker/monitoringSchedule:MonitoringSchedule": watch_of_program,
}
PARTS = {"aws:appautoscaling/scheduledAction:ScheduledAction"}
