"""What real AWS does that no emulator shows: each that shows in a template is honoured there."""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.heavy


def serving(assembly: Any) -> list[dict[str, Any]]:
    found = [t for path, t in assembly.templates.items() if "/serving-" in path]
    if not found and "prod/scoring" in assembly.templates:
        pytest.skip("scores whole datasets and has no endpoint")
    assert found
    return found


def test_no_parameter_is_of_an_ssm_type(assembly: Any) -> None:
    for template in serving(assembly):
        parameters = template["Parameters"]
        assert set(parameters) == {"ModelVersion", "Rollout", "ShadowModelVersion"}
        assert {item["Type"] for item in parameters.values()} == {"String"}


def test_nothing_is_looked_up_in_an_account(assembly: Any) -> None:
    manifests = sorted(assembly.directory.rglob("manifest.json"))
    assert manifests
    assert all("missing" not in json.loads(path.read_text()) for path in manifests)


def test_replaced_models_and_configs_are_retained_and_configs_have_no_name(assembly: Any) -> None:
    for template in serving(assembly):
        for resource in template["Resources"].values():
            if resource["Type"] in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
                assert resource["UpdateReplacePolicy"] == "Retain"
                assert not {"ModelName", "EndpointConfigName"} & set(resource["Properties"])


def test_capacity_is_kept_where_it_scales_and_data_capture_never(assembly: Any) -> None:
    for template in serving(assembly):
        resources = template["Resources"].values()
        [endpoint] = [r for r in resources if r["Type"] == "AWS::SageMaker::Endpoint"]
        scales = any("ScalableTarget" in r["Type"] for r in resources)
        assert endpoint["Properties"].get("RetainAllVariantProperties", False) == scales
        if scales:
            kept_out = endpoint["Properties"]["ExcludeRetainedVariantProperties"]
            assert {"VariantPropertyType": "DataCaptureConfig"} in kept_out


def test_stacks_do_not_depend_on_another_stage(assembly: Any) -> None:
    for path, stack in assembly.stacks.items():
        scope = path.split("/", maxsplit=1)[0]
        before = [d.hierarchical_id for d in stack.dependencies if hasattr(d, "stack_name")]
        assert all(item.startswith(f"{scope}/") for item in before)
