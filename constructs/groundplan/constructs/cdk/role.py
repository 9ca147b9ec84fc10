"""CDK construct of an IAM role."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from groundplan.blueprints.plan.role import RolePlan
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.tokens import document


class Role(Construct):
    """A role with the customer-managed policies generated from its duties, and nothing else.

    Policies are attached as the role is made, so that what refers to :attr:`arn` comes after them.
    The ids ``Resource`` and ``Policy1``, ``Policy2``, ... are part of the public contract. It is
    no ``IGrantable`` on purpose: what it may do is decided by the duties of its plan.

    Example:
        >>> duty = Duty(
        ...     id="ReadReports",
        ...     actions=("s3:GetObject",),
        ...     resources=("arn:aws:s3:::reports-111111111111/latest.json",),
        ...     reason="the dashboard shows the latest report",
        ... )
        >>> plan = plan_role(
        ...     id="Role",
        ...     role_name="dashboard",
        ...     place=place,
        ...     path="/reports/",
        ...     description="Shows reports",
        ...     trust=service_trust("glue.amazonaws.com", place, None),
        ...     duties=[duty],
        ...     permissions_boundary=None,
        ... )
        >>> role = Role(stack, "Role", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: RolePlan) -> None:
        """Define the role.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        policies = [
            iam.CfnManagedPolicy(
                self,
                policy.id,
                managed_policy_name=policy.name,
                path=plan.path,
                policy_document=document(policy.document),
            )
            for policy in plan.policies
        ]
        self.role = iam.CfnRole(
            self,
            "Resource",
            role_name=plan.name,
            path=plan.path,
            description=plan.description,
            assume_role_policy_document=document(plan.trust),
            managed_policy_arns=[policy.ref for policy in policies],
            permissions_boundary=plan.permissions_boundary,
        )
        self.arn: str = self.role.attr_arn
        """ARN of the role."""
        for policy, resource in zip(plan.policies, policies, strict=True):
            acknowledge(resource, plan.exceptions_of(policy))
