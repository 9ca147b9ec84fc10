"""The organisation's guard rails stop whoever has every permission in an account."""

from collections.abc import Iterator

from groundplan.blueprints.plan.guard_rail_statements import ADMINISTRATORS
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.model import Request, Resource
from groundplan.blueprints.prove.rail_tries import RailTry, rail_freedoms, rail_tries
from groundplan.blueprints.prove.words import counted

ENDS = ("s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion")
"""What would end the trail of who did what."""


def check(case: Case) -> Verdict:
    """Check it for every account."""
    trails = [item for item in case.world.resources if _keeps_trail(case, item)]
    kept = [item for trail in trails for item in _trail_kept(case, trail)]
    if case.plan.guard_rails is None:
        return Verdict(
            claim="guard-rails",
            checked=len(trails) * len(ENDS),
            evidence=("the spec asks for no service control policies, so there are none",),
            findings=tuple(kept),
        )
    calls = [(stage_0, one) for stage_0 in case.plan.stage_0 for one in _tries(case, stage_0)]
    free = [(stage_0, one) for stage_0 in case.plan.stage_0 for one in rail_freedoms(stage_0)]
    findings = [item for stage_0, one in calls for item in _wrong(case, stage_0, one)]
    for stage_0, one in free:
        anybody = stage_0.place.iam_arn("role/administrator-of-the-account")
        if not _allowed(case, stage_0, one, anybody):
            findings.append(_too_much(anybody, one))
    who = f"administrators and root users of {counted(len(case.plan.stage_0), 'account')}"
    return Verdict(
        claim="guard-rails",
        checked=len(calls) + len(free) + len(trails) * len(ENDS),
        evidence=(
            f"{counted(len(calls), 'call')} of {who} are refused by service control policies alone",
            "those that deploy stage 0, and CloudFormation for what it deploys, may do their part",
        ),
        findings=(*findings, *kept),
    )


def _keeps_trail(case: Case, resource: Resource) -> bool:
    trail = f":::groundplan-stage-0-{case.plan.project}-trail-"
    return resource.kind == "AWS::S3::Bucket" and trail in resource.arn


def _trail_kept(case: Case, bucket: Resource) -> Iterator[Finding]:
    """Yield how somebody with every permission could end the trail: its bucket's policy stops that."""
    partition = bucket.arn.split(":")[1]
    for action in ENDS:
        resource = bucket.arn if action == "s3:DeleteBucket" else f"{bucket.arn}/x"
        principal = f"arn:{partition}:iam::{bucket.account}:role/administrator-of-the-account"
        decision = simulate(
            Request(principal=principal, action=action, resource=resource),
            Policies(trusted=True, resource=bucket.policy),
            owner=bucket.account,
            organizations=case.world.organizations,
        )
        if decision.allowed:
            yield Finding(
                subject=bucket.arn,
                where="resource policy",
                problem=f"nothing stops {principal} from {action}, which ends the trail",
                fix=f"deny {action} to everybody",
            )


def _tries(case: Case, stage_0: Stage0Plan) -> Iterator[RailTry]:
    return rail_tries(stage_0, _providers(case, stage_0.place.account))


def _providers(case: Case, account: str) -> list[str]:
    """Return the identity providers that roles of an account trust."""
    found = {
        provider
        for role in case.world.roles
        if role.account == account and role.trust is not None
        for statement in role.trust.statements
        for provider in (statement.principals or {}).get("Federated", ())
    }
    return sorted(found)


def _wrong(case: Case, stage_0: Stage0Plan, one: RailTry) -> Iterator[Finding]:
    """Yield who may do it and must not, or may not and must."""
    place = stage_0.place
    anybody = place.root if one.root else place.iam_arn("role/administrator-of-the-account")
    deploying = case.plan.deployment_role_arn(place)
    refused, spared = [anybody], list[str]()
    if one.spared:
        spared += _administrators(case, stage_0)
        (spared if one.spared == "deployments" else refused).append(deploying)
    for principal in refused:
        if _allowed(case, stage_0, one, principal):
            yield Finding(
                subject=place.root,
                where="service control policies",
                problem=f"nothing stops {principal} from {one.action} on {one.resource}, which is "
                f"about {one.why}",
                fix=f"deny {one.action} in a service control policy of the account",
            )
    for principal in spared:
        if not _allowed(case, stage_0, one, principal):
            yield _too_much(principal, one)


def _too_much(principal: str, one: RailTry) -> Finding:
    return Finding(
        subject=principal,
        where="service control policies",
        problem=f"{one.action} on {one.resource} is refused to those whose work or choice it is",
        fix="except it from the statement that denies it, by aws:PrincipalArn or what it is about",
    )


def _administrators(case: Case, stage_0: Stage0Plan) -> list[str]:
    """Return an ARN of this account for each pattern of those that deploy stage 0."""
    place = stage_0.place
    named = case.spec.governance.administrators
    patterns = named or [f"arn:{place.partition}:iam::*:{item}" for item in ADMINISTRATORS]
    own = [pattern.replace("::*:", f"::{place.account}:").replace("*", "x") for pattern in patterns]
    return [arn for arn in own if f"::{place.account}:" in arn]


def _allowed(case: Case, stage_0: Stage0Plan, one: RailTry, principal: str) -> bool:
    """Return whether service control policies alone let a call through."""
    levels = case.world.service_control.get(stage_0.place.account, ())
    request = Request(
        principal=principal, action=one.action, resource=one.resource, context=one.context
    )
    policies = Policies(trusted=True, service_control=levels)
    account, region = stage_0.place.account, stage_0.place.region
    return simulate(request, policies, owner=account, region=region).allowed


CLAIM = Claim(
    id="guard-rails",
    sentence="An administrator of one of the project's accounts, or its root user, cannot leave the "
    "allowed regions, open or unencrypt data, turn off logging, or change what stage 0 and "
    "deployments made, unless the spec names them.",
    check=check,
)
