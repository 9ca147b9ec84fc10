"""What an engine knows of a stack that it has deployed, besides what the services show."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.stacks.rehearsal.checks.comparison import Property, tags

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.checks.account import Account

DEPLOYED = {"CREATE_COMPLETE": True, "UPDATE_COMPLETE": True, "UPDATE_ROLLBACK_COMPLETE": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an endpoint was last asked for."""

    version: str | None
    """Model package that it shall serve, or ``none``."""

    planned: bool
    """Whether it got there by the rollout that is planned, not by another one."""


class DeployedStack(Protocol):
    """A planned stack as its engine sees it."""

    def itself(self, plan: StackPlan, account: "Account") -> Iterator[Property]:
        """Compare the stack, without what is in it."""
        ...

    def asked(self, plan: EndpointPlan, account: "Account") -> Asked:
        """Return what the stack's endpoint was last asked for."""
        ...

    def resources(self, account: "Account") -> list[str]:
        """Return the types of the stack's resources, sorted."""
        ...

    def unrest(self, account: "Account") -> str | None:
        """Return what the stack is at, or ``None``: it is at rest and complete."""
        ...


@dataclass(frozen=True, slots=True)
class CloudFormationStack:
    """A stack of CloudFormation, which CDK deploys."""

    name: str

    def itself(self, plan: StackPlan, account: "Account") -> Iterator[Property]:
        """Compare name, description, protection, deployment role, policy and tags."""
        found = self._described(account)
        yield "name", plan.name, found.get("StackName")
        yield "status", True, DEPLOYED.get(found.get("StackStatus", ""), found.get("StackStatus"))
        prefix = plan.place.arn("cloudformation", f"stack/{plan.name}/")
        yield "place", prefix, str(found.get("StackId", ""))[: len(prefix)]
        yield "description", plan.description, found.get("Description")
        protected = found.get("EnableTerminationProtection")
        yield "termination_protection", plan.termination_protection, protected
        if plan.execution_role_arn is not None:
            yield "execution_role_arn", plan.execution_role_arn, found.get("RoleARN")
        policy = account.read("cloudformation", "get_stack_policy", StackName=plan.name)
        body = policy.get("StackPolicyBody")
        yield "policy", plan.policy, None if body is None else json.loads(body)
        yield tags(plan.tags, found.get("Tags", []))

    def asked(self, plan: EndpointPlan, account: "Account") -> Asked:
        """Read the stack's parameters."""
        given = {
            item["ParameterKey"]: item["ParameterValue"]
            for item in self._described(account).get("Parameters", [])
        }
        return Asked(version=given.get("ModelVersion"), planned=given.get("Rollout") == "planned")

    def resources(self, account: "Account") -> list[str]:
        """List them; the CDK's own metadata is none."""
        listed = account.read_all(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self.name
        )
        return sorted({item["ResourceType"] for item in listed} - {"AWS::CDK::Metadata"})

    def unrest(self, account: "Account") -> str | None:
        """Read the stack's status."""
        status = str(self._described(account).get("StackStatus"))
        return None if status.endswith("_COMPLETE") else status

    def _described(self, account: "Account") -> dict[str, Any]:
        listed = account.read("cloudformation", "describe_stacks", StackName=self.name)
        found: dict[str, Any] = next(iter(listed.get("Stacks", [])), {})
        return found
