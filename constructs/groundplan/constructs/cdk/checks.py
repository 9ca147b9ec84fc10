"""Acknowledgments of static checks, generated from the exceptions that a plan names."""

from collections.abc import Sequence

from aws_cdk import Acknowledgment, CfnResource, Validations

from groundplan.blueprints.plan.exceptions import CheckException, template_metadata


def acknowledge(resource: CfnResource, exceptions: Sequence[CheckException]) -> None:
    """Acknowledge ``exceptions`` at one resource, each once: for cdk-nag, and in its template."""
    accepted = tuple(sorted(set(exceptions)))
    own = [item for item in accepted if item.checker == "cdk-nag"]
    if own:
        Validations.of(resource).acknowledge(
            *(Acknowledgment(id=item.rule, reason=item.reason) for item in own)
        )
    for key, value in template_metadata(accepted).items():
        resource.add_metadata(key, value)
