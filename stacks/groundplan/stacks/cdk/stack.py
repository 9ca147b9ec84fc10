"""What all stacks of a project have in common."""

from aws_cdk import DefaultStackSynthesizer, Stack
from constructs import Construct

from groundplan.blueprints.plan.stacks import StackPlan


class PlannedStack(Stack):
    """A stack as its plan names, describes, tags and deploys it.

    Its template holds no bootstrap rule, since the CDK CLI checks the version before it deploys.
    """

    def __init__(self, scope: Construct, *, plan: StackPlan, qualifier: str) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: The stack, without what is in it.
            qualifier: CDK bootstrap qualifier of the project.
        """
        super().__init__(
            scope,
            plan.id,
            stack_name=plan.name,
            description=plan.description,
            termination_protection=plan.termination_protection,
            tags=dict(plan.tags),
            synthesizer=DefaultStackSynthesizer(
                qualifier=qualifier,
                cloud_formation_execution_role=plan.execution_role_arn,
                generate_bootstrap_version_rule=False,
            ),
        )
