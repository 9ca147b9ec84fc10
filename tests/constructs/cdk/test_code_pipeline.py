"""A pipeline alone, and the same pipelines as an administrator's template has them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.code_pipeline import CodePipelinePlan
from groundplan.blueprints.plan.delivery_pipeline import (
    DeliveryPipelinePlan,
    PipelineTarget,
    plan_delivery_pipeline,
)
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.spec import DeliverySpec
from groundplan.constructs.cdk import CodePipeline
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
ARN = (
    "arn:aws:codeconnections:eu-west-1:111111111111:connection/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
)


def planned(place: Place, connection: str | None = None) -> DeliveryPipelinePlan:
    def target(name: str, *, approval: bool) -> PipelineTarget:
        return PipelineTarget(
            name=name, part=name, stages=(name,), places=(place,), approval=approval
        )

    return plan_delivery_pipeline(
        project="reports",
        place=place,
        delivery=DeliverySpec(ci="codepipeline", repository="acme/reports", connection=connection),
        targets=(target("tooling", approval=False), target("prod", approval=True)),
    )


def pair(plan: DeliveryPipelinePlan) -> tuple[CodePipelinePlan, CodePipelinePlan]:
    """Return both pipelines, the first with the connection that the stack makes."""
    deploys, checks = plan.pipelines
    return replace(deploys, connection=plan.connection), checks


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of the resources of a type by their physical names."""
    found = [item["Properties"] for item in resources.values() if item["Type"] == kind]
    return {
        item.get("Name") or item.get("RoleName") or item["ConnectionName"]: item for item in found
    }


def test_the_construct_and_the_administrators_template_say_the_same(
    stack: cdk.Stack, resources: Resources, place: Place
) -> None:
    plan = planned(place)
    deploys, checks = pair(plan)
    first = CodePipeline(stack, "Deploy", plan=deploys)
    CodePipeline(stack, "PullRequest", plan=checks, connection_arn=first.connection_arn)

    ours, theirs = resources(), delivery_pipeline_template(plan)["Resources"]
    for kind in ("AWS::CodeBuild::Project", "AWS::CodeConnections::Connection"):
        assert of_type(ours, kind) == of_type(theirs, kind)
    [connection] = [key for key, item in ours.items() if "Connection" in item["Type"]]
    for name, properties in of_type(theirs, "AWS::CodePipeline::Pipeline").items():
        told = properties["Stages"][0]["Actions"][0]["Configuration"]
        told["ConnectionArn"] = {"Fn::GetAtt": [connection, "ConnectionArn"]}
        assert of_type(ours, "AWS::CodePipeline::Pipeline")[name] == properties


def test_ids_are_part_of_the_contract(stack: cdk.Stack, resources: Resources, place: Place) -> None:
    CodePipeline(stack, "Deploy", plan=pair(planned(place))[0])

    paths = {item.node.path for item in stack.node.find_all() if isinstance(item, cdk.CfnResource)}
    policies = {path for path in paths if "/Policy" in path}
    assert paths - policies == {
        f"Test/Deploy/{item}"
        for item in (
            "Check/Resource", "Check/Role/Resource", "Connection", "DeployProd/Resource",
            "DeployProd/Role/Resource", "DeployTooling/Resource", "DeployTooling/Role/Resource",
            "Resource", "Role/Resource",
        )
    }  # fmt: skip


def test_a_connection_that_exists_is_used(
    stack: cdk.Stack, resources: Resources, place: Place
) -> None:
    plan = planned(place, ARN)
    CodePipeline(stack, "Deploy", plan=plan.pipelines[0])

    found = resources()
    assert not of_type(found, "AWS::CodeConnections::Connection")
    [pipeline] = of_type(found, "AWS::CodePipeline::Pipeline").values()
    assert pipeline["Stages"][0]["Actions"][0]["Configuration"]["ConnectionArn"] == ARN


def test_fails_without_the_connection_that_the_plan_refers_to(
    stack: cdk.Stack, place: Place
) -> None:
    with pytest.raises(ConstructError) as error:
        CodePipeline(stack, "PullRequest", plan=planned(place).pipelines[1])
    assert str(error.value) == (
        "Test/PullRequest.connection_arn: the plan refers to the connection {Connection.arn}, got None; "
        "pass the connection_arn of the pipeline that makes it"
    )


def test_fails_with_a_connection_that_the_plan_does_not_take(
    stack: cdk.Stack, place: Place
) -> None:
    with pytest.raises(ConstructError, match="the plan takes no connection from outside"):
        CodePipeline(stack, "Deploy", plan=pair(planned(place))[0], connection_arn=ARN)


def test_no_finding(stack: cdk.Stack, place: Place, findings: Callable[[], list[str]]) -> None:
    plan = planned(place)
    CodePipeline(stack, "Deploy", plan=pair(plan)[0])

    assert findings() == []
