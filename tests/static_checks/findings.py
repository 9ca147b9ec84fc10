"""What the static checkers find in the templates of an example, and what its plan accepts of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.exceptions import CheckException
from groundplan.blueprints.prove.exceptions import AcknowledgedException, exceptions

PACKS = {
    "AwsSolutions": "AwsSolutions-",
    "NIST 800-53 r5": "NIST.800.53.R5-",
    "HIPAA Security": "HIPAA.Security-",
    "PCI DSS 3.2.1": "PCI.DSS.321-",
    "cfn-lint": "cfn-lint-",
    "checkov": "CKV",
    "cloudsplaining": "cloudsplaining-",
}
"""Prefix of the rules of each pack."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a checker found, whether it is accepted or not."""

    example: str
    rule: str
    place: str
    """Path of the construct, or template and resource."""
    reason: str | None
    """Why it is accepted; ``None`` if it is not."""

    @property
    def pack(self) -> str:
        return next(pack for pack, prefix in PACKS.items() if self.rule.startswith(prefix))


def accepted_by_plan(
    example: str, found: Iterable[tuple[str, str]], plan: Plan
) -> tuple[list[Finding], list[AcknowledgedException]]:
    """Return findings of cdk-nag, given as rule and construct path, and exceptions without any."""
    named = [item for item in exceptions(plan) if _checker(item) == "cdk-nag"]
    used: set[AcknowledgedException] = set()
    findings = []
    for rule, path in found:
        own = [
            item
            for item in named
            if item.rule == rule and f"{path}/".startswith(f"{item.resource}/")
        ]
        used.update(own)
        findings.append(Finding(example, rule, path, own[0].reason if own else None))
    return findings, [item for item in named if item not in used]


def _checker(item: AcknowledgedException) -> str:
    return CheckException(rule=item.rule, reason=item.reason).checker
