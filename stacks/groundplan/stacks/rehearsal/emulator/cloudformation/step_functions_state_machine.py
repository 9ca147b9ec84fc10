"""AWS::StepFunctions::StateMachine."""

import json
import re
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class StepFunctionsStateMachine(ResourceType):
    """A state machine, its placeholders filled in."""

    type = "AWS::StepFunctions::StateMachine"
    named_by = "StateMachineName"
    longest_name = 80
    properties = frozenset(
        {
            "Definition",
            "DefinitionString",
            "DefinitionSubstitutions",
            "EncryptionConfiguration",
            "LoggingConfiguration",
            "RoleArn",
            "StateMachineName",
            "StateMachineType",
            "Tags",
            "TracingConfiguration",
        }
    )
    create_only = frozenset({"StateMachineName", "StateMachineType"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the state machine."""
        made = self.account.call(
            "stepfunctions",
            "CreateStateMachine",
            name=name,
            type=properties.get("StateMachineType"),
            tags=properties.get("Tags"),
            **_definition(properties),
        )
        return str(made["stateMachineArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change definition, role, logging, tracing and tags."""
        if previous is None:
            return
        operation, off = "UpdateStateMachine", {"TracingConfiguration": {"Enabled": False}}
        self.account.call(
            "stepfunctions",
            operation,
            stateMachineArn=physical_id,
            **{**off, "LoggingConfiguration": {"Level": "OFF"}, **_definition(properties)},
        )
        set_tags(self.account, "states", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"Arn": physical_id, "Name": physical_id.rsplit(":", 1)[1]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the state machine."""
        self.account.call("stepfunctions", "DeleteStateMachine", stateMachineArn=physical_id)


def _definition(properties: Properties) -> dict[str, Any]:
    text = properties.get("DefinitionString") or json.dumps(properties["Definition"])
    values = properties.get("DefinitionSubstitutions", {})

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ResourceFailed(f"DefinitionSubstitutions has no value for {match[0]}")
        return str(values[match[1]])

    kept = ("EncryptionConfiguration", "LoggingConfiguration", "RoleArn", "TracingConfiguration")
    definition = re.sub(r"\$\{([a-zA-Z0-9_]+)\}", fill, text)
    return {"definition": definition, **only(properties, kept)}
