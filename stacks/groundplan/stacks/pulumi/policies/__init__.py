"""Rules of the policy pack; the pack itself, which Pulumi starts, is ``__main__``."""

from groundplan.stacks.pulumi.policies.identity import IDENTITY_RULES
from groundplan.stacks.pulumi.policies.network import NETWORK_RULES
from groundplan.stacks.pulumi.policies.planned import PLANNED_RULES
from groundplan.stacks.pulumi.policies.rule import Checked, ResourceRule, StackRule
from groundplan.stacks.pulumi.policies.serving import SERVING_RULES
from groundplan.stacks.pulumi.policies.storage import BUCKET_RULES, STORAGE_RULES

RESOURCE_RULES: tuple[ResourceRule, ...] = (
    *STORAGE_RULES,
    *IDENTITY_RULES,
    *NETWORK_RULES,
    *SERVING_RULES,
)
"""Rules that look at one resource at a time."""

STACK_RULES: tuple[StackRule, ...] = (*BUCKET_RULES, *PLANNED_RULES)
"""Rules that look at all resources of a Pulumi stack together."""

RULES: tuple[ResourceRule | StackRule, ...] = (*RESOURCE_RULES, *STACK_RULES)
"""All rules, in the order in which the pack lists them."""

__all__ = ["RESOURCE_RULES", "RULES", "STACK_RULES", "Checked", "ResourceRule", "StackRule"]
