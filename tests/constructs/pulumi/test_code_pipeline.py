"""A pipeline under Pulumi, and the same as CDK makes it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from groundplan.blueprints.plan.delivery_pipeline import (
    DeliveryPipelinePlan,
    PipelineTarget,
    plan_delivery_pipeline,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.spec import DeliverySpec
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import CodePipeline, CodePipelineArgs
from groundplan.stacks.parity import inventory_of_program
from groundplan.stacks.pulumi.recording import Recording, record

Run = Callable[[Callable[[], object]], Recording]


def planned(place: Place) -> DeliveryPipelinePlan:
    target = PipelineTarget(
        name="prod", part="prod", stages=("prod",), places=(place,), approval=True
    )
    plan = plan_delivery_pipeline(
        project="reports",
        place=place,
        delivery=DeliverySpec(ci="codepipeline", repository="acme/reports", provider="gitlab"),
        targets=(target,),
        engine="pulumi",
    )
    deploys, checks = plan.pipelines
    return replace(plan, pipelines=(replace(deploys, connection=plan.connection), checks))


def define(plan: DeliveryPipelinePlan) -> None:
    deploys, checks = plan.pipelines
    first = CodePipeline("deploy", CodePipelineArgs(plan=deploys))
    CodePipeline("check", CodePipelineArgs(plan=checks, connection_arn=first.connection_arn))


def test_pull_requests_have_a_pipeline_of_their_own(run: Run, place: Place) -> None:
    recording = run(lambda: define(planned(place)))
    found = {item.name: item.inputs for item in recording.registrations}

    assert found["deploy-Connection"] == {"name": "reports", "providerType": "GitLab"}
    push, pull = (
        found[f"{name}-Resource"]["triggers"][0]["gitConfiguration"] for name in ("deploy", "check")
    )
    assert push["pushes"] == [{"branches": {"includes": ["main"]}}]
    assert "pullRequests" not in push
    assert pull["pullRequests"] == [
        {"branches": {"includes": ["main"]}, "events": ["OPEN", "UPDATED"]}
    ]
    sources = [
        found[f"{name}-Resource"]["stages"][0]["actions"][0]["configuration"]["ConnectionArn"]
        for name in ("deploy", "check")
    ]
    assert sources[0] == sources[1]
    stages = [stage["name"] for stage in found["check-Resource"]["stages"]]
    assert stages == ["Source", "Check"]


@pytest.mark.heavy
def test_cdk_makes_the_same(run: Run, place: Place, tmp_path: Any) -> None:
    import aws_cdk as cdk

    from groundplan.constructs import cdk as constructs
    from groundplan.stacks.parity import inventory_of_templates
    from groundplan.stacks.parity.templates import Template

    plan = planned(place)
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    stack = cdk.Stack(app, "Test", env=cdk.Environment(account=place.account, region=place.region))
    deploys, checks = plan.pipelines
    first = constructs.CodePipeline(stack, "Deploy", plan=deploys)
    constructs.CodePipeline(stack, "Check", plan=checks, connection_arn=first.connection_arn)
    body = app.synth().get_stack_by_name(stack.stack_name).template
    body.pop("Parameters", None)
    template = Template(stack="Test", name="Test", place=place, body=json.loads(json.dumps(body)))

    ours = inventory_of_templates([template])
    theirs = inventory_of_program(run(lambda: define(plan)).registrations, place)
    for kind in ("connection", "pipeline"):
        assert ours.of_kind(kind)
        left, right = ours.of_kind(kind), theirs.of_kind(kind)
        assert [item.facts for item in left] == [item.facts for item in right]


def test_fails_without_the_connection_that_the_plan_refers_to(place: Place) -> None:
    args = CodePipelineArgs(plan=planned(place).pipelines[1])

    with pytest.raises(ConstructError) as error:
        record(lambda: CodePipeline("check", args))
    assert str(error.value) == (
        "check.connection_arn: the plan refers to the connection {Connection.arn}, got None; "
        "pass the connection_arn of the pipeline that makes it"
    )
