"""Checks what deploys with CodePipeline: pipelines, builds, their roles, and where they keep things."""

import json
from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.code_pipeline import BuildProjectPlan, CodePipelinePlan
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.delivery_pipeline_template import CONNECTION_OUTPUT
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.alarms import check_topic
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.data_bucket import check_data_bucket
from groundplan.stacks.rehearsal.checks.encryption_key import check_encryption_key
from groundplan.stacks.rehearsal.checks.log_group import check_log_group
from groundplan.stacks.rehearsal.checks.managed_policy import check_managed_policy
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED = {
    "bucket.access_logs_prefix": "the bucket writes no access logs",
    "bucket.retain": "no API shows it",
    "connection": "moto has no CodeConnections",
    "key.pending_window_days": "KMS shows it only once a key's deletion is scheduled",
    "key.retain": "no API shows it",
    "log_groups.retain": "no API shows it",
    "targets": "compared as the builds and their order",
}


def check_delivery_pipeline(plan: DeliveryPipelinePlan, account: Account) -> Iterator[Property]:
    """Compare the stack, both pipelines with their builds, and every unit that belongs to them."""
    stacks = account.read("cloudformation", "describe_stacks", StackName=plan.stack_name)
    stack = first(stacks.get("Stacks", []))
    yield "stack_name", plan.stack_name, stack.get("StackName")
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    connection = plan.connection_arn
    if not isinstance(connection, str):
        connection = str(outputs.get(CONNECTION_OUTPUT))
    yield from below("key", check_encryption_key(plan.key, account))
    yield from below("bucket", check_data_bucket(plan.bucket, account))
    yield from check_managed_policy("boundary", plan.boundary.arn, plan.boundary.document, account)
    for group in plan.log_groups:
        yield from below(f"log_groups.{group.id}", check_log_group(group, account))
    for pipeline in plan.pipelines:
        yield from below(f"pipelines.{pipeline.id}", _pipeline(pipeline, connection, account))
    yield from below("topic", check_topic(plan.topic, account))
    yield from _failure(plan, account)


def _pipeline(plan: CodePipelinePlan, connection: str, account: Account) -> Iterator[Property]:
    found = account.read("codepipeline", "get_pipeline", name=plan.name).get("pipeline", {})
    yield "name", plan.name, found.get("name")
    yield "role", plan.role.arn, found.get("roleArn")
    yield "type", "V2", found.get("pipelineType")
    yield "execution_mode", plan.execution_mode, found.get("executionMode")
    store = found.get("artifactStore", {})
    yield "bucket", plan.bucket, store.get("location")
    yield (
        "encryption_key_alias",
        plan.encryption_key_alias,
        store.get("encryptionKey", {}).get("id"),
    )
    variables = [[item["name"], item["defaultValue"]] for item in found.get("variables", [])]
    yield "variables", [list(item) for item in plan.variables], variables
    [trigger] = found.get("triggers") or [{}]
    git = trigger.get("gitConfiguration", {})
    event = first(git.get("push" if plan.trigger == "push" else "pullRequest", []))
    yield "trigger", 2, len(git)
    yield "branch", [plan.branch], event.get("branches", {}).get("includes")
    stages = {item["name"]: item["actions"] for item in found.get("stages", [])}
    yield "stages", [item.name for item in plan.stages], list(stages)
    for stage in plan.stages:
        planned = [
            {
                "name": action.name,
                "provider": action.provider,
                "order": action.run_order,
                "inputs": list(action.inputs),
                "outputs": list(action.outputs),
                "configuration": {
                    key: value if isinstance(value, str) else connection
                    for key, value in action.configuration.items()
                },
            }
            for action in stage.actions
        ]
        shown = [_action(item) for item in stages.get(stage.name, [])]
        yield f"stages.{stage.name}", planned, shown
    yield from below("role", check_role(plan.role, account))
    for build in plan.builds:
        yield from below(f"builds.{build.id}", _build(build, account))
    listed = account.read("codepipeline", "list_tags_for_resource", resourceArn=plan.arn)
    carried = [{"Key": item["key"], "Value": item["value"]} for item in listed.get("tags", [])]
    yield tags(account.tags, carried)


def _action(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": found["name"],
        "provider": found["actionTypeId"]["provider"],
        "order": found["runOrder"],
        "inputs": [item["name"] for item in found["inputArtifacts"]],
        "outputs": [item["name"] for item in found["outputArtifacts"]],
        "configuration": found["configuration"],
    }


def _build(plan: BuildProjectPlan, account: Account) -> Iterator[Property]:
    listed = account.read("codebuild", "batch_get_projects", names=[plan.name])
    project = first(listed.get("projects", []))
    yield "name", plan.name, project.get("name")
    yield "arn", plan.arn, project.get("arn")
    yield "description", plan.description, project.get("description")
    yield "role", plan.role.arn, project.get("serviceRole")
    yield "timeout_minutes", plan.timeout_minutes, project.get("timeoutInMinutes")
    key = account.key_arn(plan.encryption_key_alias)
    yield "encryption_key_alias", key, account.key_arn(project.get("encryptionKey"))
    source = project.get("source", {})
    yield (
        "buildspec",
        ["CODEPIPELINE", plan.buildspec],
        [source.get("type"), source.get("buildspec")],
    )
    machine = project.get("environment", {})
    yield "build_image", plan.build_image, machine.get("image")
    yield "build_image.privileged", False, machine.get("privilegedMode")
    yield "compute_type", plan.compute_type, machine.get("computeType")
    variables = {item["name"]: item["value"] for item in machine.get("environmentVariables", [])}
    yield "environment", dict(plan.environment), variables
    logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
    yield "log_group_name", plan.log_group_name, logs.get("groupName")
    yield from below("role", check_role(plan.role, account))
    yield tags(account.tags, project.get("tags", []))


def _failure(plan: DeliveryPipelinePlan, account: Account) -> Iterator[Property]:
    own = plan.failure
    rule = account.read("events", "describe_rule", Name=own.name)
    yield "failure.name", own.name, rule.get("Name")
    yield "failure.arn", own.arn, rule.get("Arn")
    yield "failure.state", "ENABLED", rule.get("State")
    yield "failure.event_pattern", own.event_pattern, json.loads(rule.get("EventPattern", "null"))
    targets = account.read("events", "list_targets_by_rule", Rule=own.name)
    target = first(targets.get("Targets", []))
    yield "failure.topic_arn", own.topic_arn, target.get("Arn")
    shown = target.get("InputTransformer", {})
    yield "failure.input_paths", dict(own.input_paths), shown.get("InputPathsMap")
    yield "failure.input_template", own.input_template, shown.get("InputTemplate")
