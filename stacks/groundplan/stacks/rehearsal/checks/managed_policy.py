"""Checks a customer-managed policy."""

from collections.abc import Iterator

from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy


def check_managed_policy(
    name: str, arn: str, document: PolicyDocument, account: Account
) -> Iterator[Property]:
    """Compare a policy's ARN and the document that is in force."""
    policy = account.read("iam", "get_policy", PolicyArn=arn).get("Policy", {})
    yield f"{name}.arn", arn, policy.get("Arn")
    version = account.read(
        "iam",
        "get_policy_version",
        PolicyArn=arn,
        VersionId=policy.get("DefaultVersionId", "v1"),
    ).get("PolicyVersion", {})
    yield from compare_policy(f"{name}.document", document, version.get("Document"), account)
