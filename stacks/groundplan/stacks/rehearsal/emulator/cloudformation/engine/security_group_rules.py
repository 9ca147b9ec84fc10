"""Rules of security groups as CloudFormation writes them and as EC2 takes them."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    only,
)

EVERYTHING = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
"""The egress rule of a new group."""

_TARGETS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}


def change_rule(account: Account, operation: str, group: str, rule: Properties) -> str:
    """Authorise or revoke a rule.

    Args:
        account: Account of the group.
        operation: ``AuthorizeSecurityGroupIngress`` and the like.
        group: Id of the group.
        rule: The rule, spelt as CloudFormation does.

    Returns:
        Id of the rule; empty for one that is revoked.
    """
    described = only(rule, ("Description",))
    targets = {
        kind: [{member: rule[name], **described}]
        for name, (kind, member) in _TARGETS.items()
        if name in rule
    }
    permission = {**only(rule, ("FromPort", "IpProtocol", "ToPort")), **targets}
    response = account.call("ec2", operation, GroupId=group, IpPermissions=[permission])
    rules = response.get("SecurityGroupRules", [])
    return str(rules[0]["SecurityGroupRuleId"]) if rules else ""
