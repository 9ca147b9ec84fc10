"""Decides a model package group: who registers models, who serves them."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.encryption_key import account_roots
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement

REGISTER_ACTIONS = (
    "sagemaker:CreateModelPackage",
    "sagemaker:DescribeModelPackage",
    "sagemaker:ListModelPackages",
)
SERVE_ACTIONS = ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccess:
    """Exact roles that may do something with the versions of a group."""

    id: str
    """Name of the statement, in CamelCase."""

    roles: tuple[str, ...]
    """ARNs of the roles, in any account. They need not exist yet."""

    actions: tuple[str, ...]
    """SageMaker actions."""

    group: bool = True
    """Whether they are allowed on the group, too, and not on its versions only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistryPlan:
    """The versions of one model: a SageMaker model package group with its resource policy."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name of the group."""

    arn: str
    """ARN of the group."""

    description: str
    """What the group holds. Create-only in CloudFormation, so part of the contract."""

    policy: PolicyDocument | None
    """Which roles of any account register and serve, or ``None``."""

    retain: bool
    """Whether the group survives the deletion of its stack."""


def plan_model_registry(
    *,
    name: str,
    place: Place,
    id: str = "Registry",
    description: str = "Versions of one model",
    register: Sequence[str] = (),
    serve: Sequence[str] = (),
    access: Sequence[RegistryAccess] = (),
    approve: Sequence[Statement] = (),
    retain: bool = True,
) -> ModelRegistryPlan:
    """Decide a model package group.

    Args:
        name: Physical name.
        place: Account and region of the registry.
        id: Id of the unit within its stack.
        description: What the group holds.
        register: ARNs of the roles that register versions, in any account.
        serve: ARNs of the roles that create models from versions, in any account.
        access: What other roles do, each with exact actions.
        approve: Statements that let roles approve versions.
        retain: Whether the group survives the deletion of its stack.
    """
    group = place.arn("sagemaker", f"model-package-group/{name}")
    versions = place.arn("sagemaker", f"model-package/{name}/*")
    wanted = (
        ("Register", REGISTER_ACTIONS, tuple(register), (group, versions)),
        ("Serve", SERVE_ACTIONS, tuple(serve), (group, versions)),
        *(
            (item.id, item.actions, item.roles, (group, versions) if item.group else (versions,))
            for item in access
        ),
    )
    statements = tuple(
        Statement(
            sid=sid,
            actions=actions,
            resources=resources,
            principals={"AWS": account_roots(roles, place)},
            condition={"ArnEquals": {"aws:PrincipalArn": list(roles)}},
        )
        for sid, actions, roles, resources in wanted
        if roles
    )
    statements += tuple(approve)
    return ModelRegistryPlan(
        id=id,
        name=name,
        arn=group,
        description=description,
        policy=PolicyDocument(statements=statements) if statements else None,
        retain=retain,
    )
