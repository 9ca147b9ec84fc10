"""Decides who approves a version: what a release waits for, and what approvers may write.

An approval is a write to the model registry, and the registry keeps the writer. The version's
status is the approval for the first environment of the chain, its life-cycle stage the one for
production after staging. Who writes is a role of the organisation's; no role of the project may.
"""

from collections.abc import Sequence

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.encryption_key import account_roots
from groundplan.blueprints.plan.policy import Condition, PolicyDocument, Statement
from groundplan.blueprints.plan.release_events import release_chain
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec
from groundplan.blueprints.spec.pipelines import Approval, ApprovalSpec
from groundplan.pipelines import ReleaseApproval

PRODUCTION_STAGE = "Production"
"""Model life-cycle stage that approves a version for production."""
ANSWERS = ("Approved", "Rejected")
READ_ACTIONS = ("sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages")
LEAST_POLL_SECONDS = 300
MOST_POLLS = 288
"""Looks at the registry in the time for which a request stands; each is paid."""
EXPIRES_HOURS = 72
"""Time after which a request that names nobody is refused."""


def approval_for(context: Context, environment: EnvironmentSpec) -> ReleaseApproval | None:
    """Return what a release to an environment waits for besides the version's status.

    ``None``: the status ``Approved`` is enough, whoever or whatever wrote it.
    """
    asked = _asked(context, environment)
    if asked == "automatic":
        return None
    roles: tuple[str, ...] = ()
    hours = float(EXPIRES_HOURS)
    if isinstance(asked, ApprovalSpec):
        roles, hours = asked.approver_roles, asked.expires_hours
    return ReleaseApproval(
        by="life_cycle" if environment.stage == "production" and _staged(context) else "status",
        life_cycle_stage=PRODUCTION_STAGE,
        approver_roles=roles,
        expires_seconds=round(hours * 3600),
        poll_seconds=max(LEAST_POLL_SECONDS, round(hours * 3600 / MOST_POLLS)),
    )


def approved_on_registration(context: Context) -> bool:
    """Return whether training registers versions as approved: the first environment asks nobody."""
    first = next(
        environment
        for stage in ("staging", "production", "development")
        for environment in context.spec.environments
        if environment.stage == stage
    )
    return _asked(context, first) == "automatic"


def _staged(context: Context) -> bool:
    """Return whether versions pass through staging, which has the status as its approval."""
    return any(item.stage == "staging" for item in release_chain(context))


def _asked(context: Context, environment: EnvironmentSpec) -> Approval | None:
    approvals = context.spec.pipelines.approvals
    if environment.stage == "development":
        return "automatic"
    return approvals.staging if environment.stage == "staging" else approvals.production


def approver_statements(context: Context, model: ModelSpec) -> tuple[Statement, ...]:
    """Return the statements of a package group's policy that let the named roles approve.

    They suffice for roles of other accounts together with :func:`approver_policy` there; roles of the
    tooling account need either one.
    """
    group = context.registry_arn(model.name)
    resources = (group, group.replace(":model-package-group/", ":model-package/") + "/*")
    found, readers = [], set[str]()
    for stage, roles in _approvers(context).items():
        new = [role for role in roles if role not in readers]
        readers.update(new)
        if new:
            found.append(_approve(context, f"Read{stage}", READ_ACTIONS, resources, new, {}))
        write = ("sagemaker:UpdateModelPackage",)
        limits = _limits(context, stage)
        found.append(_approve(context, f"Approve{stage}", write, resources[1:], roles, limits))
    return tuple(found)


def _approve(
    context: Context,
    sid: str,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    roles: Sequence[str],
    limits: Condition,
) -> Statement:
    return Statement(
        sid=sid,
        actions=actions,
        resources=resources,
        principals={"AWS": account_roots(roles, context.tooling)},
        condition={"ArnEquals": {"aws:PrincipalArn": list(roles)}, **limits},
    )


def approver_policy(context: Context, stage: str) -> PolicyDocument:
    """Return the policy that a role needs to approve for ``staging`` or ``production``.

    Approvers are roles of the organisation's, outside groundplan's stacks: whoever owns them attaches
    this.
    """
    groups = [context.registry_arn(model.name) for model in context.spec.models]
    versions = [f"{item.replace(':model-package-group/', ':model-package/')}/*" for item in groups]
    label = stage.capitalize()
    return PolicyDocument(
        statements=(
            Statement(sid="ReadVersions", actions=READ_ACTIONS, resources=(*groups, *versions)),
            Statement(
                sid=f"Approve{label}",
                actions=("sagemaker:UpdateModelPackage",),
                resources=tuple(versions),
                condition=_limits(context, label),
            ),
        )
    )


def _approvers(context: Context) -> dict[str, tuple[str, ...]]:
    approvals = context.spec.pipelines.approvals
    asked = {"Staging": approvals.staging, "Production": approvals.production}
    return {
        stage: approval.approver_roles
        for stage, approval in asked.items()
        if isinstance(approval, ApprovalSpec)
    }


def _limits(context: Context, stage: str) -> Condition:
    """Return the condition that a write is an answer for ``stage`` and changes nothing else.

    ``Null`` makes sure that the other approval is not part of the same write.
    """
    if stage == "Staging" or not _staged(context):
        return {
            "StringEquals": {"sagemaker:ModelApprovalStatus": list(ANSWERS)},
            "Null": {"sagemaker:ModelLifeCycle:Stage": "true"},
        }
    return {
        "StringEquals": {
            "sagemaker:ModelLifeCycle:Stage": PRODUCTION_STAGE,
            "sagemaker:ModelLifeCycle:StageStatus": list(ANSWERS),
        },
        "Null": {"sagemaker:ModelApprovalStatus": "true"},
    }
