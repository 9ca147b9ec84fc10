"""Rules of networks."""

from collections.abc import Iterator

from groundplan.stacks.pulumi.policies.rule import Checked, ResourceRule, listed, must_be_given

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
RULES = ("aws:ec2/securityGroupRule:SecurityGroupRule",)
INGRESS = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",)


def _ingress(resource: Checked) -> Iterator[str]:
    props = resource.props
    if resource.type in RULES:
        sources = [props] if props.get("type") == "ingress" else []
    elif resource.type in INGRESS:
        sources = [props]
    else:
        sources = listed(props.get("ingress"))
    for source in sources:
        named = {
            *listed(source.get("cidrBlocks")),
            *listed(source.get("ipv6CidrBlocks")),
            *listed(source.get("cidrIpv4")),
            *listed(source.get("cidrIpv6")),
        }
        if named & EVERYWHERE:
            yield "ingress must not be open to everywhere; name a security group or a network"


def _subnet(subnet: Checked) -> Iterator[str]:
    if subnet.props.get("mapPublicIpOnLaunch") is True:
        yield "mapPublicIpOnLaunch must be false; nothing here needs a public address"


NETWORK_RULES = (
    ResourceRule(
        id="no-open-ingress",
        description="Nothing is reachable from everywhere",
        types=("aws:ec2/securityGroup:SecurityGroup", *RULES, *INGRESS),
        check=_ingress,
    ),
    ResourceRule(
        id="no-public-addresses",
        description="Subnets give out no public addresses",
        types=("aws:ec2/subnet:Subnet",),
        check=_subnet,
    ),
    ResourceRule(
        id="vpc-endpoint-policy",
        description="VPC endpoints say whose requests they pass on",
        types=("aws:ec2/vpcEndpoint:VpcEndpoint",),
        check=must_be_given("policy", "the default passes on everything of everyone"),
    ),
)
