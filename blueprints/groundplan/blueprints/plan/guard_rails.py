"""Decides the guard rails that the organisation's management account attaches to the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.guard_rail_statements import (
    GuardRail,
    GuardRailScope,
    guard_rails,
)
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.policy import (
    SERVICE_CONTROL_POLICIES_PER_ACCOUNT,
    SERVICE_CONTROL_POLICY_CHARACTERS,
    PolicyDocument,
)

__all__ = [
    "GuardRail",
    "GuardRailScope",
    "GuardRailsPlan",
    "ServiceControlPolicyPlan",
    "guard_rails_template",
    "plan_guard_rails",
]

FULL_ACCESS = 1
"""Policies that Organizations attaches to every account itself (``FullAWSAccess``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceControlPolicyPlan:
    """A service control policy: what nobody in some accounts may do, whatever they are given."""

    id: str
    """Id of the resource in its template."""

    name: str
    """Name of the policy."""

    description: str
    """What it is for."""

    rails: tuple[GuardRail, ...]
    """Its statements, each with its reason."""

    targets: tuple[str, ...]
    """Accounts that it is attached to, sorted."""

    @property
    def document(self) -> PolicyDocument:
        """The policy."""
        return PolicyDocument(statements=tuple(rail.statement for rail in self.rails))


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRailsPlan:
    """What the organisation's management account deploys for a project."""

    stack_name: str
    """Name of the stack of the template."""

    region: str
    """Region of the stack; the policies themselves have none."""

    policies: tuple[ServiceControlPolicyPlan, ...]
    """Service control policies of the project's accounts."""


def plan_guard_rails(scope: GuardRailScope) -> GuardRailsPlan:
    """Decide the service control policies of a project's accounts.

    They only deny. Nothing that they deny is needed by the project's own roles, which ``groundplan
    prove`` checks.

    Args:
        scope: The project, its accounts, and who is excepted.

    Raises:
        PlanError: If AWS would refuse a policy for its size, or their number.
    """
    packed = _packed(scope, guard_rails(scope))
    return GuardRailsPlan(
        stack_name=f"groundplan-guard-rails-{scope.project}",
        region=scope.region,
        policies=tuple(
            ServiceControlPolicyPlan(
                id=f"GuardRails{index}",
                name=name("policy", scope.project, "guard-rails", str(index)),
                description=f"Guard rails of {scope.project}, {index} of {len(packed)}",
                rails=rails,
                targets=scope.accounts,
            )
            for index, rails in enumerate(packed, start=1)
        ),
    )


def guard_rails_template(plan: GuardRailsPlan) -> dict[str, Any]:
    """Return the CloudFormation template of the policies; its metadata holds each one's reason."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Service control policies, made in the organisation's management account",
        "Resources": {
            policy.id: {
                "Type": "AWS::Organizations::Policy",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Metadata": {
                    "groundplan:reasons": {rail.statement.sid: rail.reason for rail in policy.rails}
                },
                "Properties": {
                    "Content": policy.document.to_json(),
                    "Description": policy.description,
                    "Name": policy.name,
                    "TargetIds": list(policy.targets),
                    "Type": "SERVICE_CONTROL_POLICY",
                },
            }
            for policy in plan.policies
        },
    }


def _packed(scope: GuardRailScope, rails: Sequence[GuardRail]) -> list[tuple[GuardRail, ...]]:
    """Pack guard rails, in order, into as few policies as AWS's size limit allows."""
    packed: list[list[GuardRail]] = []
    for rail in rails:
        if packed and _size([*packed[-1], rail]) <= SERVICE_CONTROL_POLICY_CHARACTERS:
            packed[-1].append(rail)
        else:
            packed.append([rail])
        if _size([rail]) > SERVICE_CONTROL_POLICY_CHARACTERS:
            raise PlanError(
                "governance",
                f"the service control policy {rail.statement.sid} of {scope.project} is at most"
                f" {SERVICE_CONTROL_POLICY_CHARACTERS} characters long",
                got=_size([rail]),
                fix="name fewer administrators, or set service_control_policies to false",
            )
    room = SERVICE_CONTROL_POLICIES_PER_ACCOUNT - FULL_ACCESS
    if len(packed) > room:
        raise PlanError(
            "governance",
            f"an account takes at most {room} service control policies of its own",
            got=len(packed),
            fix="name fewer administrators, or set service_control_policies to false",
        )
    return [tuple(item) for item in packed]


def _size(rails: Sequence[GuardRail]) -> int:
    return PolicyDocument(statements=tuple(rail.statement for rail in rails)).size()
