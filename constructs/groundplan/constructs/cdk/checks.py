"""Acknowledgments of static checks, generated from the exceptions that a plan names."""

from collections.abc import Sequence

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

from groundplan.blueprints.plan.exceptions import CheckException


def acknowledge(construct: IConstruct, exceptions: Sequence[CheckException]) -> None:
    """Acknowledge ``exceptions`` on ``construct`` and all below it, each once."""
    if exceptions:
        Validations.of(construct).acknowledge(
            *(Acknowledgment(id=item.rule, reason=item.reason) for item in sorted(set(exceptions)))
        )
