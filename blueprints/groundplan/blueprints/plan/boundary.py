"""A managed policy that bounds roles, and what it says at most."""

from dataclasses import dataclass

from groundplan.blueprints.plan.exceptions import BOUNDARY, CheckException, accept
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.policy import (
    MANAGED_POLICY_CHARACTERS,
    PolicyDocument,
    Statement,
    check_size,
)
from groundplan.blueprints.plan.role import Duty, stage_0_path

WHOLE_SERVICES = (
    "CKV_AWS_109",
    "CKV_AWS_111",
    "cloudsplaining-InfrastructureModification",
    "cloudsplaining-ResourceExposure",
    "cloudsplaining-ServiceWildcard",
)
"""Rules of static checkers about policies that allow whole services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryPlan:
    """A managed policy that bounds roles."""

    name: str
    """Physical name."""

    arn: str
    """ARN, path included."""

    description: str
    """What it bounds."""

    duties: tuple[Duty, ...]
    """What is allowed at most, each with its reason."""

    document: PolicyDocument
    """The duties and what is denied."""

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Rules of static checkers that a boundary of whole services does not follow."""
        whole = any(action.endswith(":*") for duty in self.duties for action in duty.actions)
        return accept(BOUNDARY, *WHOLE_SERVICES) if whole else ()


def plan_boundary(
    place: Place,
    project: str,
    purpose: str,
    bounded: str,
    duties: tuple[Duty, ...],
    denied: tuple[Statement, ...],
) -> BoundaryPlan:
    """Decide a boundary of stage 0.

    Args:
        place: Account of the policy.
        project: Name of the project.
        purpose: End of the policy's name.
        bounded: Which roles it bounds.
        duties: What is allowed at most.
        denied: What is denied besides.

    Raises:
        PlanError: If AWS would refuse the policy for its size.
    """
    document = PolicyDocument(statements=(*(duty.statement() for duty in duties), *denied))
    policy_name = name("policy", project, purpose)
    check_size(
        document, MANAGED_POLICY_CHARACTERS, path="project", what=f"the policy {policy_name}"
    )
    return BoundaryPlan(
        name=policy_name,
        arn=place.iam_arn(f"policy{stage_0_path(project)}{policy_name}"),
        description=f"Bounds the {bounded} of {project}",
        duties=duties,
        document=document,
    )
