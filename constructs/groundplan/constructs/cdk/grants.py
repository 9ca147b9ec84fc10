"""Permissions for principals outside groundplan, by exact actions."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from groundplan.blueprints.plan.policy import Statement
from groundplan.constructs.cdk.role import Role
from groundplan.constructs.errors import ConstructError

Grantee = iam.IGrantable | Role
"""Who asks. :class:`Role` is refused with the duty to add to it."""
Conditions = Mapping[str, Mapping[str, Any]]
"""Condition operators, each with its keys and values."""


def outsider(on: Construct, grantee: Grantee, actions: Sequence[str]) -> iam.IGrantable:
    """Return ``grantee`` if it may be granted ``actions`` on ``on``.

    Raises:
        ConstructError: If ``grantee`` is one of groundplan's roles: their policies are generated
            from their duties.
    """
    if isinstance(grantee, Role):
        raise ConstructError(
            grantee.plan.name,
            "the policies of groundplan's roles come from their duties only",
            got=f"a grant on {on.node.id}",
            fix=f"add a duty with the actions {', '.join(actions)} to the plan of the role",
        )
    return grantee


def allow(
    grantee: iam.IGrantable,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    conditions: Conditions | None = None,
) -> iam.Grant:
    """Give ``grantee`` an identity policy of exactly ``actions`` on ``resources``."""
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=list(resources),
        conditions=conditions,
    )


def is_foreign(on: Construct, principal: iam.IGrantable) -> bool:
    """Return whether ``principal`` is known to be of another account than ``on``."""
    theirs, ours = principal.grant_principal.principal_account, Stack.of(on).account
    if theirs is None or Token.is_unresolved(theirs) or Token.is_unresolved(ours):
        return False
    return theirs != ours


def admission(
    on: Construct,
    grantee: iam.IGrantable,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    conditions: Conditions | None = None,
) -> Any:
    """Return the statement by which a resource policy admits ``grantee``.

    It names the principal's account and limits it to the exact principal, as plans do.

    Raises:
        ConstructError: If ``grantee`` is no IAM principal.
    """
    principal = grantee.grant_principal
    found = principal.policy_fragment.principal_json.get("AWS")
    arn = found[0] if isinstance(found, list) and len(found) == 1 else found
    if not isinstance(arn, str):
        raise ConstructError(
            on.node.path,
            "only an IAM role or user can be admitted",
            got=found,
            fix="grant to a role",
        )
    stack = Stack.of(on)
    account = principal.principal_account or stack.account
    statement = Statement(
        sid=sid,
        actions=tuple(actions),
        resources=tuple(resources),
        principals={"AWS": f"arn:{stack.partition}:iam::{account}:root"},
        condition={**(conditions or {}), "ArnEquals": {"aws:PrincipalArn": arn}},
    )
    return statement.to_json()
