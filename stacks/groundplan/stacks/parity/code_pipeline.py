"""Compares pipelines of CodePipeline and the connections that they read repositories by.

The project's own are in an administrator's template, the same with both engines; these are those of users.
"""

from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import item, lowered


def pipeline_of_template(pipeline: Resource, parts: Parts) -> Item:
    """Return a pipeline of CDK."""
    stages = [_stage(lowered(stage)) for stage in pipeline.take("Stages")]
    store = lowered(pipeline.take("ArtifactStore"))
    facts = {
        "role": pipeline.take("RoleArn"),
        "type": pipeline.take("PipelineType"),
        "mode": pipeline.take("ExecutionMode"),
        "artefacts": store,
        "stages": stages,
        "triggers": [_trigger(lowered(trigger)) for trigger in pipeline.take("Triggers")],
        "variables": lowered(pipeline.take("Variables") or []),
    }
    name = pipeline.take("Name")
    return item("pipeline", name, pipeline, facts, own_tags=pipeline.take("Tags"))


def pipeline_of_program(pipeline: Resource, parts: Parts) -> Item:
    """Return a pipeline of Pulumi."""
    [store] = pipeline.take("artifactStores")
    facts = {
        "role": pipeline.take("roleArn"),
        "type": pipeline.take("pipelineType"),
        "mode": pipeline.take("executionMode"),
        "artefacts": lowered(store),
        "stages": [lowered(stage) for stage in pipeline.take("stages")],
        "triggers": [lowered(trigger) for trigger in pipeline.take("triggers")],
        "variables": lowered(pipeline.take("variables") or []),
    }
    name = pipeline.take("name")
    return item("pipeline", name, pipeline, facts, own_tags=pipeline.take("tags"))


def connection_of_template(connection: Resource, parts: Parts) -> Item:
    """Return a connection of CDK."""
    facts = {"provider": connection.take("ProviderType")}
    name = connection.take("ConnectionName")
    return item("connection", name, connection, facts, own_tags=connection.take("Tags"))


def connection_of_program(connection: Resource, parts: Parts) -> Item:
    """Return a connection of Pulumi."""
    facts = {"provider": connection.take("providerType")}
    name = connection.take("name")
    return item("connection", name, connection, facts, own_tags=connection.take("tags"))


def _stage(found: dict[str, Any]) -> dict[str, Any]:
    """Return a stage of a template as the provider has it: with kind and artefacts by name."""
    actions = []
    for action in found["actions"]:
        kind = action.pop("actiontypeid")
        for side in ("inputartifacts", "outputartifacts"):
            action[side] = [artifact["name"] for artifact in action.get(side, [])]
        actions.append({**action, **kind})
    return {**found, "actions": actions}


def _trigger(found: dict[str, Any]) -> dict[str, Any]:
    """Return a trigger of a template as the provider has it."""
    names = {"push": "pushes", "pullrequest": "pullrequests"}
    git = {names.get(key, key): value for key, value in found["gitconfiguration"].items()}
    return {**found, "gitconfiguration": git}


TEMPLATES = {
    "AWS::CodeConnections::Connection": connection_of_template,
    "AWS::CodePipeline::Pipeline": pipeline_of_template,
}
PROGRAMS = {
    "aws:codeconnections/connection:Connection": connection_of_program,
    "aws:codepipeline/pipeline:Pipeline": pipeline_of_program,
}
PARTS: set[str] = set()
