"""The policy pack: ``pulumi preview --policy-pack`` with this directory."""

from pulumi_policy import EnforcementLevel, PolicyPack

from groundplan.stacks.pulumi.policies import RESOURCE_RULES, STACK_RULES
from groundplan.stacks.pulumi.policies.pack import policies

PolicyPack(
    name="groundplan",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=policies(RESOURCE_RULES, STACK_RULES),
)
