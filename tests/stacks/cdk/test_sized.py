"""The templates of the vision example show the numbers that sizing found."""

from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.serving import sized_serving

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.xdist_group("cdk-templates"),
    pytest.mark.parametrize("example", ["vision"], indirect=True),
]


def of_type(template: dict[str, Any], type: str) -> list[dict[str, Any]]:
    found = template["Resources"].values()
    return [item["Properties"] for item in found if item["Type"] == type]


def test_bounds_target_timing_and_scheduled_actions(assembly: Any) -> None:
    spec = example_spec("vision")
    prod = next(item for item in spec.environments if item.name == "prod")
    sized = sized_serving(Context(spec), prod, spec.models[0]).endpoint
    template = assembly.templates["prod/serving-plate-reader"]

    [config] = of_type(template, "AWS::SageMaker::EndpointConfig")
    [variant] = config["ProductionVariants"]
    shown = (variant["InstanceType"], variant["InitialInstanceCount"])
    assert shown == (sized.instance_type, sized.min_instances)
    [target] = of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 12)
    assert [
        (item["Schedule"], item["Timezone"], item["ScalableTargetAction"])
        for item in target["ScheduledActions"]
    ] == [
        (item.schedule, "America/New_York", {"MinCapacity": item.min_instances})
        for item in sized.scheduled
    ]
    [policy] = of_type(template, "AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == sized.target_invocations_per_minute
    assert tracking["ScaleInCooldown"] == sized.scale_in_cooldown_seconds
    assert tracking["ScaleOutCooldown"] == sized.scale_out_cooldown_seconds
    alarms = {item["MetricName"]: item for item in of_type(template, "AWS::CloudWatch::Alarm")}
    assert alarms["InvocationsPerInstance"]["Threshold"] == round(sized.capacity.rps * 60, 2)


def test_environments_without_users_do_not_scale(assembly: Any) -> None:
    for environment in ("dev", "staging"):
        template = assembly.templates[f"{environment}/serving-plate-reader"]
        assert of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget") == []
        [config] = of_type(template, "AWS::SageMaker::EndpointConfig")
        assert config["ProductionVariants"][0]["InitialInstanceCount"] == 1


def test_budgets_are_with_the_accounts_that_they_watch(assembly: Any) -> None:
    limits = {
        (path.partition("/")[0], item["Budget"]["BudgetType"]): item["Budget"]["BudgetLimit"]
        for path, template in assembly.templates.items()
        for item in of_type(template, "AWS::Budgets::Budget")
    }
    percent = {"Amount": 100, "Unit": "PERCENTAGE"}
    assert limits == {
        ("tooling", "SAVINGS_PLANS_UTILIZATION"): percent,
        ("tooling", "SAVINGS_PLANS_COVERAGE"): percent,
        ("dev", "COST"): {"Amount": 1800, "Unit": "USD"},
        ("staging", "COST"): {"Amount": 1800, "Unit": "USD"},
        ("prod", "COST"): {"Amount": 8400, "Unit": "USD"},
    }
