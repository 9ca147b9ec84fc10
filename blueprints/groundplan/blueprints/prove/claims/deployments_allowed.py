"""Every call that a deployment makes is allowed to the role that makes it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from groundplan.blueprints.plan.deployment_policies.provider_calls import PROVIDER_SOURCE
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import Request, Role
from groundplan.blueprints.prove.needs.deployment import deployments
from groundplan.blueprints.prove.needs.deployment_calls import source
from groundplan.blueprints.prove.needs.deployment_cli import cli
from groundplan.blueprints.prove.needs.need import Need


def check(case: Case) -> Verdict:
    """Check every call of every handler of every resource, and those of CI and the CLI."""
    handlers, around = deployments(case), tuple(cli(case))
    types = Counter(need.work.partition(" ")[0] for need in handlers)
    roles = {need.principal for need in handlers}
    direct = case.plan.engine == "pulumi"
    caller, whose = ("Pulumi's provider", "stage 0") if direct else ("handlers", "CloudFormation")
    others = "CI" if direct else "CI and the CDK CLI"
    return Verdict(
        claim=CLAIM.id,
        checked=len(handlers) + len(around),
        evidence=(
            f"{len(handlers)} calls by {caller} of {len(types)} resource types, on the ARN and with "
            + f"the tags of every resource, are allowed to {len(roles)} roles of {whose}, "
            + "within their boundary",
            f"{len(around)} calls by {others} are allowed, CI's tokens of every stage"
            + (" and CloudFormation for every stack included" if not direct else " included"),
            f"what {caller} call: {PROVIDER_SOURCE if direct else source()}",
        ),
        findings=tuple(_findings(case, (*handlers, *around))),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Check what some roles make and are assumed for."""
    wanted = {role.arn for role in roles if role.kind in ("ci", "deployment")}
    if wanted:
        needs = (*deployments(case), *cli(case))
        yield from _findings(
            case, (need for need in needs if {need.principal, need.example} & wanted)
        )


def _findings(case: Case, needs: Iterable[Need]) -> Iterator[Finding]:
    for need in needs:
        request = Request(
            principal=need.principal,
            action=need.action,
            resource=need.example,
            context=need.context,
        )
        decision = evaluate(request, case.world)
        if not decision.allowed:
            deciding = decision.statements[0] if decision.statements else None
            yield Finding(
                subject=need.principal,
                where=str(deciding) if deciding is not None else "no statement",
                problem=f"{need.action} on {need.example}, which {need.work} needs, is refused: "
                f"{decision.reason}",
                fix=f"allow {need.action} on {need.resource}"
                + (f" under {_conditions(need)}" if need.guards else ""),
            )


def _conditions(need: Need) -> str:
    return ", ".join(
        f"{operator} {key} {'|'.join(values)}"
        for operator, keys in need.guards.items()
        for key, values in keys.items()
    )


CLAIM = Claim(
    id="deployments-allowed",
    sentence="Every call that deploying a stack makes is allowed to the role that deploys it.",
    check=check,
    check_roles=check_roles,
)
