"""Endpoints that Model Monitor watches: its schedule, its role, and what reads how it ended."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests_support import example_spec, found, model_monitored

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import (
    MonitoringStackPlan,
    ServingStackPlan,
    StateStackPlan,
)
from groundplan.blueprints.spec import parse_spec


@pytest.fixture(scope="module")
def decided() -> Plan:
    return plan(parse_spec(model_monitored(), "spec"))


def stack(decided: Plan, kind: type, scope: str = "prod") -> Any:
    [item] = [s for s in decided.stacks() if isinstance(s, kind) and s.stack.scope == scope]
    return item


def test_only_a_watched_endpoint_has_a_schedule(decided: Plan) -> None:
    schedules = {
        item.stack.scope: item.model_monitor
        for item in decided.stacks()
        if isinstance(item, ServingStackPlan)
    }
    assert schedules["staging"] is None
    own = schedules["prod"]
    assert own is not None
    assert own.endpoint_name == "churn-prod-churn"
    assert own.image_uri.startswith("468650794304.dkr.ecr.eu-west-1.amazonaws.com/")
    assert own.key_alias_arn == own.volume_key_alias_arn
    assert own.key_alias_arn.endswith("alias/churn-prod")
    assert own.network == stack(decided, ServingStackPlan).endpoint.network
    assert all(item.model_monitor is None for item in plan(example_spec("churn")).stacks()
               if isinstance(item, ServingStackPlan))  # fmt: skip


def test_its_role_is_there_before_the_schedule_and_reads_only_this_model(decided: Plan) -> None:
    schedule = stack(decided, ServingStackPlan).model_monitor
    roles = {role.arn: role for role in stack(decided, StateStackPlan).roles}
    role = roles[schedule.role_arn]
    assert "state" in stack(decided, ServingStackPlan).stack.depends_on
    bucket = "arn:aws:s3:::churn-prod-work-333333333333/churn"
    read = {r for d in role.duties if "s3:GetObject" in d.actions for r in d.resources}
    assert read == {f"{bucket}/capture/*", f"{bucket}/model-monitor/baseline/*"}
    written = {r for d in role.duties if "s3:PutObject" in d.actions for r in d.resources}
    assert written == {f"{bucket}/model-monitor/reports/*"}
    pulled = {r for d in role.duties if "ecr:BatchGetImage" in d.actions for r in d.resources}
    assert pulled == {
        "arn:aws:ecr:eu-west-1:468650794304:repository/sagemaker-model-monitor-analyzer"
    }


def test_the_environment_s_key_admits_the_role(decided: Plan) -> None:
    role = stack(decided, ServingStackPlan).model_monitor.role_arn
    assert role in json.dumps(stack(decided, StateStackPlan).key.policy.to_json())


def test_nothing_of_groundplan_s_own_job_is_planned(decided: Plan) -> None:
    assert MONITORING_IMAGE not in Context(parse_spec(model_monitored(), "spec")).images()
    [own] = stack(decided, MonitoringStackPlan).models
    assert own.role is None
    assert "createProcessingJob" not in own.pipeline.definition
    assert [alarm.metric for alarm in own.drift_alarms.alarms] == ["data_drift"]
    assert own.reaction is not None


@pytest.mark.parametrize(
    ("monitoring", "runs", "looked_at"),
    [
        ({}, "cron(0 1 ? * * *)", "cron(30 2 * * ? *)"),
        ({"max_runtime_hours": 3}, "cron(0 1 ? * * *)", "cron(30 4 * * ? *)"),
        ({"schedule": "hourly"}, "cron(0 * ? * * *)", "cron(55 * * * ? *)"),
    ],
)
def test_an_outcome_is_looked_at_once_the_run_has_ended(
    monitoring: dict[str, Any], runs: str, looked_at: str
) -> None:
    own = plan(parse_spec(model_monitored(**monitoring), "spec"))
    assert stack(own, ServingStackPlan).model_monitor.expression == runs
    [schedule] = stack(own, MonitoringStackPlan).models[0].pipeline.schedules
    assert (schedule.expression, schedule.time_zone, schedule.input) == (looked_at, "UTC", "{}")


def test_fails_where_the_image_is_not_known() -> None:
    text = model_monitored().replace("eu-west-1", "eu-south-1")
    with pytest.raises(PlanError) as caught:
        plan(parse_spec(text, "spec"))
    assert str(caught.value).startswith(
        "models[0].monitoring.provider: Model Monitor's image is not known in this region, got "
        "'eu-south-1'; use 'evidently', or one of ap-east-1, "
    )


def test_only_the_watched_endpoint_s_deployment_may_make_a_schedule(decided: Plan) -> None:
    rows = {
        (stage_0.place.account, role, row.duty.resources)
        for stage_0 in decided.stage_0
        for role, duties in stage_0.serving_duties.items()
        for row in duties
        if "sagemaker:CreateMonitoringSchedule" in row.duty.actions
    }
    schedule = stack(decided, ServingStackPlan).model_monitor
    [(account, _, resources)] = rows
    assert (account, resources) == ("333333333333", (schedule.arn,))


def test_every_role_stays_within_its_boundary(decided: Plan) -> None:
    [stage_0] = [item for item in decided.stage_0 if item.place.account == "333333333333"]
    assert stage_0.boundary is not None
    allowed = [
        (action, pattern)
        for statement in stage_0.boundary.document.statements
        if statement.effect == "Allow"
        for action in statement.actions
        for pattern in statement.resources
    ]
    [stage] = [item for item in decided.stages if item.id == "prod"]
    beyond = [
        (action, resource)
        for role in found(stage, RolePlan)
        for duty in role.duties
        for action in duty.actions
        for resource in duty.resources
        if not any(action == name and fnmatchcase(resource, str(own)) for name, own in allowed)
    ]
    assert beyond == []


def test_without_model_monitor_the_boundary_does_not_name_it() -> None:
    for stage_0 in plan(example_spec("churn")).stage_0:
        assert stage_0.boundary is not None
        assert "model-monitor" not in json.dumps(stage_0.boundary.document.to_json())
