"""Checks a stack itself, without what is in it."""

from collections.abc import Iterator

from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property

UNCOVERED = {
    "depends_on": "no API shows an order; each deployment that succeeds lives through it",
    "scope": "the name and the tags hold it",
}


def check_stack_itself(plan: StackPlan, account: Account) -> Iterator[Property]:
    """Compare what the engine knows of the stack."""
    yield from account.stack.itself(plan, account)
