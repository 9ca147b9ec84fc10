"""Compares policy documents by what they mean, statement by statement."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property

ACCOUNT_ID = re.compile(r"\d{12}")


def compare_policy(
    name: str, planned: PolicyDocument | None, found: Any, account: Account
) -> Iterator[Property]:
    """Compare a planned document with the one that an API shows, as text or as a tree.

    The order of statements and of list items, one item in place of a list of one, and the two
    spellings of an account's root mean the same.
    """
    shown = _statements(json.loads(found) if isinstance(found, str) else found, account)
    if planned is None:
        yield name, None, sorted(shown) or None
        return
    wanted = _statements(account.resolve(planned.to_json()), account)
    yield f"{name}.statements", sorted(wanted), sorted(shown)
    for sid, statement in wanted.items():
        yield f"{name}.{sid}", statement, shown.get(sid)


def _statements(document: Mapping[str, Any] | None, account: Account) -> dict[str, Any]:
    statements = (document or {}).get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    named: dict[str, Any] = {}
    for index, statement in enumerate(statements):
        sid = statement.get("Sid") or f"statement {index}"
        # Two statements of one name must not hide one another.
        named[sid if sid not in named else f"{sid} {index}"] = _statement(statement, account)
    return named


def _statement(statement: Mapping[str, Any], account: Account) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in statement.items():
        if key in ("Principal", "NotPrincipal"):
            out[key] = _principals(value, account)
        elif key in ("Action", "NotAction"):
            out[key] = sorted(item.lower() for item in _many(value))
        elif key == "Condition":
            out[key] = {
                operator: {name.lower(): sorted(map(_scalar, _many(item)))
                           for name, item in keys.items()}
                for operator, keys in value.items()
            }  # fmt: skip
        elif key in ("Resource", "NotResource"):
            out[key] = sorted(_many(value))
        elif key != "Sid":
            out[key] = value
    return out


def _principals(value: Any, account: Account) -> dict[str, list[str]]:
    if not isinstance(value, Mapping):
        value = {"AWS": value}
    return {kind: sorted(_root(item, account) for item in _many(of)) for kind, of in value.items()}


def _root(principal: str, account: Account) -> str:
    if ACCOUNT_ID.fullmatch(principal):
        return f"arn:{account.place.partition}:iam::{principal}:root"
    return principal


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
