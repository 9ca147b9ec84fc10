import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.endpoint import EndpointPlan, ScheduledActionPlan, plan_endpoint
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkAttachment, NetworkPlan, plan_network
from groundplan.constructs.cdk import Endpoint, Network
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Template = Callable[[], dict[str, Any]]


@pytest.fixture
def plan(place: Place) -> EndpointPlan:
    key = place.arn("kms", "alias/fraud")
    return plan_endpoint(
        name="fraud",
        place=place,
        model="fraud",
        execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
        instance_type="ml.m5.large",
        min_instances=2,
        max_instances=4,
        target_invocations_per_minute=600,
        live_parameter="/fraud/live",
        volume_key_alias_arn=key,
        capture_key_alias_arn=key,
        capture_percent=10,
        capture_uri="s3://fraud-work-111111111111/capture/",
        strategy="canary",
        percent=50,
        p99_ms=200,
        topic_arn=place.arn("sns", "alerts"),
    )


def of_type(found: dict[str, Any], type: str) -> dict[str, Any]:
    [item] = [item for item in found["Resources"].values() if item["Type"] == type]
    return dict(item)


def test_nothing_is_made_while_there_is_no_model(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    found = template()
    assert {name: item["Default"] for name, item in found["Parameters"].items()} == {
        "ModelVersion": "none",
        "ShadowModelVersion": "none",
        "Rollout": "planned",
    }
    assert {item["Type"] for item in found["Parameters"].values()} == {"String"}
    assert found["Parameters"]["Rollout"]["AllowedValues"] == ["planned", "all_at_once"]
    has_model = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelVersion"}, "none"]}]}
    has_shadow = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ShadowModelVersion"}, "none"]}]}
    assert found["Conditions"] == {
        "HasModel": has_model,
        "HasShadow": {"Fn::And": [has_model, has_shadow]},
        "Planned": {"Fn::Equals": [{"Ref": "Rollout"}, "planned"]},
    }
    conditions = {id: item["Condition"] for id, item in found["Resources"].items()}
    assert conditions.pop("EndpointShadowModel5C3C42B8") == "HasShadow"
    assert set(conditions.values()) == {"HasModel"}


def test_logical_ids(stack: cdk.Stack, plan: EndpointPlan, template: Template) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    assert sorted(template()["Resources"]) == [
        "EndpointConfig24AD0A28",
        "EndpointEEF1FD8F",
        "EndpointErrors20F851B6",
        "EndpointLatencyCB415262",
        "EndpointModel0F230181",
        "EndpointScaling0076A587",
        "EndpointShadowModel5C3C42B8",
        "EndpointTarget79E5E9D5",
    ]


def test_replaced_models_and_configs_stay(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    kept = {
        id
        for id, item in template()["Resources"].items()
        if item.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept == {
        "EndpointConfig24AD0A28",
        "EndpointModel0F230181",
        "EndpointShadowModel5C3C42B8",
    }


def test_config_is_unnamed_and_encrypted(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    config = of_type(template(), "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "EndpointConfigName" not in config
    assert config["KmsKeyId"] == plan.volume_key_alias_arn
    [variant] = config["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialInstanceCount"]) == ("primary", 2)
    assert config["DataCaptureConfig"] == {
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "DestinationS3Uri": "s3://fraud-work-111111111111/capture/",
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "KmsKeyId": plan.capture_key_alias_arn,
    }
    condition, [shadow], nothing = config["ShadowProductionVariants"]["Fn::If"]
    assert (condition, shadow["VariantName"]) == ("HasShadow", "shadow")
    assert nothing == {"Ref": "AWS::NoValue"}


def test_no_volume_key_on_instances_with_local_storage(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=replace(plan, volume_key_alias_arn=None, capture_percent=0))

    config = of_type(template(), "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "KmsKeyId" not in config and "DataCaptureConfig" not in config


def test_rollout_follows_the_parameter(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    endpoint = of_type(template(), "AWS::SageMaker::Endpoint")["Properties"]
    condition, planned, at_once = endpoint["DeploymentConfig"]["Fn::If"]
    assert condition == "Planned"
    assert planned["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
        "TerminationWaitInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 4200,
    }
    assert at_once["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
        "Type": "ALL_AT_ONCE",
        "WaitIntervalInSeconds": 0,
    }
    alarms = [{"Ref": "EndpointErrors20F851B6"}, {"Ref": "EndpointLatencyCB415262"}]
    assert planned["AutoRollbackConfiguration"] == {
        "Alarms": [{"AlarmName": alarm} for alarm in alarms]
    }


def test_linear_steps_and_no_alarms(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    linear = replace(plan.rollout, strategy="linear", percent=25)

    Endpoint(stack, "Endpoint", plan=replace(plan, rollout=linear, alarms=()))

    endpoint = of_type(template(), "AWS::SageMaker::Endpoint")["Properties"]
    _, planned, _ = endpoint["DeploymentConfig"]["Fn::If"]
    routing = planned["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 25}
    assert "AutoRollbackConfiguration" not in planned


def test_alarms_watch_the_new_config_only(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    latency = template()["Resources"]["EndpointLatencyCB415262"]["Properties"]
    assert {item["Name"]: item["Value"] for item in latency["Dimensions"]} == {
        "EndpointName": "fraud",
        "VariantName": "primary",
        "EndpointConfigName": {"Fn::GetAtt": ["EndpointConfig24AD0A28", "EndpointConfigName"]},
    }
    assert latency["TreatMissingData"] == "notBreaching"
    assert (latency["ExtendedStatistic"], latency["Threshold"]) == ("p99", 200_000)
    assert latency["AlarmActions"] == ["arn:aws:sns:eu-west-1:111111111111:alerts"]


def test_scaling_keeps_capacity_but_never_data_capture(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    found = template()
    endpoint = of_type(found, "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DataCaptureConfig"}
    ]
    target = of_type(found, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["DependsOn"] == ["EndpointEEF1FD8F"]
    assert target["Properties"]["ResourceId"] == "endpoint/fraud/variant/primary"
    assert (target["Properties"]["MinCapacity"], target["Properties"]["MaxCapacity"]) == (2, 4)
    policy = of_type(found, "AWS::ApplicationAutoScaling::ScalingPolicy")["Properties"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 600


def test_a_fixed_count_is_not_retained(
    stack: cdk.Stack, plan: EndpointPlan, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=replace(plan, scaling=None))

    found = template()
    endpoint = of_type(found, "AWS::SageMaker::Endpoint")["Properties"]
    assert "RetainAllVariantProperties" not in endpoint
    assert "ExcludeRetainedVariantProperties" not in endpoint
    types = {item["Type"] for item in found["Resources"].values()}
    assert not any(type.startswith("AWS::ApplicationAutoScaling") for type in types)


def test_models_are_isolated_in_the_network(
    stack: cdk.Stack, plan: EndpointPlan, place: Place, template: Template
) -> None:
    network_plan = plan_network(name="fraud", place=place)
    network = Network(stack, "Network", plan=network_plan)

    Endpoint(stack, "Endpoint", plan=attached(plan, network_plan), network=network)

    model = template()["Resources"]["EndpointModel0F230181"]["Properties"]
    assert model["EnableNetworkIsolation"] is True
    version = {"Ref": "ModelVersion"}
    assert model["PrimaryContainer"] == {
        "ModelPackageName": version,
        "Environment": {"MODEL_VERSION": version},
    }
    assert model["VpcConfig"]["Subnets"] == [
        {"Ref": "NetworkSubnet0F5E6F125"},
        {"Ref": "NetworkSubnet18D1B2567"},
    ]


def test_fails_without_the_network_that_the_plan_refers_to(
    stack: cdk.Stack, plan: EndpointPlan, place: Place
) -> None:
    network = plan_network(name="fraud", place=place, zones=1)

    with pytest.raises(ConstructError) as caught:
        Endpoint(stack, "Endpoint", plan=attached(plan, network))

    assert str(caught.value) == (
        "Endpoint.network: the plan refers to {Network.subnet_id_0}, "
        "{Network.workload_security_group_id}, got None; "
        "pass the Network that the plan was made with"
    )


def test_grants_invoking_only(stack: cdk.Stack, plan: EndpointPlan, template: Template) -> None:
    endpoint = Endpoint(stack, "Endpoint", plan=plan)

    endpoint.grant_invoke(
        iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))
    )

    policy = of_type(template(), "AWS::IAM::Policy")["Properties"]["PolicyDocument"]
    assert policy["Statement"] == [
        {"Action": "sagemaker:InvokeEndpoint", "Effect": "Allow", "Resource": plan.arn}
    ]


def test_no_finding(
    stack: cdk.Stack, plan: EndpointPlan, findings: Callable[[], list[str]]
) -> None:
    Endpoint(stack, "Endpoint", plan=plan)

    assert findings() == []


def attached(plan: EndpointPlan, network: NetworkPlan) -> EndpointPlan:
    return replace(
        plan,
        network=NetworkAttachment(
            subnet_ids=network.subnet_ids, security_group_ids=network.security_group_ids
        ),
    )


def test_alarms_on_a_shadow_exist_with_it_and_roll_nothing_back(
    stack: cdk.Stack, place: Place, template: Template
) -> None:
    plan = plan_endpoint(
        name="fraud",
        place=place,
        model="fraud",
        execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
        instance_type="ml.m5.large",
        live_parameter="/fraud/live",
        volume_key_alias_arn=None,
        capture_key_alias_arn=place.arn("kms", "alias/fraud"),
        shadow_minutes=30,
        p99_ms=200,
    )
    Endpoint(stack, "Endpoint", plan=plan)

    found = template()["Resources"]
    alarms = {
        item["Properties"]["AlarmName"]: item["Condition"]
        for item in found.values()
        if item["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert alarms == {
        "fraud-errors": "HasModel",
        "fraud-latency": "HasModel",
        "fraud-shadow-errors": "HasShadow",
        "fraud-shadow-latency": "HasShadow",
    }
    [endpoint] = [item for item in found.values() if item["Type"] == "AWS::SageMaker::Endpoint"]
    rollback = json.dumps(endpoint["Properties"]["DeploymentConfig"])
    assert "Shadow" not in rollback


def test_scheduled_actions_and_capacity_of_a_sized_endpoint(
    stack: cdk.Stack, place: Place, template: Template
) -> None:
    key = place.arn("kms", "alias/fraud")
    early = ScheduledActionPlan(
        name="mon-fri-0650-to-4",
        schedule="cron(50 6 ? * MON-FRI *)",
        time_zone="Europe/Berlin",
        min_instances=4,
    )
    plan = plan_endpoint(
        name="fraud",
        place=place,
        model="fraud",
        execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
        instance_type="ml.m5.large",
        min_instances=2,
        max_instances=6,
        target_invocations_per_minute=600,
        scale_in_cooldown_seconds=700,
        scale_out_cooldown_seconds=420,
        scheduled=(early,),
        capacity_per_minute=750.5,
        p99_ms=120,
        latency_percentile=95,
        live_parameter="/fraud/live",
        volume_key_alias_arn=key,
        capture_key_alias_arn=key,
        topic_arn=place.arn("sns", "alerts"),
    )
    Endpoint(stack, "Endpoint", plan=plan)

    found = template()
    target = of_type(found, "AWS::ApplicationAutoScaling::ScalableTarget")["Properties"]
    assert target["ScheduledActions"] == [
        {
            "ScheduledActionName": "mon-fri-0650-to-4",
            "Schedule": "cron(50 6 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 4},
        }
    ]
    policy = of_type(found, "AWS::ApplicationAutoScaling::ScalingPolicy")["Properties"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"]) == (700, 420)
    alarms = {
        item["Properties"]["MetricName"]: item["Properties"]
        for item in found["Resources"].values()
        if item["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert alarms["ModelLatency"]["ExtendedStatistic"] == "p95"
    capacity = alarms["InvocationsPerInstance"]
    assert (capacity["Threshold"], capacity["EvaluationPeriods"]) == (750.5, 17)
    endpoint = of_type(found, "AWS::SageMaker::Endpoint")["Properties"]
    rollback = json.dumps(endpoint["DeploymentConfig"])
    assert "EndpointLatency" in rollback
    assert "EndpointCapacity" not in rollback


def sleeping(place: Place) -> EndpointPlan:
    key = place.arn("kms", "alias/fraud")
    return plan_endpoint(
        name="fraud",
        place=place,
        model="fraud",
        execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
        instance_type="ml.g5.xlarge",
        max_instances=3,
        target_invocations_per_minute=60,
        live_parameter="/fraud/live",
        volume_key_alias_arn=None,
        capture_key_alias_arn=key,
        topic_arn=place.arn("sns", "alerts"),
        to_zero=True,
    )


def test_an_endpoint_that_sleeps_is_an_inference_component_that_something_wakes(
    stack: cdk.Stack, place: Place, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=sleeping(place))

    found = template()
    config = of_type(found, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert config["ExecutionRoleArn"] == "arn:aws:iam::111111111111:role/fraud-serving"
    assert config["EnableNetworkIsolation"] is True
    assert config["ProductionVariants"] == [
        {
            "InitialInstanceCount": 1,
            "InstanceType": "ml.g5.xlarge",
            "ManagedInstanceScaling": {
                "MaxInstanceCount": 5,
                "MinInstanceCount": 0,
                "Status": "ENABLED",
            },
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            "VariantName": "primary",
        }
    ]
    endpoint = of_type(found, "AWS::SageMaker::Endpoint")["Properties"]
    assert set(endpoint) == {"EndpointConfigName", "EndpointName"}
    component = of_type(found, "AWS::SageMaker::InferenceComponent")
    assert component["Condition"] == "HasModel"
    assert component["Properties"]["Specification"] == {
        "ComputeResourceRequirements": {
            "MinMemoryRequiredInMb": 1024,
            "NumberOfAcceleratorDevicesRequired": 1,
        },
        "ModelName": {"Fn::GetAtt": ["EndpointModel0F230181", "ModelName"]},
    }
    planned, at_once = component["Properties"]["DeploymentConfig"]["Fn::If"][1:]
    batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
    for way, wait in ((planned, 600), (at_once, 0)):
        assert way["RollingUpdatePolicy"]["MaximumBatchSize"] == batch
        assert way["RollingUpdatePolicy"]["WaitIntervalInSeconds"] == wait
        assert way["AutoRollbackConfiguration"]["Alarms"] == [
            {"AlarmName": {"Ref": "EndpointErrors20F851B6"}}
        ]

    target = of_type(found, "AWS::ApplicationAutoScaling::ScalableTarget")["Properties"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    assert target["ResourceId"] == "inference-component/fraud"
    policies = {
        item["Properties"]["PolicyType"]: (name, item["Properties"])
        for name, item in found["Resources"].items()
        if item["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy"
    }
    assert sorted(policies) == ["StepScaling", "TargetTrackingScaling"]
    wake, step = policies["StepScaling"]
    assert step["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 120,
        "MetricAggregationType": "Maximum",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    alarm = found["Resources"]["EndpointComponentWakeAlarmD3D8E422"]["Properties"]
    assert alarm["MetricName"] == "NoCapacityInvocationFailures"
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "fraud"}]
    assert alarm["AlarmActions"] == [{"Ref": wake}]


def test_an_endpoint_that_sleeps_has_no_shadow_and_is_defined_by_a_model_only(
    stack: cdk.Stack, place: Place, template: Template
) -> None:
    Endpoint(stack, "Endpoint", plan=sleeping(place))

    found = template()
    assert sorted(found["Parameters"]) == ["ModelVersion", "Rollout", "ShadowModelVersion"]
    assert found["Parameters"]["ShadowModelVersion"]["AllowedValues"] == ["none"]
    assert sorted(found["Conditions"]) == ["HasModel", "Planned"]
    assert {item.get("Condition") for item in found["Resources"].values()} == {"HasModel"}


def test_whoever_may_invoke_a_sleeping_endpoint_may_invoke_its_component(
    stack: cdk.Stack, place: Place, template: Template
) -> None:
    caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))
    Endpoint(stack, "Endpoint", plan=sleeping(place)).grant_invoke(caller)

    [statement] = of_type(template(), "AWS::IAM::Policy")["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert statement["Resource"] == [
        "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/fraud",
        "arn:aws:sagemaker:eu-west-1:111111111111:inference-component/fraud",
    ]


@pytest.mark.parametrize(
    ("changes", "place_in_spec"),
    [
        ({"strategy": "canary", "percent": 50, "min_instances": 2}, "rollout.strategy"),
        ({"shadow_minutes": 60}, "rollout.shadow_first"),
        ({"capture_percent": 5}, "capture.percent"),
    ],
)
def test_fails_on_what_an_inference_component_does_not_have(
    changes: dict[str, Any], place_in_spec: str, place: Place
) -> None:
    with pytest.raises(PlanError) as caught:
        plan_endpoint(
            name="fraud",
            place=place,
            model="fraud",
            execution_role_arn="arn:aws:iam::111111111111:role/fraud-serving",
            instance_type="ml.m5.large",
            live_parameter="/fraud/live",
            volume_key_alias_arn=None,
            capture_key_alias_arn=place.arn("kms", "alias/fraud"),
            to_zero=True,
            **changes,
        )
    assert str(caught.value).startswith(
        f"serving.{place_in_spec}: an endpoint that scales to zero is an inference component"
    )
