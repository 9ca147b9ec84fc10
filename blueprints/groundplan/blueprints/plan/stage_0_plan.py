"""What an administrator makes once in an account, decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.analyzer import AnalyzerPlan
from groundplan.blueprints.plan.bootstrap_roles import BootstrapPlan
from groundplan.blueprints.plan.deployment_policies import HandlerDuty, IdentityProviderPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.exceptions import BOUNDARY, CheckException, accept
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import Condition, PolicyDocument
from groundplan.blueprints.plan.role import Duty, ManagedPolicyPlan, RolePlan
from groundplan.blueprints.plan.trail import TrailPlan

DEPLOYMENT = "Deployment"
"""Id of the role that Pulumi deploys with."""
Origin = Literal["create", "existing"]
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
    """Who makes the CI system's identity provider; ``None`` without CI."""

    identity_provider: IdentityProviderPlan | None
    """The CI system's identity provider; ``None`` without CI."""

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

    tags: Mapping[str, str]
    """Tags of the stack."""

    @property
    def execution_policy_arns(self) -> tuple[str, ...]:
        """ARNs of the policies of the bootstrap's execution role."""
        return tuple(
            self.place.iam_arn(f"policy{self.path}{policy.name}")
            for policy in self.deployment_policies
        )

    @property
    def deployer(self) -> RolePlan | None:
        """Role that CI assumes; ``None`` without CI."""
        return next((role for role in self.roles if role.id == "Deployer"), None)

    @property
    def serving_roles(self) -> tuple[RolePlan, ...]:
        """CloudFormation's role for each endpoint."""
        return tuple(role for role in self.roles if role.id not in ("Deployer", DEPLOYMENT))

    @property
    def deployment_role(self) -> RolePlan | None:
        """Role that Pulumi deploys with; ``None`` with CDK."""
        return next((role for role in self.roles if role.id == DEPLOYMENT), None)
