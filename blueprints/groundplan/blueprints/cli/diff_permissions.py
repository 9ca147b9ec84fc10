"""What ``groundplan diff`` says of permissions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from groundplan.blueprints.cli.options import print_table

if TYPE_CHECKING:
    from groundplan.blueprints.diff import Permission, PermissionDiff

COLUMNS = ["who or what", "policy", "change", "actions", "on", "when"]
KINDS = {"identity": "role", "service_control": "service control", "resource": "resource policy"}
"""Kinds of policies as a reader knows them, where the name says too little."""


def permissions_json(diff: "PermissionDiff", refused: Iterable[str]) -> dict[str, Any]:
    """Return the differences as plain JSON."""
    return {
        "widened": [_permission_json(item) for item in diff.widened],
        "with_new": [_permission_json(item) for item in diff.reaching_new],
        "new": [
            {"subject": item.subject, "kind": item.kind, "allowed": item.allowed}
            for item in diff.newcomers
        ],
        "narrowed": [_permission_json(item) for item in diff.narrowed],
        "refused": list(refused),
    }


def show_permissions(diff: "PermissionDiff", *, everything: bool) -> None:
    """Print what is wider and what is new, and how much else differs.

    Args:
        diff: The differences.
        everything: Whether to list what is narrower and what concerns only what is new, too.
    """
    if not diff:
        click.echo("no permission changes")
        return
    if diff.widened:
        print_table(f"{len(diff.widened)} widened permissions", COLUMNS, _rows(diff.widened))
    if diff.newcomers:
        print_table(
            f"{len(diff.newcomers)} new roles and resource policies",
            ["who or what", "policy", "actions on resources"],
            [
                [item.subject, KINDS.get(item.kind, item.kind), str(item.allowed)]
                for item in diff.newcomers
            ],
        )
    if everything:
        for title, items in (
            ("permissions that concern what is new", diff.reaching_new),
            ("narrowed permissions", diff.narrowed),
        ):
            if items:
                print_table(f"{len(items)} {title}", COLUMNS, _rows(items))
    elif diff.reaching_new or diff.narrowed:
        click.echo(
            f"{len(diff.reaching_new)} permissions concern what is new, {len(diff.narrowed)} are "
            "narrowed; list them with --all-permissions"
        )


def _rows(items: "Iterable[Permission]") -> list[list[str]]:
    return [
        [
            item.subject,
            KINDS.get(item.kind, item.kind),
            f"{', '.join(item.principals)} {item.change}".strip(),
            ", ".join(item.actions),
            ", ".join(item.resources),
            item.condition,
        ]
        for item in items
    ]


def _permission_json(item: "Permission") -> dict[str, Any]:
    return {
        "subject": item.subject,
        "kind": item.kind,
        "change": item.change,
        "actions": list(item.actions),
        "resources": list(item.resources),
        "principals": list(item.principals),
        "condition": item.condition,
    }
