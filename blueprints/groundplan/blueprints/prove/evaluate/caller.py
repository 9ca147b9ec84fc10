"""Who makes a request."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

CallerKind = Literal["role", "user", "root", "service", "federated", "anonymous"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal, taken apart."""

    arn: str
    """As the request names it; of an account alone its root, of a service its name."""

    kind: CallerKind
    """What it is. ``federated`` is an identity provider's user who has no credentials of AWS yet."""

    account: str | None = None
    """Account that it is of; ``None`` of services and of nobody."""

    partition: str = "aws"
    """Partition of its ARN."""

    role: str | None = None
    """ARN of the role, path included, where the caller is a role or a session of one."""


@lru_cache(maxsize=4096)
def caller(principal: str, role: str | None = None) -> Caller:
    """Take a principal apart.

    Args:
        principal: ARN, account id, service such as ``sagemaker.amazonaws.com``, or ``*``.
        role: ARN of the role of a session, whose own ARN lacks the path. Default: no path.
    """
    if principal == "*":
        return Caller(principal, "anonymous")
    if principal.isdigit():
        return Caller(f"arn:aws:iam::{principal}:root", "root", principal)
    if not principal.startswith("arn:"):
        return Caller(principal, "service")
    _, partition, service, _, account, rest = principal.split(":", 5)
    what, _, name = rest.partition("/")
    if what == "root":
        return Caller(principal, "root", account, partition)
    if what in ("oidc-provider", "saml-provider"):
        return Caller(principal, "federated", account, partition)
    if what == "role":
        return Caller(principal, "role", account, partition, principal)
    if service == "sts" and what == "assumed-role":
        of = f"arn:{partition}:iam::{account}:role/{name.partition('/')[0]}"
        return Caller(principal, "role", account, partition, role or of)
    return Caller(principal, "user", account, partition)
