"""Pulumi component of an IAM role."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.role import RolePlan
from groundplan.constructs.pulumi.component import Component, check_plan, document


@dataclass(kw_only=True)
class RoleArgs:
    """What a :class:`Role` is made of."""

    plan: RolePlan
    """What to define."""


class Role(Component):
    """A role with the customer-managed policies generated from its duties, and nothing else.

    The children ``Resource``, ``Policy1``, ``Policy2``, ... and ``Attachment1``, ... are part of the
    public contract. :attr:`arn` is known when all policies are attached.

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
        >>> role = Role("dashboard", RoleArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the role, policies attached."""

    def __init__(
        self, name: str, args: RoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the role.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a role.
        """
        check_plan(name, args.plan, RolePlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        role = aws.iam.Role(
            self.child_name("Resource"),
            name=plan.name,
            path=plan.path,
            description=plan.description,
            assume_role_policy=document(name, plan.trust),
            permissions_boundary=plan.permissions_boundary,
            opts=self.child(),
        )
        attachments = []
        for index, item in enumerate(plan.policies, start=1):
            policy = aws.iam.Policy(
                self.child_name(item.id),
                name=item.name,
                path=plan.path,
                policy=document(name, item.document),
                opts=self.child(),
            )
            attachments.append(
                aws.iam.RolePolicyAttachment(
                    self.child_name(f"Attachment{index}"),
                    role=role.name,
                    policy_arn=policy.arn,
                    opts=self.child(),
                )
            )
        attached = pulumi.Output.all(role.arn, *(item.id for item in attachments))
        self.arn = attached.apply(lambda values: str(values[0]))
        self.register_outputs({"arn": self.arn})
