"""Where datasets are scored, what that may reach, and what it needs elsewhere."""

import json
from typing import Any

import pytest
from tests_support import found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    RegistryStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StateStackPlan,
)
from groundplan.blueprints.spec import parse_spec

SPEC = """\
project: wards
organization: acme
accounts: {tooling: "111111111111", dev: "222222222222", staging: "333333333333",
           prod: "444444444444"}
environments:
  - {name: dev, account: dev, region: eu-west-1, trains: true}
  - {name: staging, account: staging, region: eu-west-1, stage: staging}
  - {name: prod, account: prod, region: eu-west-1, stage: production}
datasets: [{name: patients}, {name: arrivals, readers: [dev, staging, prod]}]
models:
  - name: risk
    training: {dataset: patients, image: wards}
    serving: {kind: batch, dataset: arrivals, SERVING}
"""


def decide(serving: str = "prefer: cost, vcpus: 4, memory_gib: 8", **edits: str) -> Plan:
    text = SPEC.replace("SERVING", serving)
    for old, new in edits.items():
        text = text.replace(old, new)
    return plan(parse_spec(text))


def scoring(decided: Plan) -> dict[str, ScoringStackPlan]:
    return {
        item.stack.scope: item for item in decided.stacks() if isinstance(item, ScoringStackPlan)
    }


def role(stack: ScoringStackPlan, name: str) -> RolePlan:
    planned: RolePlan = next(item for item in found(stack, RolePlan) if item.name == name)
    return planned


def resources(planned: RolePlan, action: str) -> list[str]:
    return [
        resource for duty in planned.duties if action in duty.actions for resource in duty.resources
    ]


@pytest.fixture(scope="module")
def cheap() -> Plan:
    return decide()


def test_staging_and_production_score_and_nothing_serves(cheap: Plan) -> None:
    assert set(scoring(cheap)) == {"staging", "prod"}
    assert not [item for item in cheap.stacks() if isinstance(item, ServingStackPlan)]
    [schedule] = scoring(cheap)["prod"].models[0].pipeline.schedules
    assert (schedule.expression, schedule.time_zone) == ("cron(0 2 * * ? *)", "UTC")


def test_the_program_reads_what_is_scored_and_writes_predictions_only(cheap: Plan) -> None:
    program = role(scoring(cheap)["prod"], "wards-prod-risk-scoring")
    assert resources(program, "s3:PutObject") == [
        "arn:aws:s3:::wards-prod-work-444444444444/predictions/risk/dt=*"
    ]
    assert resources(program, "s3:GetObject") == [
        "arn:aws:s3:::wards-data-arrivals-222222222222/score/*",
        "arn:aws:s3:::wards-tooling-artifacts-111111111111/models/risk/*",
    ]
    starts = role(scoring(cheap)["prod"], "wards-prod-risk-scoring-start")
    assert {action.split(":")[0] for duty in starts.duties for action in duty.actions} == {
        "ecr", "logs",
    }  # fmt: skip
    assert "ecs-tasks.amazonaws.com" in json.dumps(starts.trust.to_json())


def test_the_machine_reaches_its_own_jobs_only(cheap: Plan) -> None:
    machine = role(scoring(cheap)["prod"], "wards-prod-risk-scoring-pipeline")
    place = "arn:aws:batch:eu-west-1:444444444444"
    assert resources(machine, "batch:SubmitJob") == [
        f"{place}:job-definition/wards-prod-risk-*", f"{place}:job-queue/wards-prod-scoring",
    ]  # fmt: skip
    [stop] = [duty for duty in machine.duties if "batch:TerminateJob" in duty.actions]
    assert stop.condition == {"StringEquals": {"aws:ResourceTag/groundplan:scope": "wards-prod"}}
    assert resources(machine, "iam:PassRole") == [
        "arn:aws:iam::444444444444:role/groundplan/wards/wards-prod-risk-scoring-start",
        "arn:aws:iam::444444444444:role/groundplan/wards/wards-prod-risk-scoring",
    ]


def test_other_accounts_let_it_in(cheap: Plan) -> None:
    roles = [role(stack, f"wards-{scope}-risk-scoring").arn for scope, stack in
             scoring(cheap).items()]  # fmt: skip
    machines = [role(stack, f"wards-{scope}-risk-scoring-pipeline").arn for scope, stack in
                scoring(cheap).items()]  # fmt: skip
    for item in cheap.stacks():
        if isinstance(item, DataStateStackPlan):
            arrivals = next(found_ for found_ in item.datasets if found_.name == "arrivals")
            text = json.dumps([_json(arrivals.key), _json(arrivals.bucket)])
            assert all(arn in text for arn in roles)
        if isinstance(item, RegistryStackPlan):
            text = json.dumps([_json(item.key), _json(item.artifacts)])
            assert all(arn in text for arn in roles)
            assert all(arn in json.dumps(_json(item.registries)) for arn in machines)


def _json(value: Any) -> Any:
    from groundplan.blueprints.plan.ref import to_json

    return to_json(value)


def test_the_log_group_of_its_jobs_lives_beside_its_key(cheap: Plan) -> None:
    [state] = [
        item
        for item in cheap.stacks()
        if isinstance(item, StateStackPlan) and item.stack.scope == "prod"
    ]
    groups = {group.name for group in state.log_groups}
    assert "/groundplan/wards/prod/scoring/risk" in groups
    assert "/aws/vendedlogs/states/wards-prod-risk-scoring" in groups


def test_capacity_is_where_cost_is_preferred(cheap: Plan) -> None:
    capacity = list(found(cheap, BatchCapacityPlan))
    assert [item.max_vcpus for item in capacity] == [4, 4]
    accounts = {
        item.place.account
        for item in cheap.stage_0
        if any("AWS::Batch::JobQueue" in row.types for row in item.deployment_duties)
    }
    assert accounts == {"333333333333", "444444444444"}

    fast = decide("prefer: speed, instance: ml.g5.xlarge")
    assert list(found(fast, BatchCapacityPlan)) == []
    definition = scoring(fast)["prod"].models[0].pipeline.definition
    assert '"InstanceType":"ml.g5.xlarge"' in definition and "VolumeKmsKeyId" not in definition


def test_fails_on_a_type_that_the_region_does_not_have() -> None:
    with pytest.raises(PlanError) as caught:
        decide("instance: ml.g5.xlarge", **{"eu-west-1": "af-south-1"})

    assert str(caught.value).startswith(
        "models[0].serving.instance: region af-south-1 does not have this instance type, got "
        "'ml.g5.xlarge'"
    )
