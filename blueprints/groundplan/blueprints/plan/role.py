"""Roles as lists of duties; their policies are generated from the duties and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.exceptions import CheckException
from groundplan.blueprints.plan.names import Place, digest, name
from groundplan.blueprints.plan.policy import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICY_CHARACTERS,
    TRUST_POLICY_CHARACTERS,
    Condition,
    PolicyDocument,
    Statement,
    check_size,
)
from groundplan.blueprints.plan.ref import Json

CREDENTIALS_ACTIONS = frozenset({"ecr:GetAuthorizationToken"})
"""Actions that answer with credentials and have no resource (cloudsplaining 0.9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something that a role has to do, and exactly what it needs for it."""

    id: str
    """Name within the role, in CamelCase; becomes the statement's Sid."""

    actions: tuple[str, ...]
    """Exact actions."""

    resources: tuple[str, ...]
    """Resource ARNs, as narrow as IAM allows."""

    reason: str
    """Why the role needs it, in one clause."""

    condition: Condition = field(default_factory=dict)
    """Conditions that hold whenever the duty is done."""

    wildcard: str | None = None
    """Why a resource holds a wildcard. Required where one does; a text of :mod:`exceptions`."""

    def statement(self) -> Statement:
        """Return the statement that allows this duty."""
        return Statement(
            sid=self.id,
            actions=tuple(sorted(self.actions)),
            resources=self.resources,
            condition=self.condition,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicyPlan:
    """A customer-managed policy of one role."""

    id: str
    """Construct id within the role."""

    name: str
    """Physical name."""

    document: PolicyDocument
    """Its statements, each a duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePlan:
    """An IAM role: who may assume it, its duties, and the policies generated from them."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    path: str
    """IAM path, with slashes at both ends."""

    arn: str
    """ARN, path included."""

    description: str
    """What the role is for."""

    trust: PolicyDocument
    """Who may assume the role."""

    duties: tuple[Duty, ...]
    """Everything the role may do."""

    policies: tuple[ManagedPolicyPlan, ...]
    """The duties as customer-managed policies, each within AWS's size limit."""

    permissions_boundary: str | None
    """ARN of the policy that no permission of the role exceeds."""

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Acknowledgments of the wildcards in the role's duties."""
        return tuple(item for policy in self.policies for item in self.exceptions_of(policy))

    def exceptions_of(self, policy: ManagedPolicyPlan) -> tuple[CheckException, ...]:
        """Return the acknowledgments of the wildcards in one of the role's policies."""
        own = {statement.sid for statement in policy.document.statements}
        return tuple(item for duty in self.duties if duty.id in own for item in _acknowledged(duty))


def _acknowledged(duty: Duty) -> Iterator[CheckException]:
    if duty.wildcard is None:
        return
    for resource in duty.resources:
        if "*" in resource:
            yield CheckException(
                rule=f"AwsSolutions-IAM5[Resource::{resource}]", reason=duty.wildcard
            )
    for action in sorted(CREDENTIALS_ACTIONS.intersection(duty.actions)):
        yield CheckException(
            rule=f"cloudsplaining-CredentialsExposure[{action}]", reason=duty.wildcard
        )


def iam_path(project: str) -> str:
    """Return the IAM path of everything that the project's deployments make."""
    return f"/groundplan/{project}/"


def stage_0_path(project: str) -> str:
    """Return the IAM path of what stage 0 makes, out of reach of the deployments."""
    return f"/groundplan-stage-0/{project}/"


def boundary_arn(place: Place, project: str) -> str:
    """Return the ARN of the permission boundary that stage 0 makes."""
    return place.iam_arn(f"policy{stage_0_path(project)}{name('policy', project, 'boundary')}")


def deployer_arn(place: Place, project: str) -> str:
    """Return the ARN of the role that CI assumes in an account to deploy."""
    return role_arn(place, stage_0_path(project), name("role", project, "deployer"))


def pipeline_deployer_arn(place: Place, project: str, target: str) -> str:
    """Return the ARN of the role of CodePipeline's builds that deploys a stage of a project.

    Args:
        place: The tooling account.
        project: Name of the project.
        target: The stage; with Pulumi a part, whose ``tooling`` has the data too.
    """
    return role_arn(place, stage_0_path(project), name("role", project, "deployer", target))


def direct_deployment_role_arn(place: Place, project: str) -> str:
    """Return the ARN of the role that Pulumi deploys with in an account, made by stage 0."""
    return role_arn(place, stage_0_path(project), name("role", project, "deployment"))


def trail_role_arn(place: Place, project: str) -> str:
    """Return the ARN of the role that writes the audit trail to its log group."""
    return role_arn(place, stage_0_path(project), name("role", project, "trail"))


def serving_deployment_role_arn(place: Place, project: str, environment: str, model: str) -> str:
    """Return the ARN of CloudFormation's role for one endpoint's serving stack, made by stage 0."""
    role_name = name("role", project, environment, model, "serving-deployment")
    return role_arn(place, stage_0_path(project), role_name)


def bootstrap_qualifier(project: str) -> str:
    """Return the CDK bootstrap qualifier of a project: each has its own roles and bucket."""
    return f"gp{digest(project)}"


def role_arn(place: Place, path: str, role_name: str) -> str:
    """Return the ARN of a role."""
    return place.iam_arn(f"role{path}{role_name}")


def service_trust(service: str, place: Place, source_arn: str | None) -> PolicyDocument:
    """Return a trust that lets ``service`` assume a role on behalf of this account only.

    Args:
        service: Service principal, such as ``sagemaker.amazonaws.com``.
        place: The account that the service acts for.
        source_arn: Pattern of the resources it acts for (confused deputy prevention).
            ``None`` where the service sends no source ARN.
    """
    condition: dict[str, Mapping[str, Json]] = {
        "StringEquals": {"aws:SourceAccount": place.account}
    }
    if source_arn is not None:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    statement = Statement(
        sid="Assume",
        actions=("sts:AssumeRole",),
        principals={"Service": service},
        condition=condition,
    )
    return PolicyDocument(statements=(statement,))


def plan_role(
    *,
    id: str,
    role_name: str,
    place: Place,
    path: str,
    description: str,
    trust: PolicyDocument,
    duties: Sequence[Duty],
    permissions_boundary: str | None,
    spec_path: str = "role",
) -> RolePlan:
    """Generate a role's policies from its duties.

    Args:
        id: Id of the unit within its stack.
        role_name: Physical name.
        place: Account that holds the role.
        path: IAM path.
        description: What the role is for.
        trust: Who may assume it.
        duties: Everything it may do; ids are unique.
        permissions_boundary: ARN of a policy that bounds the role. ``None`` leaves it unbounded.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If AWS would refuse the role: a policy or trust too long, or too many of them.
        ValueError: If a duty's wildcard is not explained, or two duties share an id.
    """
    ids = [duty.id for duty in duties]
    if len(set(ids)) != len(ids):
        raise ValueError(f"{role_name}: duty ids must be unique, got {ids}; rename one")
    for duty in duties:
        if any("*" in resource for resource in duty.resources) and duty.wildcard is None:
            raise ValueError(
                f"{role_name}.{duty.id}: a wildcard needs its reason, got {duty.resources}; "
                "set wildcard"
            )
        if any("*" in action for action in duty.actions):
            raise ValueError(
                f"{role_name}.{duty.id}: actions must be exact, got {duty.actions}; list them"
            )
    check_size(
        trust, TRUST_POLICY_CHARACTERS, path=spec_path, what=f"the trust policy of {role_name}"
    )
    documents = pack([duty.statement() for duty in duties], spec_path=spec_path, what=role_name)
    if len(documents) > MANAGED_POLICIES_PER_ROLE:
        raise PlanError(
            spec_path,
            f"role {role_name} may have at most {MANAGED_POLICIES_PER_ROLE} managed policies",
            got=len(documents),
            fix="split the project, or give it fewer models or datasets",
        )
    policies = tuple(
        ManagedPolicyPlan(
            id=f"Policy{index}",
            name=name("policy", role_name, str(index)),
            document=document,
        )
        for index, document in enumerate(documents, start=1)
    )
    return RolePlan(
        id=id,
        name=role_name,
        path=path,
        arn=role_arn(place, path, role_name),
        description=description,
        trust=trust,
        duties=tuple(duties),
        policies=policies,
        permissions_boundary=permissions_boundary,
    )


def pack(
    statements: Sequence[Statement], *, spec_path: str, what: str
) -> tuple[PolicyDocument, ...]:
    """Pack statements, in order, into as few documents as AWS's size limit allows.

    Raises:
        PlanError: If a single statement is longer than a managed policy may be.
    """
    documents: list[list[Statement]] = []
    empty = used = PolicyDocument(statements=()).size()
    for statement in statements:
        alone = PolicyDocument(statements=(statement,))
        own = alone.size() - empty
        if empty + own > MANAGED_POLICY_CHARACTERS:
            check_size(
                alone,
                MANAGED_POLICY_CHARACTERS,
                path=spec_path,
                what=f"a managed policy of {what} (statement {statement.sid})",
            )
        if documents and used + 1 + own <= MANAGED_POLICY_CHARACTERS:
            documents[-1].append(statement)
            used += 1 + own  # with a comma
        else:
            documents.append([statement])
            used = empty + own
    return tuple(PolicyDocument(statements=tuple(item)) for item in documents)
