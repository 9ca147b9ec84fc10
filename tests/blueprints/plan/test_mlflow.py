"""Where training runs are recorded, who writes there, and what may reach it."""

import json
from typing import Any

import pytest
from tests_support import example_spec, found, tracked

from groundplan.blueprints.diff.inventory import inventory
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import Duty, RolePlan
from groundplan.blueprints.plan.stacks import MlflowStackPlan, TrainingStackPlan
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.report import prove
from groundplan.blueprints.spec import ProjectSpec, parse_spec


def spec(kind: str) -> ProjectSpec:
    return parse_spec(tracked(kind), "spec")


@pytest.fixture(scope="module")
def app() -> Plan:
    return plan(spec("app"))


@pytest.fixture(scope="module")
def server() -> Plan:
    return plan(spec("server"))


def stack(decided: Plan, kind: type) -> Any:
    [item] = [item for item in decided.stacks() if isinstance(item, kind)]
    return item


def states(decided: Plan) -> Any:
    [model] = stack(decided, TrainingStackPlan).models
    return json.loads(model.pipeline.definition)["States"]


def duty(decided: Plan, role: str, id: str) -> Duty:
    [own] = [item for item in found(decided.stages, RolePlan) if item.name == role]
    wanted: Duty = next(item for item in own.duties if item.id == id)
    return wanted


def test_nothing_is_made_without_tracking() -> None:
    decided = plan(example_spec("churn"))
    assert list(found(decided.stages, MlflowPlan)) == []
    assert "Track run" not in states(decided)


def test_the_server_is_where_models_are_trained(server: Plan) -> None:
    head = stack(server, MlflowStackPlan).stack
    assert (head.scope, head.place.account) == ("prod", "333333333333")
    assert head.termination_protection and head.depends_on == ("state",)
    assert "tracking" in stack(server, TrainingStackPlan).stack.depends_on
    [unit] = found(server.stages, MlflowPlan)
    assert (unit.name, unit.size) == ("churn-prod", "Small")
    assert unit.arn.endswith(":333333333333:mlflow-tracking-server/churn-prod")
    assert unit.artifact_uri == "s3://churn-prod-work-333333333333/mlflow"


def test_the_machine_is_given_the_arn_that_aws_assigns_to_an_app(app: Plan, server: Plan) -> None:
    [model] = stack(app, TrainingStackPlan).models
    assert model.pipeline.substitutions[0] == ("MlflowArn", Ref("Mlflow", "arn"))
    given = states(app)["Track run"]["Arguments"]["AppSpecification"]["ContainerArguments"]
    assert given[:4] == ["--server", "${MlflowArn}", "--experiment", "churn/prod/churn"]
    [unit] = found(server.stages, MlflowPlan)
    given = states(server)["Track run"]["Arguments"]["AppSpecification"]["ContainerArguments"]
    assert given[1] == unit.arn


def test_only_the_job_that_records_has_a_network(app: Plan, server: Plan) -> None:
    for decided, attached in ((app, False), (server, True)):
        isolated = {
            name: state["Arguments"]["NetworkConfig"]["EnableNetworkIsolation"]
            for name, state in states(decided).items()
            if state.get("Resource", "").endswith("createProcessingJob.sync")
        }
        assert {name for name, alone in isolated.items() if not alone} == {"Track run"}
        network = states(decided)["Track run"]["Arguments"]["NetworkConfig"]
        assert ("VpcConfig" in network) is attached
        train = states(decided)["Train 1 create"]["Arguments"]
        assert train["EnableNetworkIsolation"] is True


def test_a_run_that_no_gate_lets_through_is_recorded_and_a_failure_stops_nothing(app: Plan) -> None:
    found = states(app)
    names = list(found)
    gate = next(name for name in names if name.startswith("Gate"))
    assert names.index("Evaluate run") < names.index("Track run") < names.index(gate)
    [caught] = found["Track run"]["Catch"]
    assert caught["Next"] == found["Track run"]["Next"]
    assert "Track failed" not in found


def test_the_role_that_records_names_exact_calls(app: Plan, server: Plan) -> None:
    role = "churn-prod-churn-tracking"
    one = duty(app, role, "RecordRuns")
    assert one.actions == ("sagemaker:CallMlflowAppApi",)
    assert one.condition == {"StringEquals": {"aws:ResourceTag/groundplan:scope": "churn-prod"}}
    many = duty(server, role, "RecordRuns")
    assert len(many.actions) == 7 and "*" not in "".join((*many.actions, *many.resources))
    for decided in (app, server):
        [own] = [item for item in found(decided.stages, RolePlan) if item.name == role]
        read = {
            resource
            for item in own.duties
            if "s3:GetObject" in item.actions
            for resource in item.resources
        }
        assert read == {
            "arn:aws:s3:::churn-prod-work-333333333333/churn/checkpoints/*/tracking/*",
            "arn:aws:s3:::churn-tooling-artifacts-111111111111/evaluations/churn/*/evaluation.json*",
        }


def test_a_network_has_a_private_way_to_a_server_where_models_are_trained(
    app: Plan, server: Plan
) -> None:
    services = {
        network.name: [endpoint.service for endpoint in network.endpoints]
        for network in found(server.stages, NetworkPlan)
    }
    wanted = "aws.sagemaker.eu-west-1.experiments"
    assert {name for name, items in services.items() if wanted in items} == {"churn-prod"}
    assert wanted not in str(list(found(app.stages, NetworkPlan)))


def test_what_replaces_the_server_is_known_to_lose_its_runs(app: Plan, server: Plan) -> None:
    def of(decided: Plan) -> Any:
        return inventory(json.loads(decided.canonical_json()))["prod/tracking/Mlflow"]

    assert of(app).stateful
    assert of(app).properties["kind"] != of(server).properties["kind"]


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ["cdk", "pulumi"])
@pytest.mark.parametrize("kind", ["app", "server"])
def test_all_claims_hold(kind: str, engine: Engine) -> None:
    own = spec(kind)
    proof = prove(case(own, engine))
    assert [result.verdict.claim for result in proof.results if result.verdict.findings] == []
    assert len(proof.results) == 13
