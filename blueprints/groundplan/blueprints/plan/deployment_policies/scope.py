"""The stages that an account holds, and the patterns of the names in them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from groundplan.blueprints.plan.context import DATA, SCOPE_TAG, TOOLING
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.exceptions import STACK_RESOURCES
from groundplan.blueprints.plan.names import LIMITS, Place
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import (
    Duty,
    bootstrap_qualifier,
    direct_deployment_role_arn,
    iam_path,
    stage_0_path,
    trail_role_arn,
)

HASH_CHARACTERS = 9
"""Characters of the hyphen and hash at the end of a name that was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerDuty:
    """What CloudFormation or Pulumi's provider needs for some resource types."""

    types: tuple[str, ...]
    """Types whose resources need it, such as ``AWS::S3::Bucket`` or ``aws:s3/bucket:Bucket``."""

    duty: Duty
    """Exact actions, on which resources, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentScope:
    """The stages of a project that one account holds."""

    project: str
    """Name of the project."""

    place: Place
    """Account and region."""

    scopes: tuple[str, ...]
    """Stages in this account: ``tooling``, ``data``, ``data-KEY`` or names of environments."""

    boundary_arn: str
    """Boundary that every role of the project carries."""

    networks: tuple[str, ...]
    """Environments in this account that have an isolated network of their own."""

    forwarding: tuple[str, ...] = ()
    """Stages of datasets in this account whose events start something elsewhere."""

    scoring: tuple[str, ...] = ()
    """Environments in this account that score whole datasets."""

    batch: tuple[str, ...] = ()
    """Environments in this account that have jobs of AWS Batch."""

    budgets: tuple[str, ...] = ()
    """Stages in this account that hold budgets."""

    model_monitor: tuple[tuple[str, str], ...] = ()
    """Environment and model of each endpoint in this account that Model Monitor watches."""

    mlflow: tuple[str, str] | None = None
    """Kind of what records training runs in this account, and its environment."""

    components: tuple[tuple[str, str], ...] = ()
    """Environment and model of each endpoint in this account that scales to zero."""

    registry_account: str | None = None
    """Account of the model registry; ``None`` where it is not known."""

    engine: Engine = "cdk"
    """What deploys."""

    pipeline_account: str | None = None
    """Account of the pipeline whose builds deploy; ``None`` where other CI does, or somebody of the
    account."""

    @property
    def deployers_root(self) -> str:
        """ARN of the account of who deploys, as a principal."""
        if self.pipeline_account is None:
            return self.place.root
        return replace(self.place, account=self.pipeline_account).root

    @property
    def qualifier(self) -> str:
        """CDK bootstrap qualifier of the project."""
        return bootstrap_qualifier(self.project)

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments in this account."""
        return environments(self.scopes)

    @property
    def has_tooling(self) -> bool:
        """Whether this is the tooling account."""
        return TOOLING in self.scopes

    @property
    def roles(self) -> str:
        """Pattern of the ARNs of the roles that deployments make."""
        return self.place.iam_arn(f"role{iam_path(self.project)}*")

    @property
    def policies(self) -> str:
        """Pattern of the ARNs of the policies that deployments make."""
        return self.place.iam_arn(f"policy{iam_path(self.project)}*")

    @property
    def stage_0_resources(self) -> tuple[str, ...]:
        """Patterns of the ARNs of the roles and policies of stage 0 and of the bootstrap."""
        path = stage_0_path(self.project)
        own = (self.place.iam_arn(f"policy{path}*"), self.place.iam_arn(f"role{path}*"))
        if self.engine == "pulumi":
            return own
        return (*own, self.place.iam_arn(f"role/cdk-{self.qualifier}-*"))

    @property
    def assumed(self) -> str:
        """Pattern of the ARNs of the roles that whoever deploys assumes."""
        if self.engine == "pulumi":
            return direct_deployment_role_arn(self.place, self.project)
        return self.stage_0_resources[2]

    @property
    def trail_role(self) -> str:
        """ARN of the role that writes the audit trail to its log group."""
        return trail_role_arn(self.place, self.project)

    @property
    def version_parameter(self) -> str:
        """ARN of the parameter that holds the bootstrap's version."""
        return self.place.arn("ssm", f"parameter/cdk-bootstrap/{self.qualifier}/version")

    def bootstrap_role(self, purpose: str) -> str:
        """Return the ARN of a role of the bootstrap, such as ``deploy`` or ``lookup``."""
        place = self.place
        return place.iam_arn(
            f"role/cdk-{self.qualifier}-{purpose}-role-{place.account}-{place.region}"
        )

    def names(self, kind: str, scopes: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return patterns of the names of a kind of resource, one a stage.

        Args:
            kind: A key of :data:`~groundplan.blueprints.plan.names.LIMITS`; names are cut there.
            scopes: Stages. Default: all in this account.
        """
        wanted = self.scopes if scopes is None else scopes
        return tuple(f"{prefix(kind, self.project, scope)}*" for scope in wanted)

    def arns(
        self, service: str, template: str, kind: str, scopes: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        """Return patterns of ARNs; ``template`` holds ``{}`` for the name's pattern."""
        found = self.names(kind, scopes)
        return tuple(self.place.arn(service, template.replace("{}", item)) for item in found)

    def owned(self, scopes: Iterable[str] | None = None) -> Condition:
        """Return the condition that a resource carries the tag of one of the stages."""
        return {"StringEquals": {f"aws:ResourceTag/{SCOPE_TAG}": self.tag_values(scopes)}}

    def tagged(self, scopes: Iterable[str] | None = None) -> Condition:
        """Return the condition that a request gives a resource the tag of one of the stages."""
        return {"StringEquals": {f"aws:RequestTag/{SCOPE_TAG}": self.tag_values(scopes)}}

    def tag_values(self, scopes: Iterable[str] | None = None) -> list[str]:
        """Return the values of the tag that every resource of the stages carries."""
        return [f"{self.project}-{scope}" for scope in (self.scopes if scopes is None else scopes)]


def prefix(kind: str, *parts: str) -> str:
    """Return what every name that begins with ``parts`` begins with, cut names included."""
    whole = "-".join(parts) + "-"
    longest = LIMITS[kind] - HASH_CHARACTERS
    return whole if len(whole) <= longest else whole[:longest].rstrip("-")


def also(condition: Condition, other: Condition) -> Condition:
    """Return both conditions as one; where they share an operator its keys are joined."""
    joined = {operator: dict(keys) for operator, keys in condition.items()}
    for operator, keys in other.items():
        joined.setdefault(operator, {}).update(keys)
    return joined


def row(
    types: str,
    id: str,
    actions: str,
    resources: tuple[str, ...],
    reason: str,
    *,
    condition: Condition | None = None,
    wildcard: str = STACK_RESOURCES,
) -> HandlerDuty:
    """Return one row of a table of what CloudFormation needs.

    Args:
        types: CloudFormation types without ``AWS::``, separated by spaces.
        id: Name of the duty.
        actions: A service and its actions, such as ``sqs: CreateQueue DeleteQueue``.
        resources: ARNs or their patterns.
        reason: Why they are needed.
        condition: Conditions. Default: none.
        wildcard: Why a resource holds a wildcard; left out where none does.
    """
    service, _, names = actions.partition(":")
    return HandlerDuty(
        types=tuple(f"AWS::{item}" for item in types.split()),
        duty=Duty(
            id=id,
            actions=tuple(f"{service}:{item}" for item in names.split()),
            resources=resources,
            reason=reason,
            condition={} if condition is None else condition,
            wildcard=wildcard if any("*" in item for item in resources) else None,
        ),
    )


def environments(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the stages that are environments."""
    return tuple(
        scope
        for scope in scopes
        if scope not in (TOOLING, DATA) and not scope.startswith(f"{DATA}-")
    )
