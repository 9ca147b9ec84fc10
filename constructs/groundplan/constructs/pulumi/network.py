"""Pulumi component of an isolated network."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.network import NetworkPlan, VpcEndpointPlan
from groundplan.constructs.pulumi.component import Component, Values, check_plan, document

HTTPS = 443


@dataclass(kw_only=True)
class NetworkArgs:
    """What a :class:`Network` is made of."""

    plan: NetworkPlan
    """What to define."""


class Network(Component):
    """A VPC with isolated subnets, one a zone, and private ways to AWS services.

    Nothing can leave: the only routes are the local one and that to S3's gateway. The security
    group of workloads admits nothing and lets HTTPS out to any address, since the gateway's
    address ranges differ by region; the routes leave it the interface endpoints and S3. That of
    the endpoints admits HTTPS from the VPC and lets nothing out.

    The children ``Vpc``, ``Routes``, ``Workload``, ``Endpoints``, ``FlowLog`` and those of the plan's
    subnets and endpoints are part of the public contract.

    Example:
        >>> plan = plan_network(name="reports", place=place, flow_log=flow_log)
        >>> network = Network("reports", NetworkArgs(plan=plan))
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""

    subnet_ids: list[pulumi.Output[str]]
    """Ids of the subnets, in the order of the plan."""

    workload_security_group_id: pulumi.Output[str]
    """Id of the security group of jobs and models."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the network.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a network.
        """
        check_plan(name, args.plan, NetworkPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        self._tags = {"Name": plan.name, plan.scope_tag[0]: plan.scope_tag[1]}
        self.vpc_id = aws.ec2.Vpc(
            self.child_name("Vpc"),
            cidr_block=plan.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags,
            opts=self.child(),
        ).id
        self._routes = aws.ec2.RouteTable(
            self.child_name("Routes"), vpc_id=self.vpc_id, tags=self._tags, opts=self.child()
        ).id
        self.subnet_ids = self._subnets()
        self.workload_security_group_id = self._group(
            "Workload",
            "Jobs and models",
            egress=[
                {
                    "protocol": "tcp",
                    "from_port": HTTPS,
                    "to_port": HTTPS,
                    "cidr_blocks": ["0.0.0.0/0"],
                    "description": "AWS services, by the endpoints of this network",
                }
            ],
        )
        # The provider, unlike EC2, adds no rule that lets everything out.
        endpoints = self._group(
            "Endpoints",
            "Private ways to AWS services",
            ingress=[
                {
                    "protocol": "tcp",
                    "from_port": HTTPS,
                    "to_port": HTTPS,
                    "cidr_blocks": [plan.cidr],
                    "description": "Everything in this network",
                }
            ],
        )
        for endpoint in plan.endpoints:
            self._endpoint(name, endpoint, endpoints)
        if plan.flow_log is not None:
            aws.ec2.FlowLog(
                self.child_name("FlowLog"),
                vpc_id=self.vpc_id,
                traffic_type="ALL",
                log_destination_type="cloud-watch-logs",
                log_destination=plan.flow_log.log_group_arn,
                iam_role_arn=plan.flow_log.role_arn,
                opts=self.child(),
            )
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "subnet_ids": self.subnet_ids,
                "workload_security_group_id": self.workload_security_group_id,
            }
        )

    @property
    def values(self) -> Values:
        """What stands for the network's refs in other plans."""
        [group] = self.plan.security_group_ids
        subnets = dict(zip(self.plan.subnet_ids, self.subnet_ids, strict=True))
        return {**subnets, group: self.workload_security_group_id}

    def _subnets(self) -> list[pulumi.Output[str]]:
        # Local Zones, which an account can opt in to, have few instance types and sort first.
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        ).names
        ids = []
        for plan in self.plan.subnets:
            subnet = aws.ec2.Subnet(
                self.child_name(plan.id),
                vpc_id=self.vpc_id,
                cidr_block=plan.cidr,
                availability_zone=zones[plan.zone_index],
                map_public_ip_on_launch=False,
                tags=self._tags,
                # A new zone of the region must not move a subnet.
                opts=self.child(ignore_changes=["availabilityZone"]),
            )
            aws.ec2.RouteTableAssociation(
                self.child_name(f"{plan.id}Routes"),
                route_table_id=self._routes,
                subnet_id=subnet.id,
                opts=self.child(),
            )
            ids.append(subnet.id)
        return ids

    def _group(
        self,
        id: str,
        description: str,
        *,
        ingress: list[aws.ec2.SecurityGroupIngressArgsDict] | None = None,
        egress: list[aws.ec2.SecurityGroupEgressArgsDict] | None = None,
    ) -> pulumi.Output[str]:
        return aws.ec2.SecurityGroup(
            self.child_name(id),
            description=description,
            vpc_id=self.vpc_id,
            ingress=ingress or [],
            egress=egress or [],
            tags=self._tags,
            opts=self.child(),
        ).id

    def _endpoint(self, name: str, plan: VpcEndpointPlan, group: pulumi.Output[str]) -> None:
        gateway = plan.kind == "Gateway"
        aws.ec2.VpcEndpoint(
            self.child_name(plan.id),
            vpc_id=self.vpc_id,
            service_name=plan.service,
            vpc_endpoint_type=plan.kind,
            policy=document(name, plan.policy),
            route_table_ids=[self._routes] if gateway else None,
            subnet_ids=None if gateway else self.subnet_ids,
            security_group_ids=None if gateway else [group],
            private_dns_enabled=None if gateway else True,
            opts=self.child(),
        )
