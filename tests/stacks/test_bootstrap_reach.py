"""Every named resource of every template against the role that CloudFormation deploys it with."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.deployment_policies import HandlerDuty
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.needs.deployment import resources
from groundplan.blueprints.prove.world import world
from groundplan.blueprints.spec import ProjectSpec

pytestmark = pytest.mark.heavy

CREATED = {
    "AWS::CloudWatch::Alarm": ("AlarmName", "cloudwatch:PutMetricAlarm", "cloudwatch:alarm:{}"),
    "AWS::CodeBuild::Project": ("Name", "codebuild:CreateProject", "codebuild:project/{}"),
    "AWS::ECR::Repository": ("RepositoryName", "ecr:CreateRepository", "ecr:repository/{}"),
    "AWS::Events::Rule": ("Name", "events:PutRule", "events:rule/{}"),
    "AWS::KMS::Alias": ("AliasName", "kms:CreateAlias", "kms:{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:CreateLogGroup", "logs:log-group:{}"),
    "AWS::SNS::Topic": ("TopicName", "sns:CreateTopic", "sns:{}"),
    "AWS::SQS::Queue": ("QueueName", "sqs:CreateQueue", "sqs:{}"),
    "AWS::SageMaker::Endpoint": (
        "EndpointName", "sagemaker:CreateEndpoint", "sagemaker:endpoint/{}",
    ),
    "AWS::SageMaker::ModelPackageGroup": (
        "ModelPackageGroupName", "sagemaker:CreateModelPackageGroup",
        "sagemaker:model-package-group/{}",
    ),
    "AWS::Scheduler::ScheduleGroup": (
        "Name", "scheduler:CreateScheduleGroup", "scheduler:schedule-group/{}",
    ),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName", "states:CreateStateMachine", "states:stateMachine:{}",
    ),
}  # fmt: skip
"""Type -> the property that names it, the action that creates it, service and resource of its ARN."""


@dataclass(frozen=True)
class Deployed:
    """A resource of a template and what CloudFormation may do for it."""

    kind: str
    properties: dict[str, Any]
    stack: str
    place: Place
    rows: tuple[HandlerDuty, ...]


@pytest.fixture(scope="module")
def deployed(
    example: str, decided: Plan, tmp_path_factory: pytest.TempPathFactory
) -> list[Deployed]:
    from groundplan.stacks.cdk import add_plan, new_app

    out = tmp_path_factory.mktemp(example)
    app = new_app(outdir=str(out))
    sources = Path(__file__).parents[2] / "examples" / example
    add_plan(app, decided, sources=sources)
    app.synth()
    stacks = {item.stack.name: item.stack for item in decided.stacks()}
    return [found for path in out.rglob("manifest.json") for found in read(path, stacks, decided)]


def read(manifest: Path, stacks: dict[str, StackPlan], decided: Plan) -> Iterator[Deployed]:
    for artifact in json.loads(manifest.read_text(encoding="utf-8"))["artifacts"].values():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        stack = stacks[artifact["properties"]["stackName"]]
        rows = rows_of(stack, decided)
        template = manifest.parent / artifact["properties"]["templateFile"]
        resources = json.loads(template.read_text(encoding="utf-8"))["Resources"]
        for item in resources.values():
            properties = item.get("Properties", {})
            group = properties.get("GroupName")
            if isinstance(group, dict):
                properties["GroupName"] = resources[group["Ref"]]["Properties"]["Name"]
            yield Deployed(item["Type"], properties, stack.name, stack.place, rows)


def rows_of(stack: StackPlan, decided: Plan) -> tuple[HandlerDuty, ...]:
    stage_0 = next(item for item in decided.stage_0 if item.place == stack.place)
    if stack.execution_role_arn is None:
        return stage_0.deployment_duties
    role = next(item for item in stage_0.serving_roles if item.arn == stack.execution_role_arn)
    return stage_0.serving_duties[role.id]


def arn(item: Deployed) -> tuple[str, str] | None:
    """Return the action that creates a resource and its ARN; ``None`` for types without a name."""
    place, properties = item.place, item.properties
    if item.kind == "AWS::S3::Bucket":
        return "s3:CreateBucket", place.bucket_arn(properties["BucketName"])
    if item.kind == "AWS::IAM::Role":
        name = f"role{properties['Path']}{properties['RoleName']}"
        return "iam:CreateRole", place.iam_arn(name)
    if item.kind == "AWS::IAM::ManagedPolicy":
        name = f"policy{properties['Path']}{properties['ManagedPolicyName']}"
        return "iam:CreatePolicy", place.iam_arn(name)
    if item.kind == "AWS::Scheduler::Schedule":
        name = f"schedule/{properties['GroupName']}/{properties['Name']}"
        return "scheduler:CreateSchedule", place.arn("scheduler", name)
    if item.kind not in CREATED:
        return None
    key, action, form = CREATED[item.kind]
    service, _, resource = form.partition(":")
    return action, place.arn(service, resource.replace("{}", properties[key]))


def test_the_proof_knows_every_resource_of_every_stack(
    deployed: list[Deployed], spec: ProjectSpec, decided: Plan
) -> None:
    found = Case(spec=spec, plan=decided, world=world(spec, decided))
    known = Counter((stack.name, item.type) for stack, item in resources(found) if not item.ahead)
    made = Counter((item.stack, item.kind) for item in deployed)
    assert known == made


def test_every_type_is_in_the_policies_of_its_stack(deployed: list[Deployed]) -> None:
    absent = {
        item.kind
        for item in deployed
        if not any(item.kind in row.types for row in item.rows)
    }  # fmt: skip
    assert absent == set()


def test_every_named_resource_may_be_created(deployed: list[Deployed]) -> None:
    refused = []
    named = 0
    for item in deployed:
        found = arn(item)
        if found is None:
            continue
        named += 1
        action, resource = found
        if not any(
            item.kind in row.types
            and action in row.duty.actions
            and any(fnmatchcase(resource, pattern) for pattern in row.duty.resources)
            for row in item.rows
        ):
            refused.append(found)
    assert refused == []
    assert named > 20


def test_policies_name_no_type_that_no_stack_of_the_account_has(
    deployed: list[Deployed], decided: Plan
) -> None:
    used = {(item.place.account, item.kind) for item in deployed}
    surplus = {
        row.duty.id
        for stage_0 in decided.stage_0
        for row in stage_0.deployment_duties
        if not any((stage_0.place.account, kind) in used for kind in row.types)
    }
    assert surplus <= {"ManageQueues", "ManageScheduleGroups", "ManageSchedules"}
