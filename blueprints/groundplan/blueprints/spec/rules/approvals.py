"""Who approves a model, and where that means something."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.pipelines import ApprovalSpec

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec


def check_approvals(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield approvals that nobody is asked for, and approvers that cannot be."""
    approvals = spec.pipelines.approvals
    stages = {environment.stage for environment in spec.environments}
    for stage in ("staging", "production"):
        approval = getattr(approvals, stage)
        path = ("pipelines", "approvals", stage)
        if stage in approvals.model_fields_set and approval is not None and stage not in stages:
            yield Finding(
                path=path,
                problem=f"means nothing without an environment of stage {stage}",
                got=approval,
                fix="remove it, or add the environment",
                needs=(("environments", "*", "stage"),),
            )
        if isinstance(approval, ApprovalSpec):
            yield from _roles(spec, (*path, "approver_roles"), approval)


def _roles(spec: "ProjectSpec", path: tuple[str, ...], approval: ApprovalSpec) -> Iterator[Finding]:
    own = (f":role/groundplan/{spec.project}/", f":role/groundplan-stage-0/{spec.project}/")
    for index, role in enumerate(approval.approver_roles):
        if role in approval.approver_roles[:index]:
            yield Finding(path=(*path, index), problem="is there twice", got=role, fix="remove one")
        if any(part in role for part in own):
            yield Finding(
                path=(*path, index),
                problem="is a role of the project's own, which must not approve its own models",
                got=role,
                fix="name a role that people assume",
            )
