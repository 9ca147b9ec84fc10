"""What an administrator makes once in an account, decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.analyzer import AnalyzerPlan
from groundplan.blueprints.plan.bootstrap_roles import BootstrapPlan
from groundplan.blueprints.plan.boundary import BoundaryPlan
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.deployment_policies import HandlerDuty, IdentityProviderPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import ManagedPolicyPlan, RolePlan
from groundplan.blueprints.plan.trail import TrailPlan

__all__ = ["DEPLOYMENT", "BoundaryPlan", "Origin", "Stage0Plan"]

DEPLOYMENT = "Deployment"
"""Id of the role that Pulumi deploys with."""
Origin = Literal["create", "existing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage0Plan:
    """What an administrator makes once in one account."""

    project: str
    """Name of the project."""

    engine: Engine
    """What deploys: CloudFormation's roles and the bootstrap's, or one role for Pulumi."""

    place: Place
    """Account and region."""

    stack_name: str
    """Name of the stack of the template."""

    qualifier: str
    """CDK bootstrap qualifier of the project."""

    scopes: tuple[str, ...]
    """Stages in this account."""

    path: str
    """IAM path of what is made here."""

    boundary: BoundaryPlan | None
    """Boundary of the project's roles; ``None`` where the organisation has its own."""

    boundary_arn: str
    """ARN of the boundary of the project's roles."""

    deployment_boundary: BoundaryPlan
    """Boundary of the roles of deployments."""

    deployment_duties: tuple[HandlerDuty, ...]
    """What CloudFormation needs for all stacks but those of endpoints, or Pulumi's provider for all."""

    deployment_policies: tuple[ManagedPolicyPlan, ...]
    """Those duties as policies of the bootstrap's execution role; none with Pulumi, whose role has its
    own."""

    serving_duties: Mapping[str, tuple[HandlerDuty, ...]]
    """What CloudFormation needs for each endpoint's stack, by the id of its role; empty with Pulumi."""

    roles: tuple[RolePlan, ...]
    """CloudFormation's role for each endpoint, or the role that Pulumi deploys with, and the deployer
    where CI deploys."""

    deployer_condition: Condition
    """Condition on the account's principals that may assume the roles of deployments."""

    bootstrap: BootstrapPlan | None
    """The CDK bootstrap, which is made after stage 0; ``None`` with Pulumi."""

    oidc_provider: Origin | None
    """Who makes the CI system's identity provider; ``None`` without CI, and with CodePipeline."""

    identity_provider: IdentityProviderPlan | None
    """The CI system's identity provider; ``None`` without CI, and with CodePipeline."""

    log_key: EncryptionKeyPlan | None
    """Key of the log groups; ``None`` where they exist already."""

    log_groups: tuple[LogGroupPlan, ...]
    """Log groups of SageMaker's jobs that are made here."""

    existing_log_groups: tuple[str, ...]
    """Names of log groups of SageMaker's jobs that must exist already."""

    analyzer: AnalyzerPlan | None
    """Analyser of access from outside; ``None`` where the account has one already."""

    trail: TrailPlan | None
    """Audit trail and its alarms; ``None`` where the account has none of the project's."""

    pipeline: DeliveryPipelinePlan | None
    """What deploys with CodePipeline, in the tooling account; ``None`` elsewhere, and with other CI."""

    pipeline_deployers: tuple[str, ...]
    """ARNs of the roles of that pipeline's builds that deploy to this account; none with other CI."""

    tags: Mapping[str, str]
    """Tags of the stack."""

    @property
    def execution_policy_arns(self) -> tuple[str, ...]:
        """ARNs of the policies of the bootstrap's execution role."""
        return tuple(
            self.place.iam_arn(f"policy{self.path}{policy.name}")
            for policy in self.deployment_policies
        )

    def boundary_of(self, role_arn: str) -> str:
        """Return the ARN of the boundary of a role that is made here or by the bootstrap."""
        if role_arn in self.pipeline_roles:
            assert self.pipeline is not None
            return self.pipeline.boundary.arn
        return self.deployment_boundary.arn

    @property
    def pipeline_roles(self) -> dict[str, RolePlan]:
        """Roles of CodePipeline's pipelines and builds, by ARN."""
        pipelines = self.pipeline.pipelines if self.pipeline is not None else ()
        roles = (
            role for item in pipelines for role in (item.role, *(one.role for one in item.builds))
        )
        return {role.arn: role for role in roles}

    @property
    def deployer(self) -> RolePlan | None:
        """Role that CI assumes; ``None`` without CI, and with CodePipeline, whose builds have roles."""
        return next((role for role in self.roles if role.id == "Deployer"), None)

    @property
    def serving_roles(self) -> tuple[RolePlan, ...]:
        """CloudFormation's role for each endpoint."""
        return tuple(role for role in self.roles if role.id not in ("Deployer", DEPLOYMENT))

    @property
    def deployment_role(self) -> RolePlan | None:
        """Role that Pulumi deploys with; ``None`` with CDK."""
        return next((role for role in self.roles if role.id == DEPLOYMENT), None)
