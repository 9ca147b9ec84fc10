"""Writes what the proof knows of CloudFormation's handlers, from what cfn-lint brings along.

Run ``python tests/handler_calls.py`` after an update of cfn-lint, and name the source and the date as its argument.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint

from groundplan.blueprints.prove.needs import deployment_calls

DATA = Path(cfnlint.__file__).parent / "data"
FILE = Path(deployment_calls.__file__).with_name(deployment_calls.FILE)
EXTRA = {
    "AWS::CodeBuild::Project": [
        f"codebuild:{item}"
        for item in ("BatchGetProjects", "CreateProject", "DeleteProject", "UpdateProject")
    ],
}
"""Types without handlers in their schema, by their API."""
TYPES = """
    ApplicationAutoScaling::ScalableTarget ApplicationAutoScaling::ScalingPolicy
    Batch::ComputeEnvironment Batch::JobQueue Budgets::Budget CloudWatch::Alarm CodeBuild::Project
    DynamoDB::Table EC2::FlowLog EC2::RouteTable EC2::SecurityGroup EC2::Subnet
    EC2::SubnetRouteTableAssociation EC2::VPC EC2::VPCEndpoint ECR::Repository Events::EventBus
    Events::EventBusPolicy Events::Rule IAM::ManagedPolicy IAM::Role KMS::Alias KMS::Key
    Logs::LogGroup S3::Bucket S3::BucketPolicy SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue
    SQS::QueuePolicy SageMaker::Endpoint SageMaker::EndpointConfig SageMaker::InferenceComponent
    SageMaker::MlflowApp SageMaker::MlflowTrackingServer SageMaker::Model
    SageMaker::ModelPackageGroup SageMaker::MonitoringSchedule Scheduler::Schedule
    Scheduler::ScheduleGroup StepFunctions::StateMachine
"""
"""Types in the stacks."""
MOST_KINDS = 12
"""An action on more kinds of resource than these is one on any, such as tagging."""


@cache
def handlers() -> dict[str, set[str]]:
    """Return what the handlers of each type call, as their registry schemas say."""
    found: dict[str, set[str]] = {kind: set(actions) for kind, actions in EXTRA.items()}
    for path in (DATA / "schemas/resources").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for handler, body in schema.get("handlers", {}).items():
            if handler != "list":
                own = found.setdefault(schema.get("typeName", ""), set())
                own.update(map(_spelt, body["permissions"]))
    return found


def calls() -> dict[str, Any]:
    """Return the calls of each type, and the kinds of resource of each call."""
    reference = json.loads((DATA / "AdditionalSpecs/Policies.json").read_text(encoding="utf-8"))
    used = {kind: handlers()[kind] for kind in (f"AWS::{name}" for name in TYPES.split())}
    beyond = {call for extra in deployment_calls.BEYOND.values() for call in extra}
    actions = {action for items in used.values() for action in items} | beyond
    kinds: dict[str, Any] = {}
    for action in sorted(actions):
        service, _, name = action.partition(":")
        entry = reference.get(service, {}).get("Actions", {}).get(name.lower())
        if entry is not None:
            found = sorted(entry.get("Resources", []))
            kinds[action] = " ".join(found) if len(found) <= MOST_KINDS else None
    used_kinds = {
        (action.partition(":")[0], kind)
        for action, found in kinds.items()
        for kind in (found or "").split()
    }
    formats = {}
    for service, kind in used_kinds:
        bodies = {key.lower(): body for key, body in reference[service]["Resources"].items()}
        if kind.lower() in bodies:  # some are of a service that is not in the reference
            formats[f"{service}:{kind}"] = sorted(map(_pattern, bodies[kind.lower()]["ARNFormats"]))
    joined = {kind: " ".join(sorted(items)) for kind, items in used.items()}
    return {"calls": joined, "formats": formats, "resources": kinds}


def _pattern(text: str) -> str:
    """An ARN's format as a pattern of IAM's."""
    return re.sub(r"\$\{[^}]*\}|\.\*", "*", text)


def text(source: str) -> str:
    """Return the text of the file."""
    body = {"source": source, **calls()}
    return json.dumps(body, indent=1, sort_keys=True) + "\n"


def _spelt(action: str) -> str:
    """An action as IAM's reference spells it; IAM itself ignores case."""
    service, _, name = action.partition(":")
    return f"{service.lower()}:{name.replace('UnTag', 'Untag')}"


if __name__ == "__main__":
    FILE.write_text(text(" ".join(sys.argv[1:]) or deployment_calls.source()), encoding="utf-8")
