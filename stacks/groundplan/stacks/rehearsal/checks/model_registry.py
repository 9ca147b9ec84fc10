"""Checks a model package group."""

from collections.abc import Iterator

from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED = {"retain": "no API shows it; the teardown does"}


def check_model_registry(plan: ModelRegistryPlan, account: Account) -> Iterator[Property]:
    """Compare name, description, policy and tags."""
    name = {"ModelPackageGroupName": plan.name}
    found = account.read("sagemaker", "describe_model_package_group", **name)
    yield "name", plan.name, found.get("ModelPackageGroupName")
    yield "arn", plan.arn, found.get("ModelPackageGroupArn")
    yield "description", plan.description, found.get("ModelPackageGroupDescription")
    policy = account.read("sagemaker", "get_model_package_group_policy", **name)
    yield from compare_policy("policy", plan.policy, policy.get("ResourcePolicy"), account)
    yield tags(account.tags, sagemaker_tags(found.get("ModelPackageGroupArn"), account))


def sagemaker_tags(arn: str | None, account: Account) -> list[dict[str, str]]:
    """Return the tags of a SageMaker resource; none of one that does not exist."""
    if arn is None:
        return []
    return list(account.read("sagemaker", "list_tags", ResourceArn=arn).get("Tags", []))
