"""A planned stack as Pulumi's state shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from groundplan.blueprints.plan.endpoint import NO_MODEL, EndpointPlan
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.stacks.pulumi.recording import Registration
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.deployed_stack import Asked
from groundplan.stacks.rehearsal.pulumi.engine import PulumiEngine
from groundplan.stacks.rehearsal.pulumi.state import Kept

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
UNCOVERED = (
    "Stack description: a Pulumi stack has none of its parts",
    "Stack name: CloudFormation's; with Pulumi it is a component, which the program names",
)


@dataclass(frozen=True, slots=True)
class PulumiStack:
    """The component that stands for a planned stack, with all that is below it."""

    engine: PulumiEngine
    part: str
    """Pulumi stack that holds it."""

    name: str
    """Name of the component."""

    role_arn: str
    """Role that must have deployed it."""

    def itself(self, plan: StackPlan, account: Account) -> Iterator[Property]:
        """Compare the component, its protection, and what its provider deploys with."""
        component = self._component()
        yield "id", f"{plan.scope}-{plan.id}", component.name if component is not None else None
        protected = component is not None and component.protect
        yield "termination_protection", plan.termination_protection, protected
        held = self._held()
        places = sorted({str(item.deployer.place) for item in held})
        yield "place", [str(plan.place)] if held else [], places
        roles = sorted({str(item.deployer.role_arn) for item in held})
        yield "execution_role_arn", [self.role_arn] if held else [], roles
        for item in held:
            shown = [{"Key": key, "Value": value} for key, value in item.deployer.tags.items()]
            name, planned, found = tags(plan.tags, shown)
            if planned != found:
                yield f"{name}.{item.name}", planned, found
        # Of a stack policy, which keeps an endpoint from being deleted or replaced, this is left.
        endpoints = [item.protect for item in held if item.type == ENDPOINT]
        if endpoints:
            yield "policy", plan.policy is not None, all(endpoints)

    def asked(self, plan: EndpointPlan, account: Account) -> Asked:
        """Read what the last release has recorded; before any there was none."""
        found = account.read("ssm", "get_parameter", Name=plan.live_parameter)
        version = found.get("Parameter", {}).get("Value", NO_MODEL)
        return Asked(version=version, planned=True)

    def resources(self, account: Account) -> list[str]:
        """Return the types of what is below the component."""
        return sorted({item.type for item in self._held()})

    def unrest(self, account: Account) -> str | None:
        """Return nothing: what an endpoint is at, the service shows."""
        return None

    def _component(self) -> Registration | None:
        recording = self.engine.recording(self.part)
        found = recording.registrations if recording is not None else ()
        return next(
            (
                item
                for item in found
                if not item.custom
                and item.name == self.name
                and item.type.startswith("groundplan:stacks:")
            ),
            None,
        )

    def _held(self) -> list[Kept]:
        component, recording = self._component(), self.engine.recording(self.part)
        if component is None or recording is None:
            return []
        parents = {item.urn: item.parent for item in recording.registrations}

        def below(urn: str) -> bool:
            return urn == component.urn or (urn != "" and below(parents.get(urn, "")))

        return [item for item in self.engine.state(self.part) if below(item.parent)]
