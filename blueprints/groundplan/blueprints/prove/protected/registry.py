"""Versions in the model registry: who registers, who approves, who deletes."""

from collections.abc import Iterator

from groundplan.blueprints.plan.approvals import PRODUCTION_STAGE, approved_on_registration
from groundplan.blueprints.plan.context import SCOPE_TAG, Context
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.release_events import release_chain
from groundplan.blueprints.plan.stacks import RegistryStackPlan
from groundplan.blueprints.prove.attempts import Values
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.prove.protected.facts import Facts, Protected, rows
from groundplan.blueprints.spec import ApprovalSpec

STATUS = "sagemaker:ModelApprovalStatus"
STAGE, STAGE_STATUS = "sagemaker:ModelLifeCycle:Stage", "sagemaker:ModelLifeCycle:StageStatus"
UPDATE, CREATE = "sagemaker:UpdateModelPackage", "sagemaker:CreateModelPackage"
GROUP = tuple(
    f"sagemaker:{action}"
    for action in (
        "DeleteModelPackageGroup", "DeleteModelPackageGroupPolicy", "PutModelPackageGroupPolicy",
    )
)  # fmt: skip
BY_STATUS: Values = {STATUS: "Approved", STAGE: (), STAGE_STATUS: ()}
BY_STAGE: Values = {STATUS: (), STAGE: PRODUCTION_STAGE, STAGE_STATUS: "Approved"}
BOTH: Values = {STATUS: "Approved", STAGE: PRODUCTION_STAGE, STAGE_STATUS: "Approved"}
NEITHER: Values = {STATUS: (), STAGE: (), STAGE_STATUS: ()}
PENDING: Values = {STATUS: "PendingManualApproval", STAGE: (), STAGE_STATUS: ()}


def registry(facts: Facts) -> Iterator[Protected]:
    """Yield what is protected of each model package group."""
    for stack in facts.stacks():
        if isinstance(stack, RegistryStackPlan):
            for group in every(stack, ModelRegistryPlan):
                yield from _group(facts, stack, group)


def _group(facts: Facts, stack: RegistryStackPlan, group: ModelRegistryPlan) -> Iterator[Protected]:
    place = stack.stack.place
    version = group.arn.replace(":model-package-group/", ":model-package/") + "/*"
    by_status, by_stage = _approvers(facts)
    for what, context, may in (
        ("approves", BY_STATUS, by_status),
        ("approves for production", BY_STAGE, by_stage),
        ("approves for all at once", BOTH, frozenset[str]()),
        ("changes", NEITHER, frozenset[str]()),
    ):
        yield from rows(
            facts, kind="approval", what=f"{what} a version of {group.name}", actions=[UPDATE],
            resource=version, account=place.account, may=may, context=context, known=True,
        )  # fmt: skip
    registrars = facts.callers([CREATE], group.arn)
    automatic = approved_on_registration(Context(facts.case.spec))
    for what, context, may in (
        ("registers", PENDING, registrars),
        ("registers as approved", BY_STATUS, registrars if automatic else frozenset[str]()),
        ("registers as in production", BY_STAGE, frozenset[str]()),
    ):
        yield from rows(
            facts, kind="approval", what=f"{what} a version of {group.name}", actions=[CREATE],
            resource=version, account=place.account, may=may, context=context, known=True,
        )  # fmt: skip
    yield from rows(
        facts, kind="version", what=f"deletes a version of {group.name}",
        actions=["sagemaker:DeleteModelPackage"], resource=version, account=place.account,
        known=True,
    )  # fmt: skip
    yield from rows(
        facts, kind="version", what=f"changes who may use {group.name}, or deletes it",
        actions=GROUP, resource=group.arn, account=place.account, may=[facts.deployment(place)],
        context={f"aws:ResourceTag/{SCOPE_TAG}": stack.stack.tags[SCOPE_TAG]}, known=True,
    )  # fmt: skip


def _approvers(facts: Facts) -> tuple[frozenset[str], frozenset[str]]:
    """Return who may write a version's status, and who its life-cycle stage, by the spec."""
    approvals = facts.case.spec.pipelines.approvals
    staging, production = (
        frozenset(asked.approver_roles) if isinstance(asked, ApprovalSpec) else frozenset()
        for asked in (approvals.staging, approvals.production)
    )
    chain = release_chain(Context(facts.case.spec))
    if any(item.stage == "staging" for item in chain):
        return staging, production
    return staging | production, frozenset()
