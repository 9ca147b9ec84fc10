"""What deploys with CodePipeline: who may deploy what, who is asked, and what pull requests may do."""

import json
from typing import Any

import pytest
from tests_support import example_spec, lint

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.blueprints.spec import DeliverySpec

TOOLING = "111111111111"
CONNECTION = (
    "arn:aws:codestar-connections:eu-west-1:111111111111:connection/"
    "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
)


def planned(example: str = "churn", engine: Engine = "cdk", **delivery: Any) -> Plan:
    spec = example_spec(example)
    given = DeliverySpec(ci="codepipeline", repository="acme/churn", **delivery)
    return plan(spec.model_copy(update={"delivery": given}), engine=engine)


def accounts(decided: Plan) -> dict[str, Stage0Plan]:
    return {item.place.account: item for item in decided.stage_0}


def pipelines(decided: Plan) -> DeliveryPipelinePlan:
    [found] = [item.pipeline for item in decided.stage_0 if item.pipeline is not None]
    return found


def roles(found: DeliveryPipelinePlan) -> dict[str, Any]:
    return {
        role.name: role
        for pipeline in found.pipelines
        for role in (pipeline.role, *(build.role for build in pipeline.builds))
    }


def test_stages_are_deployed_in_order_and_production_is_asked_for() -> None:
    deploys, _ = pipelines(planned("vision")).pipelines

    assert [
        (stage.name, [action.provider for action in stage.actions]) for stage in deploys.stages
    ] == [
        ("Source", ["CodeStarSourceConnection"]),
        ("Check", ["CodeBuild"]),
        ("Tooling", ["CodeBuild"]),
        ("Data", ["CodeBuild"]),
        ("Dev", ["CodeBuild"]),
        ("Staging", ["CodeBuild"]),
        ("Prod", ["Manual", "CodeBuild"]),
    ]
    assert [action.run_order for action in deploys.stages[-1].actions] == [1, 2]


def test_the_first_deployment_to_an_account_of_production_is_asked_for() -> None:
    asked = {item.name: item.approval for item in pipelines(planned("churn")).targets}
    # The data of churn is in the account of production.
    assert asked == {"tooling": False, "data": True, "staging": False, "prod": True}
    one_account = {item.name: item.approval for item in pipelines(planned("nightly")).targets}
    assert one_account == {"tooling": True, "data": False, "prod": True}


@pytest.mark.parametrize("engine", ["cdk", "pulumi"])
def test_each_account_trusts_exactly_the_builds_that_deploy_to_it(engine: Engine) -> None:
    decided = planned(engine=engine)
    prefix = f"arn:aws:iam::{TOOLING}:role/groundplan-stage-0/churn/churn-deployer"
    data = [] if engine == "cdk" else ["tooling"]
    names = {
        TOOLING: ["tooling"],
        "222222222222": ["staging"],
        "333333333333": [*(data or ["data"]), "prod"],
    }
    for account, stage_0 in accounts(decided).items():
        wanted = [f"{prefix}-{name}" for name in names[account]]
        assert list(stage_0.pipeline_deployers) == wanted
        trusts = (
            [
                item.trust
                for item in stage_0.bootstrap.roles
                if item.id != "CloudFormationExecutionRole"
            ]
            if stage_0.bootstrap is not None
            else [item.trust for item in stage_0.roles]
        )
        for trust in trusts:
            [statement] = trust.statements
            assert statement.principals == {"AWS": f"arn:aws:iam::{TOOLING}:root"}
            assert statement.condition["ArnEquals"] == {"aws:PrincipalArn": wanted}
        assert stage_0.deployer is None
        assert stage_0.identity_provider is None


def test_builds_of_pull_requests_assume_nothing_and_write_nothing_but_their_log() -> None:
    found = roles(pipelines(planned()))
    actions = {
        action for duty in found["churn-check-pull-request"].duties for action in duty.actions
    }
    assert actions == {
        "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject",
        "s3:GetObjectVersion", "s3:ListBucket",
    }  # fmt: skip
    _, pull_request = pipelines(planned()).pipelines
    assert [build.role.name for build in pull_request.builds] == ["churn-check-pull-request"]
    assert pull_request.trigger == "pull_request"


def test_a_build_deploys_its_own_accounts_only() -> None:
    found = roles(pipelines(planned()))
    for name, account in (("staging", "222222222222"), ("prod", "333333333333")):
        [duty] = [
            item for item in found[f"churn-deployer-{name}"].duties
            if "sts:AssumeRole" in item.actions
        ]  # fmt: skip
        assert {arn.split(":")[4] for arn in duty.resources} == {account}
        assert not any("*" in arn for arn in duty.resources)


def test_deployments_cannot_touch_the_pipeline() -> None:
    denied = {
        statement.sid: statement
        for statement in accounts(planned())[TOOLING].deployment_boundary.document.statements
        if statement.effect == "Deny"
    }
    assert "arn:aws:codebuild:eu-west-1:111111111111:project/groundplan-stage-0-churn-*" in (
        denied["KeepPipeline"].resources
    )
    assert "KeepPipeline" not in {
        statement.sid
        for statement in accounts(planned())["222222222222"].deployment_boundary.document.statements
    }


def test_a_connection_that_exists_is_used_by_its_own_service() -> None:
    found = pipelines(planned(connection=CONNECTION))
    assert found.connection is None
    [duty] = [item for item in found.pipelines[0].role.duties if item.id == "ReadRepository"]
    assert duty.actions == ("codestar-connections:UseConnection",)
    assert duty.resources == (CONNECTION,)
    assert duty.condition == {
        "StringEquals": {"codestar-connections:FullRepositoryId": "acme/churn"}
    }


@pytest.mark.parametrize("engine", ["cdk", "pulumi"])
@pytest.mark.parametrize("connection", [None, CONNECTION])
def test_the_template_is_one_that_cloudformation_takes(
    engine: Engine, connection: str | None
) -> None:
    body = delivery_pipeline_template(pipelines(planned(engine=engine, connection=connection)))
    text = json.dumps(body)

    assert lint(text, "eu-west-1") == []
    assert len(json.dumps(body, separators=(",", ":"))) < 51_200


def test_there_is_none_with_other_ci() -> None:
    decided = plan(example_spec("churn"))
    assert [item.pipeline for item in decided.stage_0] == [None, None, None]
    assert [item.pipeline_deployers for item in decided.stage_0] == [(), (), ()]
