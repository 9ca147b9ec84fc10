"""Releases by a machine that updates the endpoint itself, without a stack."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from release_services import ALARMS, BY_LIFE_CYCLE, NEW, OLD, World, release_settings

from groundplan.pipelines import (
    PipelineError,
    api_calls,
    definition,
    definition_json,
    release_pipeline,
)
from groundplan.pipelines.endpoint_settings import EndpointSettings
from groundplan.pipelines.step_functions import update
from groundplan.pipelines.step_functions.states import Scope
from groundplan.pipelines.steps import Network, UpdateEndpoint
from groundplan.stacks.rehearsal.asl import check_definition

SHADOW_ALARM = "churn-prod-churn-shadow-errors"
ROLE = "arn:aws:iam::333333333333:role/groundplan/churn/churn-prod-churn-serving"
SETTINGS = EndpointSettings(
    prefix="churn-prod-churn",
    role=ROLE,
    variant={
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
    },
    config={
        "KmsKeyId": "arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
        "DataCaptureConfig": {
            "EnableCapture": True,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "DestinationS3Uri": "s3://work/capture/",
            "InitialSamplingPercentage": 20,
        },
    },
    captured=20,
    tags=[{"Key": "groundplan:endpoint", "Value": "churn-prod-churn"}],
    alarms=[
        {
            "AlarmName": name,
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocation5XXErrors",
            "Dimensions": [{"Name": "EndpointName", "Value": "churn-prod-churn"}],
            "Statistic": "Average",
            "Threshold": 0.01,
            "ComparisonOperator": "GreaterThanThreshold",
            "Period": 60,
            "EvaluationPeriods": 3,
        }
        for name in ALARMS
    ],
    update={
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DataCaptureConfig"}],
    },
    deployment={
        "planned": {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 600}
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in ALARMS]},
        },
        "all_at_once": {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
            }
        },
    },
)
SHADOWED = replace(SETTINGS, shadow_alarms=[dict(SETTINGS.alarms[0]) | {"AlarmName": SHADOW_ALARM}])
SUBNETS = Network(subnet_ids=("${SubnetId0}",), security_group_ids=("${SecurityGroupId0}",))


def settings(**changes: Any) -> Any:
    """Those of a machine with one endpoint that it updates itself."""
    given = {
        "target_settings": SETTINGS.text(),
        "target_set_up": "first: pulumi config set groundplan:modelVersion.churn ",
        "network": SUBNETS,
    }
    return release_settings(**given | changes)


@dataclass
class Direct(World):  # type: ignore[misc]
    """The same environment, whose endpoint is updated by the release machine."""

    watched: dict[str, str] = field(default_factory=dict)
    """Config that each alarm watches."""
    created: list[dict[str, Any]] = field(default_factory=list)
    busy: int = 1
    """How often an endpoint that is updated is described as such."""

    def add_config(self, models: list[str], endpoint: str = "churn") -> str:
        name: str = super().add_config(models, endpoint)
        self.configs[name]["capture"], self.configs[name]["type"] = 20, "ml.m5.large"
        return name

    def _on_describeEndpoint(self, arguments: dict[str, Any]) -> Any:
        found = super()._on_describeEndpoint(arguments)
        if found["EndpointStatus"] == "Updating":
            self.busy -= 1
            if self.busy <= 0:
                self.endpoint_status = "InService"
        return found

    def _on_describeEndpointConfig(self, arguments: dict[str, Any]) -> Any:
        found = super()._on_describeEndpointConfig(arguments)
        config = self.configs[arguments["EndpointConfigName"]]
        size = {"InstanceType": config["type"], "InitialInstanceCount": 2}
        return found | {
            "ProductionVariants": [found["ProductionVariants"][0] | size],
            "DataCaptureConfig": {"InitialSamplingPercentage": config["capture"]},
        }

    def _on_createModel(self, arguments: dict[str, Any]) -> Any:
        assert arguments["Tags"] == SETTINGS.tags
        assert arguments["ExecutionRoleArn"] == ROLE
        assert arguments["VpcConfig"]["Subnets"] == ["${SubnetId0}"]
        name = arguments["ModelName"]
        assert name not in self.models
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
        package = arguments["PrimaryContainer"]["ModelPackageName"]
        self.models[name] = {"package": package, "created": self._tick(), "endpoint": "churn"}
        return {"ModelArn": f"arn:aws:sagemaker:eu-west-1:333333333333:model/{name}"}

    def _on_createEndpointConfig(self, arguments: dict[str, Any]) -> Any:
        self.created.append(arguments)
        name = arguments["EndpointConfigName"]
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
        variants = arguments["ProductionVariants"] + arguments.get("ShadowProductionVariants", [])
        self.configs[name] = {
            "models": [variant["ModelName"] for variant in variants],
            "created": self._tick(),
            "endpoint": "churn",
            "capture": arguments["DataCaptureConfig"]["InitialSamplingPercentage"],
            "type": variants[0]["InstanceType"],
        }
        return {"EndpointConfigArn": f"arn:aws:sagemaker:eu-west-1:3:endpoint-config/{name}"}

    def _on_putMetricAlarm(self, arguments: dict[str, Any]) -> Any:
        endpoint, config = arguments["Dimensions"]
        assert (endpoint["Name"], config["Name"]) == ("EndpointName", "EndpointConfigName")
        self.watched[arguments["AlarmName"]] = config["Value"]
        self.alarms.setdefault(arguments["AlarmName"], "OK")
        return {}

    def _on_deleteAlarms(self, arguments: dict[str, Any]) -> Any:
        for name in arguments["AlarmNames"]:
            if name not in self.watched:
                raise self.error("CloudWatch.ResourceNotFoundException", "no such alarm")
            del self.watched[name], self.alarms[name]
        return {}

    def _on_updateEndpoint(self, arguments: dict[str, Any]) -> Any:
        if self.endpoint_status != "InService":
            raise self.error("SageMaker.SageMakerException", "Cannot update in-progress endpoint")
        assert arguments["RetainAllVariantProperties"] is True
        config = arguments["EndpointConfigName"]
        assert {self.watched[name] for name in ALARMS} == {config}
        kinds = {key: value for key, value in SETTINGS.deployment.items()}
        [kind] = [key for key, value in kinds.items() if value == arguments["DeploymentConfig"]]
        self.rollouts.append(kind)
        self.endpoint_status, self.busy = "Updating", 2
        if (self.updates.pop(0) if self.updates else "done") == "done":
            self.endpoint = config
        return {"EndpointArn": "arn"}


@pytest.fixture
def direct(machine: Any, service_error: Any) -> Any:
    def make(**changes: Any) -> Direct:
        return Direct(machine, service_error, settings(**changes))

    return make


def test_makes_a_config_and_gives_it_to_the_endpoint(direct: Any) -> None:
    prod = direct()
    before = prod.endpoint
    output = prod.run(reason="better")

    assert (prod.served, output["previous"], prod.rollouts) == (NEW, OLD, ["planned"])
    assert output["config_name"] == prod.endpoint
    assert re.fullmatch(r"churn-prod-churn-[0-9a-f]{16}-deploy-c0", prod.endpoint)
    [config] = prod.created
    [variant] = config["ProductionVariants"]
    assert variant == dict(SETTINGS.variant) | {
        "VariantName": "primary",
        "ModelName": prod.endpoint.removesuffix("c0") + "m0",
    }
    assert "ShadowProductionVariants" not in config
    assert config["Tags"] == SETTINGS.tags
    assert {key: config[key] for key in SETTINGS.config} == SETTINGS.config
    assert prod.watched == dict.fromkeys(ALARMS, prod.endpoint)
    assert prod.live == {"/groundplan/churn/prod/churn/live": NEW}
    assert prod.detail_types == ["Release Succeeded"] and prod.locks == {}
    assert before in prod.configs  # kept for the way back


def test_an_endpoint_that_is_not_there_is_for_pulumi_to_make(direct: Any) -> None:
    prod = direct()
    prod.serve("none", "none")
    output = prod.run()

    assert output["Error"] == "EndpointMissing"
    assert output["Cause"] == (
        "step previous: EndpointMissing: endpoint churn-prod-churn does not exist; "
        f"first: pulumi config set groundplan:modelVersion.churn {NEW}"
    )
    assert "Nothing was changed." in prod.messages[0]
    assert prod.created == [] and prod.locks == {}

    prod.serve(NEW, "none")  # what the program makes
    prod.run()

    assert prod.created == prod.rollouts == []
    assert prod.live == {"/groundplan/churn/prod/churn/live": NEW}
    assert prod.watched == dict.fromkeys(ALARMS, prod.endpoint)


def test_an_emergency_goes_all_at_once(direct: Any) -> None:
    prod = direct(approval=BY_LIFE_CYCLE, target_shadow_first=True)
    prod.run(emergency="yes")

    assert (prod.served, prod.rollouts) == (NEW, ["all_at_once"])


def test_a_version_answers_in_the_shadow_first(direct: Any) -> None:
    prod = direct(target_shadow_first=True, target_settings=SHADOWED.text())
    seen: list[Any] = []
    prod.after["Shadow bake look"] = lambda: seen.append((prod.served, dict(prod.watched)))
    prod.run()

    shadow, final = prod.created
    [(served, watched)] = seen
    assert served == OLD
    assert watched == dict.fromkeys((*ALARMS, SHADOW_ALARM), shadow["EndpointConfigName"])
    [variant] = shadow["ShadowProductionVariants"]
    assert variant["VariantName"] == "shadow"
    assert "ShadowProductionVariants" not in final
    assert prod.served == NEW
    assert prod.watched == dict.fromkeys(ALARMS, prod.endpoint)  # the shadow's is gone


def test_an_update_that_an_alarm_takes_back_has_failed(direct: Any) -> None:
    prod = direct()
    before = prod.endpoint
    prod.updates = ["taken back"]
    output = prod.run()

    made = prod.created[0]["EndpointConfigName"]
    assert output["Error"] == "RolledBack"
    assert output["Cause"] == (
        f"step deploy: RolledBack: endpoint churn-prod-churn serves {OLD} by config config-1 "
        f"(InService) instead of {NEW} by config {made}"
    )
    assert prod.endpoint == before and prod.rollouts == ["planned"]
    assert prod.watched == dict.fromkeys(ALARMS, before)  # not the config that is gone
    assert f"Rolled back to: {OLD}. The endpoint serves now: {OLD}." in prod.messages[0]
    assert prod.detail_types == ["Release Failed"] and prod.locks == {}


def test_a_version_that_answers_otherwise_gives_way_to_the_config_before(direct: Any) -> None:
    prod = direct()
    before = prod.endpoint
    prod.answers = lambda body: "wrong"
    output = prod.run()

    assert output["Error"] == "SkewFound"
    assert prod.endpoint == before and len(prod.created) == 1
    assert prod.rollouts == ["planned", "all_at_once"]
    assert prod.watched == dict.fromkeys(ALARMS, before)
    assert f"Rolled back to: {OLD}." in prod.messages[0]


@pytest.mark.parametrize("state", ["Deploy make", "Deploy make config", "Deploy watch new alarm"])
def test_what_cannot_be_made_leaves_the_endpoint_as_it_is(direct: Any, state: str) -> None:
    prod = direct()
    before = prod.endpoint
    prod.broken[state] = "SageMaker.AccessDeniedException"
    output = prod.run()

    assert output["Error"] == "DeployFailed"
    assert prod.endpoint == before and prod.rollouts == []
    assert prod.watched == dict.fromkeys(ALARMS, before)
    assert prod.locks == {}


def test_an_update_that_is_refused_is_told(direct: Any) -> None:
    prod = direct()
    prod.broken["Deploy update"] = "SageMaker.ResourceLimitExceededException"
    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert output["Cause"].endswith("; SageMaker.ResourceLimitExceededException: it does not work")
    assert prod.served == OLD


def test_an_update_that_never_ends_is_given_up(direct: Any) -> None:
    prod = direct()
    update = prod._on_updateEndpoint

    def endless(arguments: dict[str, Any]) -> Any:
        answer = update(arguments)
        prod.busy = 10_000
        return answer

    prod._on_updateEndpoint = endless
    output = prod.run()

    assert output["Error"] == "UpdateTimedOut"
    assert "endpoint churn-prod-churn is Updating after" in output["Cause"]


def test_a_call_that_timed_out_is_repeated_under_another_name(
    direct: Any, service_error: Any
) -> None:
    prod = direct()
    lost = []
    for action in ("createModel", "createEndpointConfig", "updateEndpoint"):
        real = getattr(prod, f"_on_{action}")

        def once(arguments: Any, real: Any = real, action: str = action) -> Any:
            answer = real(arguments)
            if action not in lost:
                lost.append(action)
                raise service_error("States.Timeout", "no answer")
            return answer

        setattr(prod, f"_on_{action}", once)
    prod.run()

    assert lost == ["createModel", "createEndpointConfig", "updateEndpoint"]
    assert prod.served == NEW and prod.endpoint.endswith("-deploy-c1")
    assert prod.rollouts == ["planned"]
    assert prod.detail_types == ["Release Succeeded"]
    # What the lost attempts made is older than what is served, so it was tidied up.
    assert [name for name in prod.models if "-deploy-" in name] == [
        prod.endpoint.removesuffix("c1") + "m1"
    ]


def test_waits_for_an_update_that_is_under_way(direct: Any) -> None:
    prod = direct()
    prod.endpoint_status, prod.busy = "Updating", 3
    prod.run()

    assert prod.served == NEW and prod.rollouts == ["planned"]


def test_a_changed_size_is_released_with_the_same_version(direct: Any) -> None:
    prod = direct()
    prod.serve(NEW, "none")
    prod.configs[prod.endpoint]["type"] = "ml.m5.xlarge"
    output = prod.run()

    assert prod.rollouts == ["planned"]
    assert prod.configs[prod.endpoint]["type"] == "ml.m5.large"
    assert output["model_package_arn"] == NEW


def tasks() -> dict[str, Any]:
    """The Task states of a machine with all steps."""
    built = definition(
        release_pipeline(
            settings(
                approval=BY_LIFE_CYCLE, target_shadow_first=True, target_settings=SHADOWED.text()
            )
        )
    )
    found: dict[str, Any] = {}
    for name, state in built["States"].items():
        inner = state.get("ItemProcessor", {}).get("States", {})
        found |= {key: item for key, item in {name: state, **inner}.items()}
    return {name: state for name, state in found.items() if state["Type"] == "Task"}


def test_every_task_is_retried_caught_and_timed() -> None:
    found = tasks()
    assert len(found) > 40
    for name, task in found.items():
        assert task["Retry"] and task["TimeoutSeconds"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        assert len(name) <= 80


def test_the_definition_has_no_mistake_that_can_be_seen() -> None:
    text = definition_json(release_pipeline(settings(approval=BY_LIFE_CYCLE)))
    substitutions = {"SubnetId0": "subnet-1", "SecurityGroupId0": "sg-1"}

    assert check_definition(text, substitutions) == ()
    assert len(text) < 150_000


def test_no_stack_is_touched() -> None:
    actions = api_calls(release_pipeline(settings()))

    assert not [action for action in actions if action.startswith("cloudformation:")]
    assert "cloudwatch:DeleteAlarms" not in actions  # there are no shadows
    assert set(actions) >= {
        "cloudwatch:PutMetricAlarm",
        "iam:PassRole",
        "sagemaker:AddTags",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateModel",
        "sagemaker:UpdateEndpoint",
    }


def test_fails_on_a_step_whose_id_leaves_no_room_for_names() -> None:
    pipeline = release_pipeline(settings())
    step = next(step for step in pipeline.steps if isinstance(step, UpdateEndpoint))
    with pytest.raises(PipelineError) as caught:
        update.update(replace(step, id="deploy_this_at_last"), Scope("aws", "Done"))

    assert str(caught.value) == (
        "steps[deploy_this_at_last].id: must have at most 12 characters, since models are named "
        "after it, got 'deploy_this_at_last'; shorten it"
    )


def test_fails_on_an_endpoint_without_settings() -> None:
    given = settings()
    bare = replace(given.targets[0], model="fraud", settings="")
    with pytest.raises(PipelineError, match=r"targets\[fraud\]\.settings: .* give each target"):
        release_pipeline(replace(given, targets=(*given.targets, bare)))
