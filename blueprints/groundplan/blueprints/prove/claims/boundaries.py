"""Whatever a role is given, its boundary keeps it to the project's work."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from groundplan.blueprints.plan.key_uses import deployment_role_arn
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.ceilings import Try, of_deployments, of_pipelines, of_project
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Request, Role
from groundplan.blueprints.prove.words import counted

_ALL = Policy(
    kind="identity",
    name="everything",
    owner="-",
    statements=(
        PolicyStatement(sid="Everything", effect="Allow", actions=("*",), resources=("*",)),
    ),
)
"""What a role might be given at worst."""


def check(case: Case) -> Verdict:
    """Check it for all roles."""
    bounds = _bounds(case)
    tries = sum(1 for stage_0, one in bounds for _ in _tries(case, stage_0, one))
    roles = [role for role in case.world.roles if role.kind != "person"]
    refused = f"{counted(tries, 'call')} of a role that is allowed everything are refused"
    given = "the organisation's own bounds roles of work, and is not known"
    own = any(stage_0.boundary is not None for stage_0 in case.plan.stage_0)
    return Verdict(
        claim="boundaries",
        checked=len(roles) + tries,
        evidence=(
            f"each of {counted(len(roles), 'role')} has the boundary of its kind",
            f"{refused} by {counted(len(bounds), 'boundary')}",
            *(() if own else (given,)),
        ),
        findings=tuple(check_roles(case, roles)),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Check it for some roles: that they are bounded, and what bounds them."""
    stages = {stage_0.place.account: stage_0 for stage_0 in case.plan.stage_0}
    seen: list[Policy] = []
    for role in roles:
        stage_0 = stages.get(role.account)
        if role.kind == "person" or stage_0 is None:
            continue
        yield from _bounded(role, stage_0)
        bound = role.boundary
        if bound is not None and not any(bound is one for one in seen):
            seen.append(bound)
            yield from _kept(case, stage_0, bound)


def _bounded(role: Role, stage_0: Stage0Plan) -> Iterator[Finding]:
    if role.kind in ("deployment", "ci"):
        wanted = stage_0.boundary_of(role.arn)
    elif stage_0.boundary is not None:
        wanted = stage_0.boundary.arn
    else:
        return
    if role.boundary is None or role.boundary.owner != wanted:
        yield Finding(
            subject=role.arn,
            where="permissions boundary",
            problem="nothing bounds it"
            if role.boundary is None
            else f"{role.boundary.owner} bounds it, which is another kind's",
            fix=f"set its permissions boundary to {wanted}",
        )


def _bounds(case: Case) -> list[tuple[Stage0Plan, Policy]]:
    """Return each boundary once, with the stage 0 that makes it."""
    stages = {stage_0.place.account: stage_0 for stage_0 in case.plan.stage_0}
    found = {role.boundary.owner: role.boundary for role in case.world.roles if role.boundary}
    return [
        (stages[arn.split(":")[4]], one)
        for arn, one in found.items()
        if arn.split(":")[4] in stages
    ]


def _tries(case: Case, stage_0: Stage0Plan, bound: Policy) -> Iterator[Try]:
    if bound.owner == stage_0.deployment_boundary.arn:
        yield from of_deployments(stage_0, bound)
    elif stage_0.pipeline is not None and bound.owner == stage_0.pipeline.boundary.arn:
        yield from of_pipelines(stage_0, bound)
    else:
        yield from of_project(stage_0, bound, case.spec.organization_id)


def _kept(case: Case, stage_0: Stage0Plan, bound: Policy) -> Iterator[Finding]:
    """Yield what a boundary lets through that it is there to stop."""
    for statement in bound.statements:
        for action in statement.actions if statement.effect == "Allow" else ():
            whole = bound.owner == stage_0.deployment_boundary.arn
            if "*" in action and (not whole or action.startswith(("iam:", "sts:"))):
                yield Finding(
                    subject=bound.owner,
                    where=f"boundary policy {bound.name}, statement {statement.sid}",
                    problem=f"allows {action}, and so what nobody has thought of",
                    fix="name the actions",
                )
    principals = [stage_0.place.iam_arn(f"role/groundplan/{stage_0.project}/anything")]
    if bound.owner == stage_0.deployment_boundary.arn:
        principals.append(deployment_role_arn(stage_0.place, stage_0.qualifier))
    policies = Policies(identity=(_ALL,), boundary=bound)
    known = {} if case.spec.organization_id is None else case.world.organizations
    decide = partial(
        simulate,
        owner=stage_0.place.account,
        region=stage_0.place.region,
        organizations=known,
    )
    alone = Policies(identity=(replace(bound, kind="identity"),))
    for one, principal in product(_tries(case, stage_0, bound), principals):
        request = Request(
            principal=principal, action=one.action, resource=one.resource, context=one.context
        )
        if decide(request, policies).allowed:
            [deciding, *_] = decide(request, alone).statements
            sid = deciding.statement.sid
            yield Finding(
                subject=bound.owner,
                where=f"boundary policy {bound.name}, statement {sid}",
                problem=f"lets a role do {one.action} on {one.resource}: {one.why}",
                fix=f"limit statement {sid} to the project's own, or deny it",
            )


CLAIM = Claim(
    id="boundaries",
    sentence="Whatever policies a role is given, its boundary keeps it to the project's own resources "
    "and regions, and away from permissions, stage 0 and its safeguards.",
    check=check,
    check_roles=check_roles,
)
