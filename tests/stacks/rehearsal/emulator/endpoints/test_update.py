from typing import Any

import pytest
from botocore.exceptions import ClientError


def _refusal(world: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        world.sagemaker().update_endpoint(**request)
    message: str = caught.value.response["Error"]["Message"]
    return message


def _live(world: Any, name: str) -> tuple[str, str]:
    endpoint = world.sagemaker().describe_endpoint(EndpointName=name)
    return endpoint["EndpointConfigName"], endpoint["EndpointStatus"]


def test_endpoint_serves_the_new_configuration(world: Any) -> None:
    endpoint = world.endpoint("plain", world.config("plain-1"))
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 60,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            }
        }
    }

    world.sagemaker().update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=world.config("plain-2", InitialInstanceCount=3),
        DeploymentConfig=deployment,
    )

    found = world.sagemaker().describe_endpoint(EndpointName=endpoint)
    assert _live(world, endpoint) == ("plain-2", "InService")
    assert found["LastDeploymentConfig"] == deployment
    assert found["ProductionVariants"][0]["DesiredInstanceCount"] == 3


def test_retained_variants_keep_their_instances_and_their_capture(world: Any) -> None:
    endpoint = world.endpoint("kept", world.config("kept-1", InitialInstanceCount=5))

    world.sagemaker().update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=world.config("kept-2", InitialVariantWeight=7.0),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )

    variant = world.sagemaker().describe_endpoint(EndpointName=endpoint)["ProductionVariants"][0]
    assert (variant["DesiredInstanceCount"], variant["DesiredWeight"]) == (5, 7.0)


def test_fails_on_what_does_not_exist(world: Any) -> None:
    endpoint = world.endpoint("real", world.config("real-1"))

    assert "Could not find endpoint configuration" in _refusal(
        world, EndpointName=endpoint, EndpointConfigName="nothing"
    )
    assert "Could not find endpoint" in _refusal(
        world, EndpointName="nobody", EndpointConfigName="real-1"
    )


def test_fails_on_another_instance_type_under_autoscaling(world: Any) -> None:
    endpoint = world.endpoint("scaled", world.config("scaled-1"))
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = world.client("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=4)
    wanted = {
        "EndpointName": endpoint,
        "EndpointConfigName": world.config("scaled-2", "ml.m5.xlarge"),
    }

    assert _refusal(world, **wanted) == (
        "The instance type of variant main of endpoint scaled cannot change from ml.m5.large to "
        "ml.m5.xlarge while it is a scalable target"
    )
    scaling.deregister_scalable_target(**target)
    world.sagemaker().update_endpoint(**wanted)
    assert _live(world, endpoint) == ("scaled-2", "InService")


@pytest.mark.parametrize(
    ("changes", "deployment", "message"),
    [
        (
            {"VariantName": "other"},
            {},
            "A DeploymentConfig needs the same variants in both configurations, got main and other",
        ),
        (
            {"InitialInstanceCount": 1},
            {},
            "LINEAR traffic shifting needs at least two instances, got 1",
        ),
        (
            {},
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}},
            "The alarm none does not exist",
        ),
    ],
)
def test_fails_on_guardrails_that_sagemaker_refuses(
    world: Any,
    request: pytest.FixtureRequest,
    changes: dict[str, Any],
    deployment: dict[str, Any],
    message: str,
) -> None:
    name = f"guarded-{request.node.callspec.indices['message']}"
    endpoint = world.endpoint(name, world.config(f"{name}-1"))
    routing = {
        "Type": "LINEAR",
        "WaitIntervalInSeconds": 60,
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
    }

    refusal = _refusal(
        world,
        EndpointName=endpoint,
        EndpointConfigName=world.config(f"{name}-2", **changes),
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
            **deployment,
        },
    )

    assert refusal == message
    assert _live(world, endpoint) == (f"{name}-1", "InService")


def test_failing_update_leaves_the_old_configuration(world: Any) -> None:
    endpoint = world.endpoint("failing", world.config("failing-1"))
    world.emulator.faults.endpoint_update = "fails"

    message = _refusal(world, EndpointName=endpoint, EndpointConfigName=world.config("failing-2"))

    assert message == (
        "Update of endpoint failing to failing-2 failed and was rolled back to failing-1"
    )
    assert _live(world, endpoint) == ("failing-1", "InService")
    world.sagemaker().update_endpoint(EndpointName=endpoint, EndpointConfigName="failing-2")
    assert _live(world, endpoint) == ("failing-2", "InService")


def test_silent_rollback_reports_success(world: Any) -> None:
    endpoint = world.endpoint("silent", world.config("silent-1"))
    world.emulator.faults.endpoint_update = "rolls_back_silently"

    world.sagemaker().update_endpoint(
        EndpointName=endpoint, EndpointConfigName=world.config("silent-2")
    )

    assert _live(world, endpoint) == ("silent-1", "InService")
    assert world.emulator.faults.endpoint_update is None
