"""How an endpoint is updated: in the words of CloudFormation and of SageMaker's API, which agree."""

from collections.abc import Mapping, Sequence

from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.endpoint import TRAFFIC_ROUTING, EndpointPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.pipelines.endpoint_settings import (
    PREFIX_CHARACTERS,
    EndpointSettings,
    Request,
)

RELEASED_TAG = "groundplan:released"
"""Tag of a model or config that a release has made, with the endpoint's name.

What the Pulumi program has made lacks it, since the program alone decides when that goes.
"""


def planned(plan: EndpointPlan) -> dict[str, object]:
    """Return the update of a planned release."""
    rollout = plan.rollout
    routing: dict[str, object] = {
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


def at_once(plan: EndpointPlan) -> dict[str, object]:
    """Return the update of an emergency."""
    return {
        "TrafficRoutingConfiguration": {
            "Type": TRAFFIC_ROUTING["all_at_once"],
            "WaitIntervalInSeconds": 0,
        },
        "MaximumExecutionTimeoutInSeconds": plan.rollout.maximum_execution_seconds,
    }


def deployment(policy: Mapping[str, object], alarm_names: Sequence[str]) -> dict[str, object]:
    """Return a deployment config that alarms roll back."""
    out: dict[str, object] = {"BlueGreenUpdatePolicy": policy}
    if alarm_names:
        out["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarm_names]}
    return out


def endpoint_settings(plan: EndpointPlan, tags: Mapping[str, str]) -> EndpointSettings:
    """Return what a release makes an endpoint's models and configs of.

    Args:
        plan: The endpoint, without an inference component.
        tags: Tags of the models and configs.
    """
    names = [alarm.name for alarm in plan.alarms]
    config: dict[str, object] = {}
    if plan.volume_key_alias_arn is not None:
        config["KmsKeyId"] = plan.volume_key_alias_arn
    if plan.capture_percent:
        config["DataCaptureConfig"] = {
            "EnableCapture": True,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "DestinationS3Uri": plan.capture_uri,
            "InitialSamplingPercentage": plan.capture_percent,
            "KmsKeyId": plan.capture_key_alias_arn,
        }
    update: dict[str, object] = {}
    if plan.scaling is not None:
        update = {
            "RetainAllVariantProperties": True,
            "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}],
        }
    return EndpointSettings(
        prefix=plan.name[:PREFIX_CHARACTERS],
        role=plan.execution_role_arn,
        variant={
            "InstanceType": plan.instance_type,
            "InitialInstanceCount": plan.initial_instance_count,
            "InitialVariantWeight": 1,
        },
        config=config,
        captured=plan.capture_percent,
        tags=[
            {"Key": key, "Value": value}
            for key, value in sorted({**tags, RELEASED_TAG: plan.name}.items())
        ],
        alarms=[_alarm(alarm, plan.topic_arn) for alarm in plan.alarms],
        shadow_alarms=[_alarm(alarm, plan.topic_arn) for alarm in plan.shadow_alarms],
        update=update,
        deployment={
            "all_at_once": deployment(at_once(plan), names),
            "planned": deployment(planned(plan), names),
        },
    )


def _alarm(plan: AlarmPlan, topic_arn: str | None) -> Request:
    """Return an alarm as PutMetricAlarm takes it, without the config that it is to watch."""
    percentile = plan.statistic.startswith("p")
    return {
        "AlarmName": plan.name,
        "AlarmDescription": plan.description,
        **({"AlarmActions": [topic_arn]} if topic_arn is not None else {}),
        "Namespace": plan.namespace,
        "MetricName": plan.metric,
        "Dimensions": [
            {"Name": key, "Value": value}
            for key, value in plan.dimensions.items()
            if not isinstance(value, Ref)
        ],
        "ExtendedStatistic" if percentile else "Statistic": plan.statistic,
        "Threshold": plan.threshold,
        "ComparisonOperator": plan.comparison,
        "Period": plan.period_seconds,
        "EvaluationPeriods": plan.evaluation_periods,
        "TreatMissingData": "notBreaching",
    }
