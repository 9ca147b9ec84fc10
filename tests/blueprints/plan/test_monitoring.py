"""Where endpoints are watched, by whom, and what follows from drift."""

import json
from typing import Any

import pytest
from tests_support import example_spec, found

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
from groundplan.blueprints.plan.monitoring import job_options
from groundplan.blueprints.plan.stacks import (
    ImagesStackPlan,
    ModelMonitoringPlan,
    MonitoringStackPlan,
    StateStackPlan,
)
from groundplan.blueprints.spec import ProjectSpec, parse_spec

LABELS = {"dataset": "customers", "column": "churned", "after_days": 30}


@pytest.fixture(scope="module")
def churn() -> ProjectSpec:
    spec: ProjectSpec = example_spec("churn")
    return spec


def changed(spec: ProjectSpec, **monitoring: Any) -> ProjectSpec:
    """The spec with other fields in its first model's monitoring."""
    data = spec.model_dump(mode="json", exclude_unset=True)
    own = data["models"][0]
    own["monitoring"] = {**own["monitoring"], **monitoring}
    return parse_spec(json.dumps(data), "spec")


def without(spec: ProjectSpec) -> ProjectSpec:
    data = spec.model_dump(mode="json", exclude_unset=True)
    del data["models"][0]["monitoring"]
    data["pipelines"]["triggers"] = [
        item for item in data["pipelines"]["triggers"] if item["kind"] != "drift"
    ]
    return parse_spec(json.dumps(data), "spec")


def monitored(decided: Plan) -> dict[str, ModelMonitoringPlan]:
    return {
        stack.stack.scope: stack.models[0]
        for stack in decided.stacks()
        if isinstance(stack, MonitoringStackPlan)
    }


def test_production_is_watched_unless_the_spec_says_where(churn: ProjectSpec) -> None:
    assert list(monitored(plan(churn))) == ["prod"]
    both = plan(changed(churn, environments=["staging", "prod"]))
    assert list(monitored(both)) == ["staging", "prod"]


def test_without_monitoring_there_is_neither_stack_nor_image(churn: ProjectSpec) -> None:
    decided = plan(without(churn))
    assert not monitored(decided)
    assert MONITORING_IMAGE not in Context(without(churn)).images()


def test_the_image_is_built_from_groundplan_itself(churn: ProjectSpec) -> None:
    (images,) = (s for s in plan(churn).stacks() if isinstance(s, ImagesStackPlan))
    contexts = {build.id: build.context for build in images.builds}
    assert contexts == {
        "BuildChurn": "ml",
        "BuildGroundplanMonitoring": "groundplan:jobs/monitoring",
    }


@pytest.mark.parametrize(
    ("schedule", "cron"),
    [
        ("hourly", "cron(20 * * * ? *)"),
        ("daily", "cron(30 1 * * ? *)"),
        ("weekly", "cron(30 1 ? * MON *)"),
    ],
)
def test_a_schedule_tells_its_run_the_time_it_was_meant_for(
    schedule: str, cron: str, churn: ProjectSpec
) -> None:
    (own,) = monitored(plan(changed(churn, schedule=schedule)))["prod"].pipeline.schedules
    assert (own.expression, own.time_zone) == (cron, "UTC")
    assert json.loads(own.input) == {"until": "<aws.scheduler.scheduled-time>"}


def test_one_alarm_a_check_on_the_metric_of_its_name(churn: ProjectSpec) -> None:
    alarms = monitored(plan(changed(churn, checks=["data_drift", "fairness"])))["prod"].drift_alarms
    assert [(alarm.metric, alarm.namespace) for alarm in alarms.alarms] == [
        ("data_drift", "groundplan/churn"),
        ("fairness", "groundplan/churn"),
    ]
    assert {alarm.threshold for alarm in alarms.alarms} == {1}
    assert alarms.topic_arn == "arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts"


def test_drift_in_staging_reaches_the_bus_of_the_environment_that_trains(
    churn: ProjectSpec,
) -> None:
    decided = plan(changed(churn, environments=["staging"], cooldown_hours=5))
    reaction = monitored(decided)["staging"].reaction
    assert reaction is not None
    definition = json.loads(reaction.pipeline.definition)
    bus = "arn:aws:events:eu-west-1:333333333333:event-bus/churn-prod-events"
    assert definition["States"]["Emit"]["Arguments"]["Entries"][0]["EventBusName"] == bus
    assert "churn-staging-locks" in reaction.pipeline.definition
    (state,) = (
        s for s in decided.stacks() if isinstance(s, StateStackPlan) and s.stack.scope == "prod"
    )
    assert reaction.pipeline.role.arn in json.dumps([s.condition for s in state.bus.statements])


def test_the_rule_takes_the_alarms_of_this_model_only(churn: ProjectSpec) -> None:
    own = monitored(plan(churn))["prod"]
    assert own.reaction is not None
    pattern: Any = own.reaction.rule.event_pattern
    assert pattern["detail"]["alarmName"] == [alarm.name for alarm in own.drift_alarms.alarms]
    assert pattern["detail"]["state"] == {"value": ["ALARM"]}
    assert own.reaction.rule.target_arn == own.reaction.pipeline.arn


def test_where_people_are_told_only_nothing_reacts() -> None:
    own = monitored(plan(example_spec("vision")))["prod"]
    assert own.reaction is None


def test_a_job_reads_captures_and_baseline_and_labels_and_nothing_else(
    churn: ProjectSpec,
) -> None:
    role = monitored(plan(changed(churn, labels=LABELS)))["prod"].role
    assert role is not None
    read = {
        resource
        for duty in role.duties
        if "s3:GetObject" in duty.actions
        for resource in duty.resources
    }
    assert read == {
        "arn:aws:s3:::churn-prod-work-333333333333/churn/capture/churn-prod-churn/primary/*",
        "arn:aws:s3:::churn-tooling-artifacts-111111111111/evaluations/churn/*",
        "arn:aws:s3:::churn-data-customers-333333333333/labels/*",
    }
    written = {r for d in role.duties if "s3:PutObject" in d.actions for r in d.resources}
    assert written == {"arn:aws:s3:::churn-prod-work-333333333333/churn/monitoring/*"}


def test_the_tooling_account_lets_the_job_read_its_baseline(churn: ProjectSpec) -> None:
    decided = plan(churn)
    job = monitored(decided)["prod"].role
    assert job is not None
    role = job.arn
    registry = next(iter(decided.stacks()))
    assert role in json.dumps(registry.artifacts, default=str)  # type: ignore[union-attr]
    assert role in json.dumps(registry.key, default=str)  # type: ignore[union-attr]
    own = [item for item in registry.repositories if item.name.endswith(MONITORING_IMAGE)]  # type: ignore[union-attr]
    assert role in json.dumps(own, default=str)


def test_the_job_gets_the_options_of_the_spec(churn: ProjectSpec) -> None:
    spec = changed(churn, labels=LABELS, ignore=["age"], significance=0.05)
    model = spec.models[0]
    assert model.monitoring is not None
    assert json.loads(job_options(model, model.monitoring)) == {
        "checks": ["data_drift", "prediction_drift", "fairness", "attribution_drift"],
        "drifted_share": 0.05,
        "fairness": {"country": {"demographic_parity_gap": 0.15, "fpr_gap": 0.1}},
        "ignore": ["age"],
        "label": "churned",
        "labels": ["inference_id", "label"],
        "min_rows": 100,
        "positive": "1",
        "significance": 0.05,
        "threshold": 0.5,
    }


def test_the_image_of_groundplan_is_in_the_region_s_registry(churn: ProjectSpec) -> None:
    text = monitored(plan(churn))["prod"].pipeline.definition
    assert "111111111111.dkr.ecr.eu-west-1.amazonaws.com/churn/groundplan-monitoring" in text


def test_every_plan_of_the_stack_has_an_id_of_its_own(churn: ProjectSpec) -> None:
    own = monitored(plan(churn))["prod"]
    assert own.role is not None
    assert own.reaction is not None
    ids = [unit.id for unit in (own.role, own.pipeline, own.alarms, own.drift_alarms)]
    ids += [u.id for u in (own.reaction.pipeline, own.reaction.alarms, own.reaction.rule)]
    assert len(set(ids)) == len(ids)
    assert list(found(own, ModelMonitoringPlan)) == [own]
