from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from groundplan.blueprints.plan.endpoint import EndpointPlan, ScheduledActionPlan, plan_endpoint
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkAttachment, plan_network
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import Endpoint, EndpointArgs, Network, NetworkArgs
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
VERSION = PLACE.arn("sagemaker", "model-package/fraud/1")
NETWORK = plan_network(name="fraud", place=PLACE)


def planned(**more: Any) -> EndpointPlan:
    options: dict[str, Any] = {
        "name": "fraud",
        "place": PLACE,
        "model": "fraud",
        "execution_role_arn": "arn:aws:iam::111111111111:role/fraud-serving",
        "instance_type": "ml.m5.large",
        "min_instances": 2,
        "live_parameter": "/fraud/live",
        "volume_key_alias_arn": PLACE.arn("kms", "alias/fraud"),
        "capture_key_alias_arn": PLACE.arn("kms", "alias/fraud"),
        **more,
    }
    return plan_endpoint(**options)


SCALED = planned(
    max_instances=4,
    target_invocations_per_minute=600,
    capacity_per_minute=900,
    capture_percent=10,
    capture_uri="s3://fraud/capture/",
    p99_ms=200,
    scheduled=(
        ScheduledActionPlan(
            name="morning", schedule="cron(0 6 * * ? *)", time_zone="UTC", min_instances=3
        ),
    ),
    network=NetworkAttachment(
        subnet_ids=NETWORK.subnet_ids, security_group_ids=NETWORK.security_group_ids
    ),
)


def program() -> None:
    network = Network("network", NetworkArgs(plan=NETWORK))
    endpoint = Endpoint(
        "fraud",
        EndpointArgs(plan=SCALED, model_version=VERSION, network=network.values, protect=True),
    )
    pulumi.export("name", endpoint.name)
    pulumi.export("subnets", network.subnet_ids)


def test_everything_that_serves(run: Run) -> None:
    recording = run(program)
    found = {item.name: item for item in recording.registrations}
    own = {name.removeprefix("fraud-") for name in found if name.startswith("fraud-")}
    assert own == {
        "Capacity",
        "Config",
        "Errors",
        "Latency",
        "Model",
        "Resource",
        "Scaling",
        "Scheduled0",
        "Target",
    }
    model, config = found["fraud-Model"].inputs, found["fraud-Config"].inputs
    assert model["primaryContainer"] == {
        "modelPackageName": VERSION,
        "environment": {"MODEL_VERSION": VERSION},
    }
    assert model["enableNetworkIsolation"] is True
    assert model["vpcConfig"]["subnets"] == recording.outputs["subnets"]
    assert config["dataCaptureConfig"]["kmsKeyId"] == PLACE.arn("kms", "alias/fraud")
    [variant] = config["productionVariants"]
    assert (variant["variantName"], variant["initialInstanceCount"]) == ("primary", 2)
    assert recording.outputs["name"] == "fraud"


def test_releases_are_no_matter_of_the_program(run: Run) -> None:
    found = {item.name: item for item in run(program).registrations}
    assert found["fraud-Resource"].ignore_changes == ("endpointConfigName", "deploymentConfig")
    assert found["fraud-Errors"].ignore_changes == ("dimensions",)
    assert found["fraud-Capacity"].ignore_changes == ()
    for name in ("fraud-Model", "fraud-Config"):
        assert (found[name].protect, found[name].retain_on_delete) == (False, True)


def test_rollback_alarms_watch_the_config_that_it_is_made_with(run: Run) -> None:
    found = {item.name: item.inputs for item in run(program).registrations}
    config = found["fraud-Resource"]["endpointConfigName"]
    assert found["fraud-Errors"]["dimensions"]["EndpointConfigName"] == config
    watched = found["fraud-Resource"]["deploymentConfig"]["autoRollbackConfiguration"]["alarms"]
    assert [item["alarmName"] for item in watched] == ["fraud-errors", "fraud-latency"]


def test_scheduled_actions_change_the_minimum(run: Run) -> None:
    found = {item.name: item for item in run(program).registrations}
    assert found["fraud-Target"].ignore_changes == ("minCapacity",)
    assert found["fraud-Scheduled0"].inputs["scalableTargetAction"] == {"minCapacity": 3}
    assert any("fraud-Resource" in urn for urn in found["fraud-Target"].depends_on)


@pytest.mark.parametrize("protect", [True, False])
def test_protection_is_asked_for(run: Run, protect: bool) -> None:
    args = EndpointArgs(plan=planned(), model_version=VERSION, protect=protect)
    [endpoint] = run(lambda: Endpoint("fraud", args)).of_type("aws:sagemaker/endpoint:Endpoint")
    assert endpoint.protect is protect


def test_nothing_is_defined_before_there_is_a_model(run: Run) -> None:
    names: list[object] = []
    recording = run(lambda: names.append(Endpoint("fraud", EndpointArgs(plan=planned())).name))
    assert not any(item.custom for item in recording.registrations)
    assert names == [None]


@pytest.mark.parametrize("version", ["", "7", "arn:aws:sagemaker:eu-west-1:111111111111:model/a"])
def test_fails_on_what_is_no_version(run: Run, version: str) -> None:
    with pytest.raises(ConstructError) as error:
        run(lambda: Endpoint("fraud", EndpointArgs(plan=planned(), model_version=version)))
    assert str(error.value) == (
        "fraud.model_version: must be the ARN of a model package or none, known as the program runs, "
        f"got {version!r}; take it from the configuration"
    )


def test_fails_on_a_version_that_is_not_known_yet(run: Run) -> None:
    def wrong() -> None:
        version = pulumi.Output.from_input(VERSION)
        Endpoint("fraud", EndpointArgs(plan=planned(), model_version=version))  # type: ignore[arg-type]

    with pytest.raises(ConstructError, match=r"fraud\.model_version: .* got 'Output'"):
        run(wrong)


def test_fails_without_the_network_that_the_plan_refers_to(run: Run) -> None:
    with pytest.raises(ConstructError, match=r"fraud\.network: the plan refers to .*Network"):
        run(lambda: Endpoint("fraud", EndpointArgs(plan=SCALED, model_version=VERSION)))


def test_fails_on_one_that_scales_to_zero(run: Run) -> None:
    plan = planned(min_instances=1, to_zero=True)
    with pytest.raises(ConstructError) as error:
        run(lambda: Endpoint("fraud", EndpointArgs(plan=plan, model_version=VERSION)))
    assert str(error.value).startswith(
        "fraud.plan: Pulumi's AWS provider has no inference components"
    )
