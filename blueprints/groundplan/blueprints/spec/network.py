"""Spec of an environment's network."""

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, Tag

from groundplan.blueprints.spec.base import (
    SECURITY_GROUP_ID,
    SUBNET_ID,
    VPC_ID,
    SpecModel,
    choose,
    mistake,
)


def _cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as exc:
        try:
            near = str(ipaddress.IPv4Network(value, strict=False))
        except ValueError:
            near = ""
        hint = f"did you mean {near!r}?" if near and "/" in value else "use one like '10.0.0.0/20'"
        raise mistake("must be a block of IPv4 addresses in CIDR notation", hint) from exc
    if not network.is_private:
        raise mistake("must be a block of private addresses", "use one like '10.0.0.0/20'")
    if not 16 <= network.prefixlen <= 24:
        raise mistake(
            "must be between a /16 and a /24, so that every zone has room for jobs and endpoints",
            "use one like '10.0.0.0/20'",
        )
    return str(network)


Cidr = Annotated[str, AfterValidator(_cidr), Field(examples=["10.0.0.0/20"])]


class IsolatedNetwork(SpecModel):
    """A network of the environment's own, without a way to the internet."""

    mode: Literal["isolated"] = "isolated"
    """``isolated``, which is also what a network without a mode is."""

    vpc_cidr: Cidr = "10.0.0.0/20"
    """Addresses of the network. Default: ``10.0.0.0/20``, 4,096 addresses."""

    zones: Annotated[int, Strict(), Field(ge=1, le=6)] = 2
    """Number of availability zones, each with one subnet. Default: 2."""


class ExistingNetwork(SpecModel):
    """Subnets that somebody else has made."""

    mode: Literal["existing"]
    """``existing``."""

    vpc_id: Annotated[str, Field(pattern=VPC_ID)]
    """Id of the VPC."""

    subnet_ids: Annotated[
        tuple[Annotated[str, Field(pattern=SUBNET_ID)], ...],
        Field(min_length=1, max_length=16),
    ]
    """Ids of the subnets that jobs and endpoints use, best one a zone."""

    security_group_ids: Annotated[
        tuple[Annotated[str, Field(pattern=SECURITY_GROUP_ID)], ...],
        Field(min_length=1, max_length=5),
    ]
    """Ids of the security groups of jobs and endpoints."""


class NoNetwork(SpecModel):
    """No network of the project's own: jobs and endpoints run in that of SageMaker."""

    mode: Literal["none"]
    """``none``, for a sandbox."""


NetworkSpec = Annotated[
    Annotated[IsolatedNetwork, Tag("isolated")]
    | Annotated[ExistingNetwork, Tag("existing")]
    | Annotated[NoNetwork, Tag("none")],
    choose("mode", "isolated", "existing", "none", default="isolated"),
]
