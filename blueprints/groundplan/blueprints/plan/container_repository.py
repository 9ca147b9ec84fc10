"""Decides a container registry repository: immutable tags, scanned on push, pulled by exact roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.encryption_key import account_roots
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref

PULL_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
"""What pulling an image needs, besides ``ecr:GetAuthorizationToken``."""
UNTAGGED_IMAGE_DAYS = 30
"""Days after which an image without a tag is dropped. Tagged images are never expired: a
registered model may use their digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRepositoryPlan:
    """A private repository of container images."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the repository."""

    uri: str
    """Registry and name, without tag or digest."""

    encryption_key: Ref | str
    """ARN of the KMS key."""

    policy: PolicyDocument | None
    """Who may pull, or ``None`` where nobody but the account's own roles may."""

    untagged_days: int
    """Days after which an image without a tag is dropped."""

    retain: bool
    """Whether the repository survives the deletion of its stack."""


def plan_container_repository(
    *,
    name: str,
    place: Place,
    encryption_key: Ref | str,
    id: str = "Repository",
    pull: Sequence[str] = (),
    describe: Sequence[str] = (),
    retain: bool = True,
) -> ContainerRepositoryPlan:
    """Decide a repository.

    Args:
        name: Physical name.
        place: Account and region of the registry.
        encryption_key: ARN of the key, or the ref to it.
        id: Id of the unit within its stack.
        pull: ARNs of the roles that may pull images, in any account.
        describe: ARNs of the roles that may look up digests, in any account.
        retain: Whether the repository survives the deletion of its stack.
    """
    wanted = (("Pull", PULL_ACTIONS, pull), ("Describe", ("ecr:DescribeImages",), describe))
    statements = tuple(
        Statement(
            sid=sid,
            actions=actions,
            principals={"AWS": account_roots(roles, place)},
            condition={"ArnEquals": {"aws:PrincipalArn": list(roles)}},
        )
        for sid, actions, roles in wanted
        if roles
    )
    return ContainerRepositoryPlan(
        id=id,
        name=name,
        arn=place.arn("ecr", f"repository/{name}"),
        uri=f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{name}",
        encryption_key=encryption_key,
        policy=PolicyDocument(statements=statements) if statements else None,
        untagged_days=UNTAGGED_IMAGE_DAYS,
        retain=retain,
    )
