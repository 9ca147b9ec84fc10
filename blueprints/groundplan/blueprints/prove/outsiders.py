"""Principals that no policy of a project is meant for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from groundplan.blueprints.prove.attempts import Values
from groundplan.blueprints.prove.claim import Case

ANYBODY = "*"
"""Principal of a request that nobody has signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsider:
    """Somebody without a part in the project, with every permission in an account of their own."""

    principal: str
    """ARN, or ``*``."""

    account: str
    """Account; empty for anybody."""

    description: str
    """Who it is, for a reader."""

    context: Values = field(default_factory=dict)
    """Condition keys that AWS says of it."""


def outsiders(case: Case) -> Iterator[Outsider]:
    """Yield anybody, administrators of foreign accounts, and one of each account of the project.

    Where the organisation is known, one of the foreign accounts is of it.
    """
    accounts = {place.account: place for place in case.plan.places()}
    partition = next(iter(accounts.values())).partition
    foreign = next(
        account
        for account in (f"{number:012d}" for number in range(999999999999, 0, -1))
        if account not in accounts
    )
    yield Outsider(principal=ANYBODY, account="", description="anybody on the internet")
    yield Outsider(
        principal=f"arn:{partition}:iam::{foreign}:role/administrator",
        account=foreign,
        description="an administrator of a foreign account",
    )
    if case.spec.organization_id is not None:
        yield Outsider(
            principal=f"arn:{partition}:iam::{foreign}:role/colleague",
            account=foreign,
            description="an administrator of another account of the organisation",
            context={"aws:PrincipalOrgID": case.spec.organization_id},
        )
    for account in accounts:
        yield Outsider(
            principal=f"arn:{partition}:iam::{account}:role/administrator",
            account=account,
            description=f"an administrator of account {account}",
        )
