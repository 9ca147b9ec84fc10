"""Checks a CodeBuild project, and the rule that starts it."""

import json
from collections.abc import Iterator

from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED = {"context": "the project shows the archive of the directory, not the directory"}

SOURCE_TAG = "IMAGE_TAG"
"""Variable of the build that holds the hash of the source, which only the deployment knows."""


def check_image_build(plan: ImageBuildPlan, account: Account) -> Iterator[Property]:
    """Compare the project, its roles, and the rule with its target."""
    yield from _project(plan, account)
    yield from below("role", check_role(plan.role, account))
    yield from below("trigger_role", check_role(plan.trigger_role, account))
    rule = account.read("events", "describe_rule", Name=plan.rule_name)
    yield "rule_name", plan.rule_name, rule.get("Name")
    yield "rule_name.state", "ENABLED", rule.get("State")
    yield "event_pattern", plan.event_pattern, json.loads(rule.get("EventPattern", "null"))
    targets = account.read("events", "list_targets_by_rule", Rule=plan.rule_name)
    found = [[item["Arn"], item.get("RoleArn")] for item in targets.get("Targets", [])]
    yield "rule_name.targets", [[plan.arn, plan.trigger_role.arn]], found


def _project(plan: ImageBuildPlan, account: Account) -> Iterator[Property]:
    listed = account.read("codebuild", "batch_get_projects", names=[plan.name])
    project = first(listed.get("projects", []))
    yield "name", plan.name, project.get("name")
    yield "arn", plan.arn, project.get("arn")
    yield "role", plan.role.arn, project.get("serviceRole")
    key = account.key_arn(plan.encryption_key_alias)
    yield "encryption_key_alias", key, account.key_arn(project.get("encryptionKey"))
    yield "timeout_minutes", plan.timeout_minutes, project.get("timeoutInMinutes")
    source = project.get("source", {})
    yield "source", "S3", source.get("type")
    folder = source.get("location", "").partition("/")[2].rpartition("/")[0]
    yield "source_prefix", plan.source_prefix, f"{folder}/" if folder else None
    yield "buildspec", json.loads(plan.buildspec), json.loads(source.get("buildspec", "null"))
    yield "artifacts", "NO_ARTIFACTS", project.get("artifacts", {}).get("type")
    machine = project.get("environment", {})
    yield "build_image", plan.build_image, machine.get("image")
    yield "build_image.type", "LINUX_CONTAINER", machine.get("type")
    yield "build_image.privileged", True, machine.get("privilegedMode")
    yield "compute_type", plan.compute_type, machine.get("computeType")
    variables = {item["name"]: item["value"] for item in machine.get("environmentVariables", [])}
    yield "environment.source_tag", True, bool(variables.pop(SOURCE_TAG, None))
    yield "environment", dict(plan.environment), variables
    yield "repository_uri", plan.repository_uri, variables.get("REPOSITORY_URI")
    logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
    yield (
        "log_group_name",
        ["ENABLED", plan.log_group_name],
        [
            logs.get("status"),
            logs.get("groupName"),
        ],
    )
    yield tags(account.tags, project.get("tags", []))
