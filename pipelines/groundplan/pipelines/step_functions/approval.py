"""States that wait for somebody's approval in the model registry."""

import re

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.polling import interval, named_error, polls
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import Approval

WRONG_GROUP = "WrongGroup"
REFUSED = "ApprovalRefused"
EXPIRED = "ApprovalExpired"
ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")
MAX_POLLS = 800  # people are waited for over days, and then every minute counts

_FOUND = "$states.result"
_WRITER = f"$string({_FOUND}.LastModifiedBy.IamIdentity.Arn)"


def approval(step: Approval, scope: Scope) -> States:
    """Describes the version until it is approved by one who may, or refused, or time is over.

    Raises:
        PipelineError: If an approver is no role.
    """
    name, own = words(step), f"${step.id}"
    most = polls(step.expires_seconds, step.poll_seconds, MAX_POLLS)
    arn = expression(step.model_package_arn)
    return {
        f"{name} begin": _begin(step, scope),
        f"{name} look": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeModelPackage",
            {"ModelPackageName": render(step.model_package_arn)},
            f"{name} decide",
            Assign=merged(step, _observed(step)),
        ),
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.refused"),
                    "Output": {
                        "Error": REFUSED,
                        "Cause": code(f"{own}.writer & ' rejected ' & {arn}"),
                    },
                    "Next": failed(step, scope),
                },
                {
                    "Condition": code(f"{own}.approved and {own}.entitled"),
                    "Assign": variable(
                        step,
                        approver=code(f"{own}.writer"),
                        approved_at=code(f"{own}.written_at"),
                    ),
                    "Next": scope.following,
                },
                {"Condition": code(f"{own}.polls < {most}"), "Next": f"{name} wait"},
            ],
            "Output": {"Error": EXPIRED, "Cause": code(_unanswered(step))},
            "Default": failed(step, scope),
        },
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": interval(step.expires_seconds, step.poll_seconds, MAX_POLLS),
            "Assign": merged(step, {"polls": f"{own}.polls + 1"}),
            "Next": f"{name} look",
        },
        **failure(step, scope, named_error(step, WRONG_GROUP, REFUSED, EXPIRED)),
    }


def _begin(step: Approval, scope: Scope) -> State:
    """Whether the version belongs to the group, by their ARNs alone."""
    name = words(step)
    arn, group = expression(step.model_package_arn), expression(step.model_package_group_arn)
    prefix = f"$replace({group}, ':model-package-group/', ':model-package/') & '/'"
    inside = f"$substring({arn}, 0, $length({prefix})) = {prefix}"
    cause = f"'version ' & {arn} & ' is not of group ' & {group}"
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": code(f"{group} = '' or {inside}"),
                "Assign": variable(step, polls=0),
                "Next": f"{name} look",
            }
        ],
        "Output": {"Error": WRONG_GROUP, "Cause": code(cause)},
        "Default": failed(step, scope),
    }


def _observed(step: Approval) -> dict[str, str]:
    """What a look at the version tells, as JSONata."""
    stage, status = f"{_FOUND}.ModelLifeCycle.Stage", f"{_FOUND}.ModelLifeCycle.StageStatus"
    here = f"{stage} = {expression(step.stage)}"
    approved = f"{_FOUND}.ModelApprovalStatus = 'Approved'"
    refused = f"{_FOUND}.ModelApprovalStatus = 'Rejected'"
    if step.by == "life_cycle":
        approved = f"{here} and {status} = 'Approved'"
        refused += f" or ({here} and {status} = 'Rejected')"
    return {
        "approved": approved,
        "refused": refused,
        "entitled": _entitled(step),
        "writer": f"($writer := {_WRITER} & ''; $writer = '' ? 'somebody unknown' : $writer)",
        "written_at": f"$string({_FOUND}.LastModifiedTime) & ''",
    }


def _entitled(step: Approval) -> str:
    """JSONata: whether the last writer's session is one of the roles'.

    A session's ARN has the role's account and name but not its path.
    """
    if not step.approver_roles:
        return "true"
    roles = []
    for index, arn in enumerate(step.approver_roles):
        found = ROLE.fullmatch(arn)
        if found is None:
            raise PipelineError(
                f"steps[{step.id}].approver_roles[{index}]",
                "no ARN of a role",
                got=arn,
                fix="use arn:aws:iam::ACCOUNT:role/NAME",
            )
        roles.append(f"{found[1]}/{found[2]}")
    known = ", ".join(expression(role) for role in roles)
    return (
        f"($parts := $split({_WRITER} & '', ':'); $name := $split($parts[5] & '', '/'); "
        f"$parts[2] = 'sts' and $name[0] = 'assumed-role' and "
        f"($parts[4] & '/' & $name[1]) in [{known}])"
    )


def _unanswered(step: Approval) -> str:
    """JSONata of why time is over: nobody approved, or somebody who may not."""
    own = f"${step.id}"
    arn = expression(step.model_package_arn)
    what = "status Approved" if step.by == "status" else f"life-cycle stage {step.stage} Approved"
    nobody = f"{expression('without ' + what)}"
    return (
        f"{arn} & ' is, after {step.expires_seconds} s, ' & "
        f"({own}.approved ? 'approved only by ' & {own}.writer & ', who may not' : {nobody})"
    )
