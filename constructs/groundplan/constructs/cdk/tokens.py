"""What stands in a template for the refs of a plan."""

from collections.abc import Mapping
from typing import Any, Protocol

from aws_cdk.interfaces.aws_kms import IKeyRef

from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.ref import Ref, resolve
from groundplan.constructs.errors import ConstructError

Tokens = Mapping[Ref, str]
"""CDK tokens by the refs that they stand for."""


class Unit(Protocol):
    """A construct whose values others refer to."""

    @property
    def tokens(self) -> Tokens:
        """Tokens of everything that AWS assigns to the unit."""
        ...


def document(policy: PolicyDocument, tokens: Tokens | None = None) -> Any:
    """Return ``policy`` as CloudFormation reads it."""
    return resolve(policy.to_json(), tokens or {})


def key_tokens(unit: str, wanted: Ref | str | None, key: IKeyRef | None) -> dict[Ref, str]:
    """Return what stands for the key that a plan wants.

    Args:
        unit: Path of the construct, for errors.
        wanted: The plan's key: a ref that ``key`` fills, an ARN, or none.
        key: The key that the construct was given.

    Raises:
        ConstructError: If the plan wants a key that was not given, or the other way round.
    """
    if isinstance(wanted, Ref):
        if key is None:
            raise ConstructError(
                f"{unit}.encryption_key",
                f"the plan refers to the key {wanted}",
                got=None,
                fix="pass the EncryptionKey, or plan with the key's ARN",
            )
        return {wanted: key.key_ref.key_arn}
    if key is not None:
        raise ConstructError(
            f"{unit}.encryption_key",
            "the plan takes no key from outside",
            got=wanted,
            fix="leave the argument out, or plan with the ref to the key",
        )
    return {}


def network_tokens(unit: str, wanted: list[Ref], network: Unit | None) -> Tokens:
    """Return what stands for the subnets and security groups that a plan wants.

    Raises:
        ConstructError: If the plan refers to a network that was not given.
    """
    found = network.tokens if network is not None and wanted else {}
    missing = [str(ref) for ref in wanted if ref not in found]
    if missing:
        raise ConstructError(
            f"{unit}.network",
            f"the plan refers to {', '.join(missing)}",
            got=sorted(map(str, found)) or None,
            fix="pass the Network that the plan was made with",
        )
    return found
