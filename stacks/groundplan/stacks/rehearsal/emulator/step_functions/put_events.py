"""What the optimised ``events:putEvents`` adds to the API's own operation."""

import json
from typing import Any

ERROR = "EventBridge.FailedEntry"


class FailedEntry(Exception):
    """EventBridge refused at least one entry; the text is its answer as JSON."""


def with_resources(request: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """The request with machine and execution among each entry's resources."""
    ids = [context["StateMachine"]["Id"], context["Execution"]["Id"]]
    entries = [
        {**entry, "Resources": [*entry.get("Resources", []), *ids]}
        for entry in request.get("Entries", [])
    ]
    return {**request, "Entries": entries}


def check(result: dict[str, Any]) -> None:
    """Fail where an entry failed.

    Raises:
        FailedEntry: At least one did.
    """
    if result.get("FailedEntryCount", 0) > 0:
        raise FailedEntry(json.dumps(result))
