"""Decides a network: isolated subnets without a way to the internet, and the endpoints they need."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.exceptions import (
    NO_SUCH_SETTING,
    CheckException,
    accept,
    in_packs,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref

GATEWAY_SERVICES = ("s3",)
"""Services that have a gateway endpoint, which costs nothing."""
INTERFACE_SERVICES = (
    "ecr.api",
    "ecr.dkr",
    "kms",
    "logs",
    "monitoring",
    "sagemaker.api",
    "sagemaker.runtime",
    "sts",
)
"""Services that training jobs and endpoints call from inside the network."""
TRACKING_SERVICE = "experiments"
"""Service of MLflow's tracking servers, whose private endpoint has a name of SageMaker's own (SageMaker
Developer Guide, "Connect to SageMaker AI Within your VPC", 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPlan:
    """An isolated subnet."""

    id: str
    """Id within the unit."""

    cidr: str
    """Address range."""

    zone_index: int
    """Zone, as an index into the region's zones in the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcEndpointPlan:
    """A private way to one AWS service."""

    id: str
    """Id within the unit."""

    service: str
    """Full service name, such as ``com.amazonaws.eu-west-1.s3``."""

    kind: Literal["Gateway", "Interface"]
    """How it is reached."""

    policy: PolicyDocument
    """What may pass through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLogPlan:
    """Where the network's flow log goes."""

    log_group_name: str
    """CloudWatch Logs group."""

    log_group_arn: str
    """ARN of the group, without the trailing ``:*``."""

    role_arn: str
    """Role that delivers to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """A VPC with isolated subnets, one a zone."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Value of the ``Name`` tag."""

    cidr: str
    """Address range of the VPC."""

    subnets: tuple[SubnetPlan, ...]
    """One a zone."""

    endpoints: tuple[VpcEndpointPlan, ...]
    """Private ways to AWS services."""

    flow_log: FlowLogPlan | None
    """Flow log, or ``None``."""

    scope_tag: tuple[str, str]
    """Tag of subnets and security groups by which roles are limited to them."""

    @property
    def subnet_ids(self) -> tuple[Ref, ...]:
        """Ids of the subnets."""
        return tuple(Ref(self.id, f"subnet_id_{index}") for index in range(len(self.subnets)))

    @property
    def security_group_ids(self) -> tuple[Ref, ...]:
        """Ids of the security groups of jobs and endpoints."""
        return (Ref(self.id, "workload_security_group_id"),)

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Rules of static checkers that the VPC does not follow on purpose."""
        return accept(NO_SUCH_SETTING, *in_packs("VPCDefaultSecurityGroupClosed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAttachment:
    """Where jobs and models attach to a network, or nowhere."""

    subnet_ids: tuple[Ref | str, ...]
    """Subnets; empty for no network."""

    security_group_ids: tuple[Ref | str, ...]
    """Security groups; empty for no network."""


def plan_network(
    *,
    name: str,
    place: Place,
    id: str = "Network",
    cidr: str = "10.0.0.0/20",
    zones: int = 2,
    allowed_accounts: Sequence[str] = (),
    organization_id: str | None = None,
    flow_log: FlowLogPlan | None = None,
    scope_tag: tuple[str, str] | None = None,
    tracking: bool = False,
    spec_path: str = "network",
) -> NetworkPlan:
    """Decide an isolated network.

    Args:
        name: Value of the ``Name`` tag.
        place: Account and region.
        id: Id of the unit within its stack.
        cidr: Address range, IPv4, between /16 and /26.
        zones: Number of zones, 1 to 6.
        allowed_accounts: Accounts whose principals may pass the endpoints, besides this one.
        organization_id: Admits the organisation's principals in place of single accounts.
        flow_log: Where the flow log goes. ``None`` writes none.
        scope_tag: Tag by which roles are limited to the network. Default: ``groundplan:scope``
            with ``name``.
        tracking: Whether jobs reach MLflow's tracking servers.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If the address range cannot hold a subnet of 16 addresses in each zone.
    """
    block = ipaddress.ip_network(cidr)
    bits = max(1, (zones - 1).bit_length())
    if block.prefixlen + bits > 28:
        raise PlanError(
            f"{spec_path}.vpc_cidr",
            f"must hold a subnet of at least 16 addresses in each of {zones} zones",
            got=cidr,
            fix=f"use a prefix of /{28 - bits} or shorter",
        )
    ranges = list(block.subnets(prefixlen_diff=bits))[:zones]
    accounts = sorted({place.account, *allowed_accounts})
    gateway = tuple(
        _endpoint(place, service, "Gateway", accounts, organization_id)
        for service in GATEWAY_SERVICES
    )
    interface = tuple(
        _endpoint(place, service, "Interface", accounts, organization_id)
        for service in (*INTERFACE_SERVICES, *((TRACKING_SERVICE,) if tracking else ()))
    )
    return NetworkPlan(
        id=id,
        name=name,
        cidr=cidr,
        subnets=tuple(
            SubnetPlan(id=f"Subnet{index}", cidr=str(subnet), zone_index=index)
            for index, subnet in enumerate(ranges)
        ),
        endpoints=gateway + interface,
        flow_log=flow_log,
        scope_tag=scope_tag or ("groundplan:scope", name),
    )


def _endpoint(
    place: Place,
    service: str,
    kind: Literal["Gateway", "Interface"],
    accounts: Sequence[str],
    organization_id: str | None,
) -> VpcEndpointPlan:
    ours = (
        {"aws:PrincipalOrgID": organization_id}
        if organization_id is not None
        else {"aws:PrincipalAccount": list(accounts)}
    )
    statements = [
        Statement(
            sid="OurPrincipals",
            actions=("*",),
            resources=("*",),
            principals={"AWS": "*"},
            condition={"StringEquals": ours},
        )
    ]
    if service == "s3":
        # Image layers come from a bucket of the registry service, requested with its own signature.
        layers = f"prod-{place.region}-starport-layer-bucket"
        statements.append(
            Statement(
                sid="ImageLayers",
                actions=("s3:GetObject",),
                resources=(place.bucket_arn(layers, "*"),),
                principals={"AWS": "*"},
            )
        )
    owner = "aws.sagemaker" if service == TRACKING_SERVICE else "com.amazonaws"
    return VpcEndpointPlan(
        id="".join(part.capitalize() for part in service.split(".")) + "Endpoint",
        service=f"{owner}.{place.region}.{service}",
        kind=kind,
        policy=PolicyDocument(statements=tuple(statements)),
    )
