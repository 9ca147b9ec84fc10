"""Compares what does the work: state machines, builds, and the capacity of batch jobs."""

from collections.abc import Iterable, Mapping
from string import Template
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import item, lowered, parsed


def machine_of_template(machine: Resource, parts: Parts) -> Item:
    """Return a state machine of CDK."""
    filled = Template(machine.take("DefinitionString")).safe_substitute(
        machine.take("DefinitionSubstitutions") or {}
    )
    logging = lowered(machine.take("LoggingConfiguration"))
    [group] = logging.pop("destinations")
    facts = {
        "role": machine.take("RoleArn"),
        "definition": parsed(filled),
        "type": machine.take("StateMachineType", "STANDARD"),
        "logging": {**logging, "to": group["cloudwatchlogsloggroup"]["loggrouparn"]},
        "tracing": lowered(machine.take("TracingConfiguration")),
    }
    name = machine.take("StateMachineName")
    return item("state machine", name, machine, facts, own_tags=machine.take("Tags"))


def machine_of_program(machine: Resource, parts: Parts) -> Item:
    """Return a state machine of Pulumi."""
    logging = lowered(machine.take("loggingConfiguration"))
    facts = {
        "role": machine.take("roleArn"),
        "definition": parsed(machine.take("definition")),
        "type": machine.take("type", "STANDARD"),
        "logging": {**logging, "to": logging.pop("logdestination")},
        "tracing": lowered(machine.take("tracingConfiguration")),
    }
    facts["logging"].pop("logdestination")
    name = machine.take("name")
    return item("state machine", name, machine, facts, own_tags=machine.take("tags"))


def build_of_template(build: Resource, parts: Parts) -> Item:
    """Return an image build of CDK."""
    environment, variables = _environment(build.take("Environment"))
    facts = {
        "description": build.take("Description"),
        "role": build.take("ServiceRole"),
        "key": build.take("EncryptionKey"),
        "minutes": build.take("TimeoutInMinutes"),
        "artifacts": lowered(build.take("Artifacts")),
        "environment": environment,
        "variables": variables,
        "source": lowered(build.take("Source")),
        "logs": lowered(build.take("LogsConfig")),
    }
    return item("image build", build.take("Name"), build, facts, own_tags=build.take("Tags"))


def build_of_program(build: Resource, parts: Parts) -> Item:
    """Return an image build of Pulumi."""
    environment, variables = _environment(build.take("environment"))
    facts = {
        "description": build.take("description"),
        "role": build.take("serviceRole"),
        "key": build.take("encryptionKey"),
        "minutes": build.take("buildTimeout"),
        "artifacts": lowered(build.take("artifacts")),
        "environment": environment,
        "variables": variables,
        "source": lowered(build.take("source")),
        "logs": lowered(build.take("logsConfig")),
    }
    return item("image build", build.take("name"), build, facts, own_tags=build.take("tags"))


def _environment(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    found = lowered(given)
    variables: Iterable[Mapping[str, Any]] = found.pop("environmentvariables", [])
    return found, {part["name"]: (part["type"], part["value"]) for part in variables}


def capacity_of_template(capacity: Resource, parts: Parts) -> Item:
    """Return a compute environment of CDK."""
    facts = {
        "type": capacity.take("Type"),
        "state": capacity.take("State"),
        "resources": lowered(capacity.take("ComputeResources")),
        "replaced by updates": capacity.take("ReplaceComputeEnvironment"),
    }
    name = capacity.take("ComputeEnvironmentName")
    return item("compute environment", name, capacity, facts, own_tags=capacity.take("Tags"))


def capacity_of_program(capacity: Resource, parts: Parts) -> Item:
    """Return a compute environment of Pulumi."""
    facts = {
        "type": capacity.take("type"),
        "state": capacity.take("state"),
        "resources": lowered(capacity.take("computeResources")),
        "replaced by updates": None,
    }
    name = capacity.take("name")
    return item("compute environment", name, capacity, facts, own_tags=capacity.take("tags"))


def jobs_of_template(queue: Resource, parts: Parts) -> Item:
    """Return a job queue of CDK."""
    facts = {
        "priority": queue.take("Priority"),
        "state": queue.take("State"),
        "capacity": lowered(queue.take("ComputeEnvironmentOrder")),
    }
    return item("job queue", queue.take("JobQueueName"), queue, facts, own_tags=queue.take("Tags"))


def jobs_of_program(queue: Resource, parts: Parts) -> Item:
    """Return a job queue of Pulumi."""
    facts = {
        "priority": queue.take("priority"),
        "state": queue.take("state"),
        "capacity": lowered(queue.take("computeEnvironmentOrders")),
    }
    return item("job queue", queue.take("name"), queue, facts, own_tags=queue.take("tags"))


TEMPLATES = {
    "AWS::Batch::ComputeEnvironment": capacity_of_template,
    "AWS::Batch::JobQueue": jobs_of_template,
    "AWS::CodeBuild::Project": build_of_template,
    "AWS::StepFunctions::StateMachine": machine_of_template,
}
PROGRAMS = {
    "aws:batch/computeEnvironment:ComputeEnvironment": capacity_of_program,
    "aws:batch/jobQueue:JobQueue": jobs_of_program,
    "aws:codebuild/project:Project": build_of_program,
    "aws:sfn/stateMachine:StateMachine": machine_of_program,
}
PARTS: set[str] = set()
