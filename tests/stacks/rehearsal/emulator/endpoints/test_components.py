"""Inference components: what hosts them, what puts them to sleep, and what wakes them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.stacks.rehearsal.emulator.endpoints.components import fall_asleep

ACCOUNT, REGION = "222222222222", "eu-west-1"
DIMENSION = "sagemaker:inference-component:DesiredCopyCount"


def refusal(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    message: str = caught.value.response["Error"]["Message"]
    return message


def hosting(world: Any, name: str, least: int = 0) -> str:
    """An endpoint without a model."""
    world.sagemaker().create_endpoint_config(
        EndpointConfigName=name,
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/model",
        ProductionVariants=[
            {
                "VariantName": "main",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "ManagedInstanceScaling": {
                    "Status": "ENABLED",
                    "MinInstanceCount": least,
                    "MaxInstanceCount": 4,
                },
            }
        ],
    )
    endpoint: str = world.endpoint(name, name)
    return endpoint


def component(world: Any, endpoint: str, **changes: Any) -> str:
    world.sagemaker().create_inference_component(
        **{
            "InferenceComponentName": endpoint,
            "EndpointName": endpoint,
            "VariantName": "main",
            "Specification": {
                "ModelName": "model",
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
            },
            "RuntimeConfig": {"CopyCount": 1},
            **changes,
        }
    )
    return endpoint


def scaling(world: Any, name: str, least: int = 0) -> str:
    """Register the copies and track their load; return the ARN of a policy that wakes."""
    client = world.client("application-autoscaling")
    key = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{name}",
        "ScalableDimension": DIMENSION,
    }
    client.register_scalable_target(**key, MinCapacity=least, MaxCapacity=3)
    client.put_scaling_policy(
        **key,
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 1},
    )
    arn: str = client.put_scaling_policy(
        **key,
        PolicyName="wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
        },
    )["PolicyARN"]
    return arn


def alarm(world: Any, name: str, action: str, watched: str | None = None) -> None:
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmActions=[action],
        Namespace="AWS/SageMaker",
        MetricName="NoCapacityInvocationFailures",
        Dimensions=[{"Name": "InferenceComponentName", "Value": watched or name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )


def ask(world: Any, name: str) -> str:
    runtime = world.client("sagemaker-runtime")
    request = {"EndpointName": name, "InferenceComponentName": name, "Body": b"1"}
    return refusal(runtime.invoke_endpoint, **request)


def copies(world: Any, name: str) -> int:
    found = world.sagemaker().describe_inference_component(InferenceComponentName=name)
    count: int = found["RuntimeConfig"]["DesiredCopyCount"]
    return count


def test_fails_on_an_endpoint_whose_variant_has_a_model(world: Any) -> None:
    endpoint = world.endpoint("with-model", world.config("with-model"))
    with pytest.raises(ClientError, match="hosts no inference components"):
        component(world, endpoint)


def test_fails_on_requests_that_do_not_name_the_component(world: Any) -> None:
    name = component(world, hosting(world, "named"))
    runtime = world.client("sagemaker-runtime")
    assert "names none" in refusal(runtime.invoke_endpoint, EndpointName=name, Body=b"1")
    other = component(world, hosting(world, "other"))
    request = {"EndpointName": name, "InferenceComponentName": other, "Body": b"1"}
    assert "not found on endpoint" in refusal(runtime.invoke_endpoint, **request)


def test_an_endpoint_outlives_its_component(world: Any) -> None:
    name = component(world, hosting(world, "hosting"))
    client = world.sagemaker()
    assert "with the inference component" in refusal(client.delete_endpoint, EndpointName=name)
    client.delete_inference_component(InferenceComponentName=name)
    client.delete_endpoint(EndpointName=name)


def test_a_request_fails_and_wakes_by_an_alarm_on_a_policy(world: Any) -> None:
    name = component(world, hosting(world, "sleeper"))
    alarm(world, name, scaling(world, name))

    assert fall_asleep(ACCOUNT, REGION, name) == 0
    assert "has no capacity" in ask(world, name)
    assert copies(world, name) == 2
    assert "has no capacity" not in ask(world, name)


@pytest.mark.parametrize("missing", ["alarm", "action", "dimension"])
def test_nothing_wakes_without_each_of_its_parts(missing: str, world: Any) -> None:
    name = component(world, hosting(world, f"no-{missing}"))
    policy = scaling(world, name)
    if missing == "action":
        alarm(world, name, "arn:aws:sns:eu-west-1:222222222222:somebody")
    if missing == "dimension":
        alarm(world, name, policy, watched="another")

    fall_asleep(ACCOUNT, REGION, name)
    assert "has no capacity" in ask(world, name)
    assert copies(world, name) == 0


@pytest.mark.parametrize(("copies_least", "instances_least"), [(1, 0), (0, 1)])
def test_what_must_keep_an_instance_never_sleeps(
    copies_least: int, instances_least: int, world: Any
) -> None:
    name = f"awake-{copies_least}-{instances_least}"
    component(world, hosting(world, name, instances_least))
    scaling(world, name, copies_least)
    assert fall_asleep(ACCOUNT, REGION, name) == 1


def test_another_model_rolls_or_is_rolled_back(world: Any) -> None:
    name = component(world, hosting(world, "rolling"))
    client = world.sagemaker()
    client.create_model(
        ModelName="model-2",
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/model",
        PrimaryContainer={"Image": world.image},
    )
    wanted = {
        "ModelName": "model-2",
        "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
    }

    def served() -> str:
        found = client.describe_inference_component(InferenceComponentName=name)
        model: str = found["Specification"]["ModelName"]
        return model

    update = {"InferenceComponentName": name, "Specification": wanted}
    batch = {"Type": "CAPACITY_PERCENT", "Value": 60}
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 0}}
    assert "5 to 50 percent" in refusal(
        client.update_inference_component, **update, DeploymentConfig=rolling
    )
    world.emulator.faults.endpoint_update = "fails"
    assert "rolled back" in refusal(client.update_inference_component, **update)
    world.emulator.faults.endpoint_update = "rolls_back_silently"
    client.update_inference_component(**update)
    assert served() == "model"
    client.update_inference_component(**update)
    assert served() == "model-2"
