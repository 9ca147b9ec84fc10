"""Stack policies: which updates of which resources are allowed."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    ResourceFailed,
    ValidationError,
)

STATEMENT_KEYS = frozenset({"Action", "Condition", "Effect", "Principal", "Resource", "Sid"})


def check_policy(policy: str) -> None:
    """Refuse a policy that would not be evaluated as it reads.

    Raises:
        ValidationError: It is no stack policy, or uses an element that is not emulated.
    """
    try:
        statements = _statements(policy)
        for statement in statements:
            unknown = sorted(statement.keys() - STATEMENT_KEYS)
            conditions = statement.get("Condition", {})
            if unknown or conditions.keys() - {"StringEquals", "StringLike"}:
                raise ValidationError(f"Stack policy element is not emulated: {statement}")
            _applies(statement, "Update:Modify", "Id", "AWS::Type::Name")
            if statement["Effect"] not in ("Allow", "Deny"):
                raise ValidationError(f"Stack policy has an unknown effect: {statement}")
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ValidationError(f"Error validating stack policy: {exc}") from exc


def check_update(policy: str | None, action: str, logical_id: str, resource_type: str) -> None:
    """Refuse an update that the stack policy does not allow.

    Args:
        policy: The policy; ``None`` allows everything.
        action: ``Update:Modify``, ``Update:Replace`` or ``Update:Delete``.
        logical_id: Resource that would change.
        resource_type: Its type.

    Raises:
        ResourceFailed: A statement denies it, or none allows it.
    """
    if policy is None:
        return
    effects = [
        (statement["Effect"], number)
        for number, statement in enumerate(_statements(policy), start=1)
        if _applies(statement, action, logical_id, resource_type)
    ]
    denied = [number for effect, number in effects if effect == "Deny"]
    if denied or not effects:
        place = f"Statement [#{denied[0]}]" if denied else "no statement"
        verb = "does not allow" if denied else "allows"
        raise ResourceFailed(
            f"Action denied by stack policy: {place} {verb} [{action}] for resource [{logical_id}]"
        )


def _statements(policy: str) -> list[dict[str, Any]]:
    statements = json.loads(policy)["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _applies(statement: Mapping[str, Any], action: str, logical_id: str, kind: str) -> bool:
    types = [
        pattern
        for operator in statement.get("Condition", {}).values()
        for pattern in _as_list(operator["ResourceType"])
    ]
    resources = _as_list(statement["Resource"])
    return (
        any(fnmatchcase(action, pattern) for pattern in _as_list(statement["Action"]))
        and any(fnmatchcase(f"LogicalResourceId/{logical_id}", p) or p == "*" for p in resources)
        and (not types or any(fnmatchcase(kind, pattern) for pattern in types))
    )


def _as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
