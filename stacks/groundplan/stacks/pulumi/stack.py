"""What all stacks of a project have in common."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import StackPlan


class PlannedStack(pulumi.ComponentResource):
    """The units of one planned stack, which is a stack of its own under CDK.

    Its type is ``groundplan:stacks:CLASS``, its name ``SCOPE-ID``; its units are called ``SCOPE-ID-UNIT``.
    They are part of the public contract.
    """

    def __init__(
        self,
        plan: StackPlan,
        provider: aws.Provider | None = None,
        after: Sequence["PlannedStack"] = (),
    ) -> None:
        """Register the stack.

        Args:
            plan: The stack, without what is in it.
            provider: Provider of its account. Default: Pulumi's default provider.
            after: What is deployed before, since names decide and no value says so.
        """
        self._prefix = f"{plan.scope}-{plan.id}"
        self._previous = tuple(after)
        super().__init__(
            f"groundplan:stacks:{type(self).__name__}",
            self._prefix,
            {},
            # Stands for the termination protection of a stack: destroying it is refused, while what is
            # in it can go, one by one, unless it is protected itself.
            pulumi.ResourceOptions(
                providers=[provider] if provider is not None else None,
                protect=plan.termination_protection or None,
            ),
        )

    def unit_name(self, id: str) -> str:
        """Return the name of a unit."""
        return f"{self._prefix}-{id}"

    def unit(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a unit that is made after other stacks, and after ``after``."""
        return pulumi.ResourceOptions(
            parent=self, depends_on=[*self._previous, *after], protect=False
        )
