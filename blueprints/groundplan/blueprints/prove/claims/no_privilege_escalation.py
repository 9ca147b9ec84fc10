"""No role gets more than it was given, by any published method."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.escalation import Attack, Use, with_somebody
from groundplan.blueprints.prove.escalation_design import (
    OUTSIDE,
    PROJECT,
    STAGE_0,
    UNAVOIDABLE,
    Design,
)
from groundplan.blueprints.prove.escalation_methods import METHODS
from groundplan.blueprints.prove.escalation_stage_0 import Call, slipping, untouchable
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import (
    Policy,
    PolicyStatement,
    Request,
    Role,
    RoleKind,
    World,
)
from groundplan.blueprints.prove.words import counted

WIDEST = "x0-whatever-it-is-given"
"""Name of a role whose own policies allow everything, so that only its boundary holds it."""


def check(case: Case) -> Verdict:
    """Check every role, and one under each boundary that is allowed all that the boundary admits."""
    analysis = Analysis(case)
    roles = [role for role in case.world.roles if role.kind != "person"]
    findings = [item for role in roles for item in analysis.of(role)]
    widest = list(analysis.widest())
    findings += [item for role in widest for item in analysis.of_widest(role)]
    return Verdict(
        claim=CLAIM.id,
        checked=(len(roles) + len(widest)) * len(METHODS) + analysis.calls,
        evidence=tuple(analysis.evidence(roles, widest)),
        findings=tuple(findings),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Check some roles."""
    analysis = Analysis(case)
    for role in roles:
        if role.kind != "person":
            yield from analysis.of(role)


class Analysis:
    """Attacks every role of a case and holds what they can against the design."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.design = Design(case)
        # the organisation attaches service control policies, or not: nothing here rests on them
        self.world = with_somebody(replace(case.world, service_control={}))
        self.region = case.plan.stage_0[0].place.region
        self.tags = _tags(case)
        self.stage_0 = {item.place.account: item for item in case.plan.stage_0}
        self.calls = 0
        self.edges: dict[str, set[str]] = {}
        self.accepted: dict[str, set[str]] = {}

    def of(self, role: Role) -> Iterator[Finding]:
        """Yield what is wrong about a role."""
        yield from self._boundary(role)
        wrong = []
        for use in Attack(self.world, role, self.region, self.tags).uses():
            target = self.design.place_of(use.target, role.account)
            self.edges.setdefault(role.arn, set()).add(target)
            if self.design.allows(role.arn, target):
                continue
            deploys = PROJECT in self.design.allowed.get(role.arn, ())
            if use.method.id in UNAVOIDABLE and deploys:
                self.accepted.setdefault(use.method.id, set()).add(role.arn)
            else:
                wrong.append((use, target))
        yield from _told(wrong)
        stage_0 = self.stage_0.get(role.account)
        if stage_0 is not None:
            calls = (*untouchable(self.case, stage_0), *slipping(self.case, stage_0))
            yield from self._refused(role, self.world, calls)

    def of_widest(self, role: Role) -> Iterator[Finding]:
        """Yield what a boundary admits, whatever a role under it is given."""
        world = replace(self.world, roles=(*self.world.roles, role))
        assert role.boundary is not None
        within = replace(role, policies=(_under(role.boundary),))
        stage_0 = self.stage_0[role.account]
        wrong = []
        for use in Attack(world, within, self.region, self.tags).uses():
            target = self.design.place_of(use.target, role.account)
            if target not in (OUTSIDE, STAGE_0):
                continue  # a role of the project, or CloudFormation's own, which makes such roles
            if role.kind == "deployment" and not _of_roles(use, target):
                continue
            wrong.append((use, target))
        yield from _told(wrong)
        calls = [*untouchable(self.case, stage_0), *slipping(self.case, stage_0)]
        if role.kind == "deployment":
            calls = [item for item in calls if item.bounded]
        yield from self._refused(role, world, calls)

    def widest(self) -> Iterator[Role]:
        """Yield a role under each boundary whose own policies allow everything."""
        seen = set()
        for role in self.case.world.roles:
            bound = role.boundary
            kind: RoleKind = "workload" if role.kind == "workload" else "deployment"
            if bound is None or (bound.owner, kind) in seen:
                continue
            seen.add((bound.owner, kind))
            before = role.arn.rpartition("/")[0]
            arn = f"{before}/{WIDEST}"
            everything = PolicyStatement(
                sid="Everything", effect="Allow", actions=("*",), resources=("*",)
            )
            policy = Policy(kind="identity", name=WIDEST, owner=arn, statements=(everything,))
            yield replace(
                role, arn=arn, kind=kind, description=f"any role under {bound.name}",
                policies=(policy,), trust=None,
            )  # fmt: skip

    def _boundary(self, role: Role) -> Iterator[Finding]:
        stage_0 = self.stage_0.get(role.account)
        if stage_0 is None:
            return
        wanted = stage_0.boundary_of(role.arn)
        if role.kind == "workload":
            wanted = stage_0.boundary_arn
        unknown = role.boundary is None and role.kind == "workload" and stage_0.boundary is None
        if not unknown and (role.boundary is None or role.boundary.owner != wanted):
            yield Finding(
                subject=role.arn,
                where="permission boundary",
                problem="is not held by the boundary of its account",
                fix=f"give it {wanted}",
            )

    def _refused(self, role: Role, world: World, calls: Iterable[Call]) -> Iterator[Finding]:
        services = _services(role)
        for call in calls:
            self.calls += 1
            if services.isdisjoint(("*", call.action.partition(":")[0].lower())):
                continue
            decision = evaluate(
                Request(
                    principal=role.arn,
                    action=call.action,
                    resource=call.resource,
                    context=call.context,
                ),
                world,
            )
            if decision.allowed:
                yield Finding(
                    subject=role.arn,
                    where=decision.reason,
                    problem=f"{call.action} on {call.resource} {call.what}",
                    fix=call.fix,
                )

    def evidence(self, roles: list[Role], widest: list[Role]) -> Iterator[str]:
        """Yield what was shown."""
        yield f"{len(METHODS)} published methods were tried for each of {len(roles)} roles"
        yield (
            f"{self.calls} calls that would alter stage 0, or make or free a role of its boundary, are "
            f"refused to every role, and to {len(widest)} that are allowed whatever a boundary admits"
        )
        by_kind = {"ci": "CI", "deployment": "a role of deployments", "workload": "a role of work"}
        for kind, words in by_kind.items():
            starts = [role for role in roles if role.kind == kind]
            if starts:
                reached = max((self._reached(role.arn) for role in starts), key=len)
                yield f"{words} reaches {len(reached)} others at most, none beyond the project"
        for method, holders in sorted(self.accepted.items()):
            who = counted(len(holders), "deployment role")
            yield f"{method}, {who}: {UNAVOIDABLE[method]}"
        if any(item.boundary is None for item in self.case.plan.stage_0):
            yield "the organisation's own boundary is not known here, and counts as none"

    def _reached(self, start: str) -> set[str]:
        """Return the roles that a role can become in any number of steps."""
        found, left = set(), [start]
        while left:
            for target in self.edges.get(left.pop(), ()):
                if target not in found and target != start and ":role/" in target:
                    found.add(target)
                    left.append(target)
        return found


def _told(wrong: Iterable[tuple[Use, str]]) -> Iterator[Finding]:
    """Yield one finding a method and statement, with the target that shows it best."""
    rank = {STAGE_0: 0, OUTSIDE: 1}
    groups: dict[tuple[str, str], list[tuple[Use, str]]] = {}
    for use, target in wrong:
        groups.setdefault((use.method.id, use.by), []).append((use, target))
    for group in groups.values():
        use, target = min(group, key=lambda item: rank.get(item[1], 2))
        yield _escalation(use, target, len({other.target for other, _ in group}) - 1)


def _escalation(use: Use, target: str, others: int) -> Finding:
    gains = {
        "role": f"act as {use.target}"
        if ":role/" in use.target
        else f"act with what {use.target} gives",
        "data": f"open {use.target}",
        "control": f"lift what bounds or watches by way of {use.target}",
    }
    whose = f", which is {target}" if target in (PROJECT, STAGE_0, OUTSIDE) else ""
    more = f", and of {others} more" if others else ""
    return Finding(
        subject=use.role,
        where=use.by,
        problem=f"can {gains[use.method.gain]}{whose}{more}: {use.method.id}, by "
        + " and ".join(use.method.actions),
        fix=f"take {use.method.actions[0]} on it out of the role",
    )


def _of_roles(use: Use, target: str) -> bool:
    """Return whether a method is about roles that the boundary of deployments has to keep out of reach.

    That boundary names services, where the policies under it name resources; and it lets CloudFormation's
    own roles be handed to CloudFormation, which it bounds too.
    """
    if target == STAGE_0 and use.method.passes == "cloudformation.amazonaws.com":
        return False
    return use.method.actions[0].startswith(("iam:", "sts:"))


def _under(boundary: Policy) -> Policy:
    """Return a policy that names what a boundary names, so that its resources are tried."""
    return replace(boundary, kind="identity")


def _services(role: Role) -> frozenset[str]:
    """Return the services that the statements of a role could be about, ``*`` for any: a quick no."""
    return frozenset(
        "*" if item.startswith("*") else item.lower().partition(":")[0]
        for policy in role.policies
        for statement in policy.statements
        for item in (*statement.actions, *(("*",) if statement.not_actions else ()))
    )


def _tags(case: Case) -> Mapping[str, Mapping[str, str]]:
    """Return the tags of the world's resources: those of their stacks."""
    stacks = {(item.stack.scope, item.stack.id): item.stack.tags for item in case.plan.stacks()}
    return {item.arn: stacks.get((item.scope, item.stack), {}) for item in case.world.resources}


CLAIM = Claim(
    id="no-privilege-escalation",
    sentence="No role can get more than it was given by any published method, and nothing that stage 0 "
    "bounds can alter stage 0.",
    check=check,
    check_roles=check_roles,
)
