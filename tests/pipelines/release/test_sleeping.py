"""Releases to an endpoint whose inference component may have no copies."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from release_services import NEW, OLD, World

from groundplan.pipelines import ReleasePipelineSettings

COMPONENT = "churn-prod-churn"


@dataclass
class SleepingWorld(World):
    """One endpoint whose config stays while its component gets another model."""

    component: str | None = None
    sleeps: int = 0
    """Requests that find no copy before the next one is answered."""
    asked: list[str] = field(default_factory=list)

    def serve(self, version: str, shadow: str) -> None:
        self.parameters = {"ModelVersion": version, "ShadowModelVersion": shadow}
        if version == "none":
            self.component = self.endpoint = None
            return
        self.endpoint = self.endpoint or self.add_config([])
        self.component = self.add_model(version)

    @property
    def served(self) -> str:
        return self.models[self.component]["package"] if self.component is not None else "none"

    def _on_updateStack(self, arguments: dict[str, Any]) -> Any:
        silent = self.updates[:1] in (["silent"], ["rolled back"])
        before = self.component
        answer = super()._on_updateStack(arguments)
        if silent:
            self.component = before
        return answer

    def _on_describeEndpointConfig(self, arguments: dict[str, Any]) -> Any:
        config = self.configs[arguments["EndpointConfigName"]]
        return {"ProductionVariants": [{"VariantName": "v"}], "CreationTime": config["created"]}

    def _on_describeInferenceComponent(self, arguments: dict[str, Any]) -> Any:
        assert arguments == {"InferenceComponentName": COMPONENT}
        if self.component is None:
            raise self.error("SageMaker.SageMakerException", "Could not find inference component")
        return {
            "InferenceComponentStatus": "InService",
            "Specification": {"ModelName": self.component},
        }

    def _on_describeModel(self, arguments: dict[str, Any]) -> Any:
        model = self.models[arguments["ModelName"]]
        return {**super()._on_describeModel(arguments), "CreationTime": model["created"]}

    def _on_invokeEndpoint(self, arguments: dict[str, Any]) -> Any:
        self.asked.append(arguments["InferenceComponentName"])
        if self.sleeps:
            self.sleeps -= 1
            raise self.error(
                "SageMakerRuntime.ValidationErrorException",
                "Inference Component has no capacity to process this request",
            )
        return super()._on_invokeEndpoint(arguments)

    def _on_deleteModel(self, arguments: dict[str, Any]) -> Any:
        assert arguments["ModelName"] != self.component
        del self.models[arguments["ModelName"]]
        return {}


@pytest.fixture
def sleeping(
    world: Callable[..., World], machine: Any, service_error: Any
) -> Callable[..., SleepingWorld]:
    def make(**changes: Any) -> SleepingWorld:
        target = {"target_inference_component": COMPONENT, "target_wake_seconds": 900}
        settings: ReleasePipelineSettings = world(**target | changes).settings
        return SleepingWorld(machine, service_error, settings)

    return make


def test_a_release_is_proved_by_the_component_and_not_by_the_config(sleeping: Any) -> None:
    prod = sleeping()
    config = prod.endpoint

    output = prod.run()

    assert output["model_package_arn"] == prod.served == NEW
    assert output["previous"] == OLD
    assert output["config_name"] == config == prod.endpoint
    assert prod.detail_types == ["Release Succeeded"]


def test_a_release_wakes_what_sleeps_before_it_tests_it(sleeping: Any) -> None:
    prod = sleeping(target_wake_seconds=900)
    prod.sleeps = 5

    output = prod.run()

    assert output["skew_cases"] == 2
    assert prod.asked == [COMPONENT] * (5 + 1 + 2)


def test_fails_and_rolls_back_when_nothing_wakes(sleeping: Any) -> None:
    prod = sleeping(target_wake_seconds=60)
    prod.sleeps = 10_000

    output = prod.run()

    assert output["Error"] == "SkewFound"
    assert "no capacity" in output["Cause"]
    assert prod.served == OLD
    assert prod.detail_types == ["Release Failed"]


@pytest.mark.parametrize("outcome", ["rolled back", "silent"])
def test_fails_when_alarms_have_put_the_old_model_back(sleeping: Any, outcome: str) -> None:
    prod = sleeping()
    prod.updates = [outcome]

    output = prod.run()

    assert output["Error"] == "RolledBack"
    assert prod.served == OLD
    assert prod.detail_types == ["Release Failed"]


def test_models_older_than_the_component_s_are_deleted_and_its_config_stays(sleeping: Any) -> None:
    prod = sleeping()
    oldest, other = prod.component, prod.add_model(OLD, "fraud")
    prod.serve(OLD, "none")
    before = prod.component

    output = prod.run()

    assert output["model_package_arn"] == NEW
    assert oldest not in prod.models and before not in prod.models
    assert {other, prod.component} <= set(prod.models)
    assert prod.endpoint in prod.configs


def test_endpoints_with_and_without_a_component_share_a_machine(world: Any) -> None:
    prod = world()
    [plain] = prod.settings.targets
    other = replace(plain, model="fraud", endpoint_name="fraud", inference_component="fraud")
    prod.settings = replace(prod.settings, targets=(plain, other))

    output = prod.run()

    assert output["model_package_arn"] == prod.served == NEW
    assert not prod.visited("component")
