"""Principals that no policy of a project is meant for."""

from collections.abc import Iterator
from dataclasses import dataclass

from groundplan.blueprints.plan.project import Plan

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


def outsiders(plan: Plan) -> Iterator[Outsider]:
    """Yield anybody, somebody of a foreign account, and an administrator of each of the accounts."""
    accounts = {place.account: place for place in plan.places()}
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
    for account in accounts:
        yield Outsider(
            principal=f"arn:{partition}:iam::{account}:role/administrator",
            account=account,
            description=f"an administrator of account {account}",
        )
