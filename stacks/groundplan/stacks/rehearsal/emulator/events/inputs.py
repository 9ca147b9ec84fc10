"""What a target gets of an event: all of it, a constant, a part, or a template filled in."""

import json
import re
from collections.abc import Mapping
from typing import Any

from groundplan.stacks.rehearsal.emulator.events.event import Event

_PATH = re.compile(r"\$(\.[A-Za-z0-9_-]+|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")
_MISSING = object()


def target_input(target: Mapping[str, Any], event: Event, rule_name: str, rule_arn: str) -> str:
    """The text that a target gets.

    Raises:
        ValueError: A path or template is wrong, or what a template makes is no JSON.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = _find(event, target["InputPath"])
        return "{}" if found is _MISSING else json.dumps(found)
    if "InputTransformer" in target:
        return _fill(target["InputTransformer"], event, rule_name, rule_arn)
    return json.dumps(event)


def _find(event: Event, path: str) -> Any:
    if not _PATH.fullmatch(path):
        raise ValueError(f"the path {path} is not emulated")
    value: Any = event
    for name, index in _STEP.findall(path):
        if name and isinstance(value, dict) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return _MISSING
    return value


def _fill(transformer: Mapping[str, Any], event: Event, rule_name: str, rule_arn: str) -> str:
    paths = transformer.get("InputPathsMap", {})
    values = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event.json": event,
        "aws.events.event": event,
        **{name: _find(event, path) for name, path in paths.items()},
    }
    template = str(transformer["InputTemplate"])

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(f"the template names {match[0]}, which its paths do not have")
        value = values[match[1]]
        if value is _MISSING:
            return ""
        within_text = len(re.findall(r'(?<!\\)"', template[: match.start()])) % 2 == 1
        if not within_text:
            return json.dumps(value)
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    text = _PLACEHOLDER.sub(value_of, template)
    try:
        json.loads(text)
    except ValueError as exc:
        raise ValueError(f"the template makes no JSON but {text}") from exc
    return text
