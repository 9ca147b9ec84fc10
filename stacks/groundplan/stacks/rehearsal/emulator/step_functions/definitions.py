"""State machine definitions that Step Functions refuses to create."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest import mock

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.api import InvalidDefinition as ParserError
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

_KEPT_PROGRAMS = 64


class InvalidDefinition(AWSError):
    """The definition is wrong."""

    TYPE = "InvalidDefinition"
    STATUS = 400


@contextmanager
def patched() -> Iterator[None]:
    """Refuse with the API's error, and refuse transitions to nowhere."""
    parse = StepFunctionsParserBackend._validate_definition
    # a program keeps nothing of its executions, and reading a large one takes a third of a second
    parse_once = lru_cache(maxsize=_KEPT_PROGRAMS)(AmazonStateLanguageParser.parse)

    def validate(definition: str) -> None:
        try:
            parse(definition=definition)
        except ParserError as exc:
            raise InvalidDefinition(f"Invalid State Machine Definition: {exc}") from exc
        problems = list(_dangling(json.loads(definition), ""))
        if problems:
            raise InvalidDefinition(f"Invalid State Machine Definition: {'; '.join(problems)}")

    with (
        mock.patch.object(AmazonStateLanguageParser, "parse", staticmethod(parse_once)),
        mock.patch.object(
            StepFunctionsParserBackend, "_validate_definition", staticmethod(validate)
        ),
    ):
        yield


def _dangling(scope: dict[str, Any], path: str) -> Iterator[str]:
    """Each place that names a state which its scope does not have."""
    states = scope["States"]
    targets = {f"{path}/StartAt": scope["StartAt"]}
    for name, state in states.items():
        here = f"{path}/States/{name}"
        choices = [*state.get("Choices", []), *state.get("Catch", [])]
        for index, step in enumerate([state, *choices]):
            targets |= {
                f"{here}/{index}/{key}": step[key] for key in ("Next", "Default") if key in step
            }
        inner = [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]
        for index, branch in enumerate(item for item in inner if item is not None):
            yield from _dangling(branch, f"{here}/{index}")
    for place, target in targets.items():
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: no state '{target}' at {place}"
