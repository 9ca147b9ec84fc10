"""Which rules an event matches, and how their targets get it."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.events.models import events_backends

from groundplan.stacks.rehearsal.emulator.events.event import Event
from groundplan.stacks.rehearsal.emulator.events.inputs import target_input

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

MOST_DELIVERIES = 1_000
"""Of one rule; a rule that starts what sends the event again would never end otherwise."""


class DeliveryError(Exception):
    """A target does not get an event; holds AWS's error code and what it means here."""


@dataclass(frozen=True)
class Undelivered:
    """An event that matched a rule and did not arrive."""

    rule_arn: str
    target_arn: str
    code: str
    reason: str
    event: Event


class Delivery:
    """The event buses of every account of one emulator."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator
        self._delivered: Counter[tuple[str, str]] = Counter()
        self.undelivered: list[Undelivered] = []

    def put(
        self, event: Event, account: str, region: str, bus: str = "default", *, forwarded: bool
    ) -> None:
        """Match an event against the rules of a bus.

        Args:
            event: The event.
            account: Owner of the bus.
            region: Of the bus.
            bus: Its name.
            forwarded: Whether it comes from another bus; EventBridge never passes it on to a third.
        """
        rules = list(events_backends[account][region].event_buses[bus].rules.values())
        for rule in rules:
            pattern: Any = rule.event_pattern
            if rule.state != "ENABLED" or not pattern.dump() or not pattern.matches_event(event):
                continue  # moto lets a rule without a pattern, a schedule, match everything
            for target in list(rule.targets):
                if not (forwarded and _is_bus(target)):
                    self._deliver(event, rule, target)

    def _deliver(self, event: Event, rule: Any, target: dict[str, Any]) -> None:
        key = (rule.arn, target["Id"])
        self._delivered[key] += 1
        try:
            if self._delivered[key] > MOST_DELIVERIES:
                raise DeliveryError("LOOP", f"delivered {MOST_DELIVERIES} times already")
            try:
                text = target_input(target, event, rule.name, rule.arn)
            except ValueError as exc:
                raise DeliveryError("INVALID_JSON", str(exc)) from exc
            self._send(event, rule, target, text)
        except DeliveryError as exc:
            code, reason = exc.args
            self.undelivered.append(Undelivered(rule.arn, target["Arn"], code, reason, event))
            self._bury(event, rule, target, code, reason)

    def _send(self, event: Event, rule: Any, target: dict[str, Any], text: str) -> None:
        arn = target["Arn"]
        service, region, account, resource = arn.split(":", 5)[2:]
        try:
            if service == "events" and _is_bus(target):
                self._forward(event, rule, target)
            elif service == "states":
                self._check_own(rule, target, role=True)
                machines = self._client("stepfunctions", account, region, target["RoleArn"])
                machines.start_execution(stateMachineArn=arn, input=text)
            elif service == "sqs":
                queues = self._client("sqs", account, region)
                url = queues.get_queue_url(QueueName=resource)["QueueUrl"]
                queues.send_message(QueueUrl=url, MessageBody=text)
            elif service == "sns":
                self._client("sns", account, region).publish(TopicArn=arn, Message=text)
            elif service == "codebuild":
                self._check_own(rule, target, role=True)
                builds = self._client("codebuild", account, region, target["RoleArn"])
                overrides = {
                    key[:1].lower() + key[1:]: value for key, value in json.loads(text).items()
                }
                kept = {"sourceVersion", "environmentVariablesOverride"} & overrides.keys()
                builds.start_build(
                    projectName=resource.removeprefix("project/"),
                    **{key: overrides[key] for key in sorted(kept) if "Input" in target},
                )
            else:
                raise DeliveryError("UNSUPPORTED_TARGET", f"{service} is not emulated as a target")
        except ClientError as exc:
            error = exc.response["Error"]
            raise DeliveryError(error["Code"], error.get("Message", "")) from exc

    def _forward(self, event: Event, rule: Any, target: dict[str, Any]) -> None:
        region, account, resource = target["Arn"].split(":", 5)[3:]
        bus = resource.removeprefix("event-bus/")
        if bus not in events_backends[account][region].event_buses:
            raise DeliveryError("RESOURCE_NOT_FOUND", f"no event bus {target['Arn']}")
        self._require_role(target)
        if account != rule.account_id and not may_put(account, region, bus, rule.account_id):
            raise DeliveryError("NO_PERMISSIONS", f"{target['Arn']} does not let {rule.account_id}")
        self.put(event, account, region, bus, forwarded=True)

    def _check_own(self, rule: Any, target: dict[str, Any], *, role: bool) -> None:
        region, account = target["Arn"].split(":", 5)[3:5]
        if (account, region) != (rule.account_id, rule.region_name):
            raise DeliveryError(
                "UNSUPPORTED_TARGET",
                f"{target['Arn']} is in another account or region than its bus",
            )
        if role:
            self._require_role(target)

    @staticmethod
    def _require_role(target: dict[str, Any]) -> None:
        if "RoleArn" not in target:
            raise DeliveryError("NO_PERMISSIONS", f"the target {target['Arn']} has no RoleArn")

    def _bury(
        self, event: Event, rule: Any, target: dict[str, Any], code: str, reason: str
    ) -> None:
        arn = target.get("DeadLetterConfig", {}).get("Arn")
        if arn is None:
            return
        _, _, _, region, account, name = arn.split(":", 5)
        queues = self._client("sqs", account, region)
        about = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": reason or code,
        }
        queues.send_message(
            QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"],
            MessageBody=json.dumps(event),
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value} for key, value in about.items()
            },
        )

    def _client(self, service: str, account: str, region: str, role: str | None = None) -> Any:
        return self._emulator.client(service, account, region, role)


def may_put(account: str, region: str, bus: str, sender: str) -> bool:
    """Whether the policy of a bus lets another account put events; conditions are not evaluated."""
    text = events_backends[account][region].event_buses[bus].policy
    for statement in [] if text is None else json.loads(text)["Statement"]:
        principal = statement["Principal"]
        named = _list("*" if principal == "*" else principal.get("AWS", []))
        allowed = statement.get("Effect", "Allow") == "Allow"
        acts = "events:PutEvents" in _list(statement["Action"])
        if allowed and acts and {"*", sender, f"arn:aws:iam::{sender}:root"} & set(named):
            return True
    return False


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _is_bus(target: dict[str, Any]) -> bool:
    return ":event-bus/" in str(target["Arn"])
