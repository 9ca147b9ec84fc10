"""CDK construct of an isolated network."""

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from groundplan.blueprints.plan.network import NetworkPlan, VpcEndpointPlan
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.tokens import Tokens, document

HTTPS = 443


class Network(Construct):
    """A VPC with isolated subnets, one a zone, and private ways to AWS services.

    Nothing can leave: the only routes are the local one and that to S3's gateway. The security
    group of workloads admits nothing and lets HTTPS out to any address, since the gateway's
    address ranges differ by region; the routes leave it the interface endpoints and S3. That of
    the endpoints admits HTTPS from the VPC and lets nothing out. The VPC's default group is in no
    one's use; CloudFormation cannot change it.

    The ids ``Vpc``, ``Routes``, ``Workload``, ``Endpoints``, ``FlowLog`` and those of the plan's
    subnets and endpoints are part of the public contract.

    Example:
        >>> plan = plan_network(name="reports", place=place, flow_log=flow_log)
        >>> network = Network(stack, "Network", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: NetworkPlan) -> None:
        """Define the network.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self._tags = [
            {"key": "Name", "value": plan.name},
            {"key": plan.scope_tag[0], "value": plan.scope_tag[1]},
        ]
        self.vpc = ec2.CfnVPC(
            self,
            "Vpc",
            cidr_block=plan.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags,
        )
        acknowledge(self.vpc, plan.exceptions)
        self._vpc_id = self.vpc.ref
        self._routes = ec2.CfnRouteTable(self, "Routes", vpc_id=self._vpc_id, tags=self._tags).ref
        self.subnet_ids: tuple[str, ...] = self._subnets()
        """Ids of the subnets, in the order of the plan."""
        self.workload_security_group_id: str = self._workload_group()
        """Id of the security group of jobs and models."""
        self._endpoints()
        if plan.flow_log is not None:
            ec2.CfnFlowLog(
                self,
                "FlowLog",
                resource_id=self._vpc_id,
                resource_type="VPC",
                traffic_type="ALL",
                log_destination_type="cloud-watch-logs",
                log_group_name=plan.flow_log.log_group_name,
                deliver_logs_permission_arn=plan.flow_log.role_arn,
            )

    @property
    def tokens(self) -> Tokens:
        """What stands for the network's refs in other plans."""
        subnets = dict(zip(self.plan.subnet_ids, self.subnet_ids, strict=True))
        [group] = self.plan.security_group_ids
        return {**subnets, group: self.workload_security_group_id}

    def _subnets(self) -> tuple[str, ...]:
        zones = Fn.get_azs()
        ids = []
        for plan in self.plan.subnets:
            subnet = ec2.CfnSubnet(
                self,
                plan.id,
                vpc_id=self._vpc_id,
                cidr_block=plan.cidr,
                availability_zone=Fn.select(plan.zone_index, zones),
                map_public_ip_on_launch=False,
                tags=self._tags,
            )
            ids.append(subnet.ref)
            ec2.CfnSubnetRouteTableAssociation(
                self, f"{plan.id}Routes", route_table_id=self._routes, subnet_id=ids[-1]
            )
        return tuple(ids)

    def _workload_group(self) -> str:
        return ec2.CfnSecurityGroup(
            self,
            "Workload",
            group_description="Jobs and models",
            vpc_id=self._vpc_id,
            security_group_egress=[
                {
                    "ipProtocol": "tcp",
                    "fromPort": HTTPS,
                    "toPort": HTTPS,
                    "cidrIp": "0.0.0.0/0",
                    "description": "AWS services, by the endpoints of this network",
                }
            ],
            tags=self._tags,
        ).attr_group_id

    def _endpoints(self) -> None:
        group = ec2.CfnSecurityGroup(
            self,
            "Endpoints",
            group_description="Private ways to AWS services",
            vpc_id=self._vpc_id,
            security_group_ingress=[
                {
                    "ipProtocol": "tcp",
                    "fromPort": HTTPS,
                    "toPort": HTTPS,
                    "cidrIp": self.plan.cidr,
                    "description": "Everything in this network",
                }
            ],
            # Without a rule, EC2 adds one that lets everything out.
            security_group_egress=[
                {"ipProtocol": "-1", "cidrIp": "127.0.0.1/32", "description": "Nothing"}
            ],
            tags=self._tags,
        ).attr_group_id
        for plan in self.plan.endpoints:
            self._endpoint(plan, group)

    def _endpoint(self, plan: VpcEndpointPlan, group: str) -> None:
        gateway = plan.kind == "Gateway"
        ec2.CfnVPCEndpoint(
            self,
            plan.id,
            vpc_id=self._vpc_id,
            service_name=plan.service,
            vpc_endpoint_type=plan.kind,
            policy_document=document(plan.policy),
            route_table_ids=[self._routes] if gateway else None,
            subnet_ids=None if gateway else list(self.subnet_ids),
            security_group_ids=None if gateway else [group],
            private_dns_enabled=None if gateway else True,
        )
