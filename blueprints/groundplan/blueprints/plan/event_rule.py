"""Decides a rule that takes events from a bus to a state machine, or to another bus."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import (
    Duty,
    RolePlan,
    iam_path,
    plan_role,
    service_trust,
)

DELIVERY_ATTEMPTS = 20
"""Times that EventBridge tries again to deliver an event."""
DELIVER_WITHIN_SECONDS = 3600
"""Age at which an event that was not delivered goes to the dead-letter queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRulePlan:
    """A rule with one target, its role, and where events go that cannot be delivered."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the rule."""

    description: str
    """What the rule does."""

    bus_name: str | None
    """Bus of the events. ``None``: the account's default one."""

    event_pattern: Json
    """Which events the rule takes."""

    target_arn: str
    """State machine or bus that receives them; a bus may be in any account."""

    role: RolePlan
    """Role by which EventBridge reaches the target."""

    input_paths: tuple[tuple[str, str], ...]
    """What the input takes from an event: name and JSON path, sorted."""

    input_template: str | None
    """Input of an execution, ``<NAME>`` for each input path. ``None``: the event as it is."""

    dead_letter_queue_arn: str
    """Queue of events that could not be delivered."""


def rule_arn(place: Place, rule_name: str, bus_name: str | None = None) -> str:
    """Return the ARN of a rule on a bus; without a bus, on the account's default one."""
    bus = f"{bus_name}/" if bus_name is not None else ""
    return place.arn("events", f"rule/{bus}{rule_name}")


def plan_event_rule(
    *,
    id: str,
    name: str,
    place: Place,
    description: str,
    event_pattern: Json,
    target_arn: str,
    role: RolePlan,
    dead_letter_queue_arn: str,
    bus_name: str | None = None,
    input: Mapping[str, str] | None = None,
) -> EventRulePlan:
    """Decide a rule.

    Args:
        id: Id of the unit within its stack.
        name: Physical name.
        place: Account and region of the bus.
        description: What the rule does.
        event_pattern: Which events it takes.
        target_arn: State machine or bus that receives them.
        role: Role by which EventBridge reaches the target; see :func:`plan_rule_role`.
        dead_letter_queue_arn: Queue of events that could not be delivered.
        bus_name: Bus of the events. Default: the account's default one.
        input: Fields of the execution's input, each a text or a JSON path of the event (``$.``).
            Default: the target receives the event as it is.
    """
    paths: dict[str, str] = {}
    fields: dict[str, str] = {}
    for key, value in (input or {}).items():
        if value.startswith("$."):
            paths[key] = value
        fields[key] = f"<{key}>" if value.startswith("$.") else value
    return EventRulePlan(
        id=id,
        name=name,
        arn=rule_arn(place, name, bus_name),
        description=description,
        bus_name=bus_name,
        event_pattern=event_pattern,
        target_arn=target_arn,
        role=role,
        input_paths=tuple(sorted(paths.items())),
        input_template=_template(fields, paths) if input is not None else None,
        dead_letter_queue_arn=dead_letter_queue_arn,
    )


def _template(fields: Mapping[str, str], paths: Mapping[str, str]) -> str:
    """Return the template of a JSON object; EventBridge puts a text that it fills in into quotes."""
    text = json.dumps(fields, sort_keys=True)
    for key in paths:
        text = text.replace(f'"<{key}>"', f"<{key}>")
    return text


def plan_rule_role(
    *,
    rule: str,
    role_name: str,
    place: Place,
    project: str,
    target_arn: str,
    permissions_boundary: str | None,
    description: str,
    id: str = "Role",
) -> RolePlan:
    """Decide the role by which one rule starts a state machine or reaches another bus.

    Args:
        rule: ARN of the rule, the only one that may use the role.
        role_name: Physical name.
        place: Account of the rule.
        project: Name of the project.
        target_arn: ARN of the state machine or bus.
        permissions_boundary: ARN of the policy that bounds the role.
        description: What the role is for.
        id: Id of the unit within the rule.
    """
    to_machine = target_arn.split(":")[2] == "states"
    return plan_role(
        id=id,
        role_name=role_name,
        place=place,
        path=iam_path(project),
        description=description,
        trust=service_trust("events.amazonaws.com", place, rule),
        duties=(
            Duty(
                id="Start" if to_machine else "Forward",
                actions=("states:StartExecution" if to_machine else "events:PutEvents",),
                resources=(target_arn,),
                reason="a rule starts this state machine"
                if to_machine
                else "a rule forwards events to this bus",
            ),
        ),
        permissions_boundary=permissions_boundary,
        spec_path="pipelines",
    )
