"""What an attacker with a role could reach stays in the role's environment and work."""

from collections.abc import Iterable, Iterator, Mapping

from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.dataset_work import datasets
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.matrix import matrix, reach, way
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.prove.reach import COLUMNS, Thing, things
from groundplan.blueprints.prove.words import counted, short

OF_ENVIRONMENTS = frozenset(
    ("reads working data", "invokes endpoints", "changes endpoints", "alters pipelines")
)
"""Columns of things that an environment has for itself."""
OF_DEPLOYMENTS = frozenset(("alters pipelines", "rules over keys", "changes roles"))
"""Columns of what deployments are for, and no work of anything that was deployed."""
OF_TRAINING = frozenset(("writes models", "registers versions"))
"""Columns of what only training makes."""


class Bounds:
    """Who may reach what, by the spec and by what a role is for."""

    def __init__(self, case: Case) -> None:
        spec = case.spec
        self._training = spec.training_environment.name
        self._environments = {
            item.name: spec.account_id(item.account) for item in spec.environments
        }
        self._readers = {item.name: frozenset(item.environments) for item in datasets(case)}
        self._pipelines = _pipelines(case)
        self._serving = {item.execution_role_arn for item in every(case.plan.stages, EndpointPlan)}

    def problem(self, role: Role, thing: Thing) -> str | None:
        """Return why a role should not reach a thing, ``None`` if it may."""
        if thing.column == "approves versions":
            return "no role of the project approves what the project makes"
        if role.arn in self._serving and thing.column != "reads models":
            return "a role of containers that serve needs nothing but its model"
        if role.kind == "workload":
            return self._workload(role, thing)
        return self._deployment(role, thing)

    def _workload(self, role: Role, thing: Thing) -> str | None:
        if thing.column in OF_DEPLOYMENTS:
            return "what was deployed does not deploy"
        if thing.column in OF_ENVIRONMENTS and thing.scope != role.scope:
            return f"a role of {role.scope} has no part in {thing.scope}"
        if role.scope not in self._environments:
            return None if thing.column == "pushes images" else "it only builds or passes on"
        if thing.column == "pushes images":
            return "images are built in the tooling account"
        return self._shared(thing, frozenset([role.scope]))

    def _deployment(self, role: Role, thing: Thing) -> str | None:
        """Who deploys to an account can change what runs there, and so has what that may have."""
        accounts = self._pipelines.get(role.arn, frozenset([role.account]))
        here = frozenset(e for e, account in self._environments.items() if account in accounts)
        if thing.account in accounts:
            return None
        if thing.column in ("reads data", "reads models", *OF_TRAINING):
            return self._shared(thing, here)
        if role.arn in self._pipelines:
            return f"CodePipeline does not deploy {thing.scope} by it"
        return f"its account {role.account} has no part in {thing.scope}"

    def _shared(self, thing: Thing, environments: frozenset[str]) -> str | None:
        if thing.column == "reads data" and not self._readers[thing.name] & environments:
            return f"the spec lets only {', '.join(sorted(self._readers[thing.name]))} read it"
        if thing.column in OF_TRAINING and self._training not in environments:
            return f"only {self._training} trains"
        return None


def _pipelines(case: Case) -> Mapping[str, frozenset[str]]:
    """Return the accounts that each role of CodePipeline deploys to; none where it only checks."""
    found: dict[str, frozenset[str]] = {}
    for stage_0 in case.plan.stage_0:
        for pipeline in () if stage_0.pipeline is None else stage_0.pipeline.pipelines:
            for build in pipeline.builds:
                found[build.role.arn] = frozenset(
                    item.place.account
                    for item in case.plan.stage_0
                    if build.role.arn in item.pipeline_deployers
                )
            own = (found[build.role.arn] for build in pipeline.builds)
            found[pipeline.role.arn] = frozenset().union(*own)
    return found


@kept_by_plan
def bounds(case: Case) -> Bounds:
    """Return who may reach what in a project."""
    return Bounds(case)


def check(case: Case) -> Verdict:
    """Check what every role reaches, by itself and by becoming others."""
    found = matrix(case)
    roles = [row.role for row in found.rows]
    return Verdict(
        claim=CLAIM.id,
        checked=len(roles) * len(things(case)),
        evidence=tuple(_evidence(case)),
        findings=tuple(check_roles(case, roles)),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what roles reach beyond their environment and work."""
    limits, all_reached = bounds(case), reach(case)
    for role in roles:
        if role.kind == "person":
            continue
        row = all_reached.row(role)
        for thing in row.reached():
            problem = limits.problem(role, thing)
            if problem is not None:
                yield _finding(case, role, thing, problem, row.becomes)


def _finding(
    case: Case, role: Role, thing: Thing, problem: str, become: tuple[str, ...]
) -> Finding:
    arn = next(one for one in (role.arn, *become) if way(case, one, thing))
    found = way(case, arn, thing)
    through = "" if arn == role.arn else f" by becoming {short(arn)}"
    return Finding(
        subject=role.arn,
        where="; ".join(attempt.by for attempt in found),
        problem=f"{thing.column} of {thing.name} in {thing.scope}{through}, although {problem}: "
        + "; ".join(attempt.text for attempt in found),
        fix=f"take {found[0].request.action} on this resource from {short(arn)}"
        + ("" if arn == role.arn else f", or the way from {short(role.arn)} to it"),
    )


def _evidence(case: Case) -> Iterator[str]:
    found = matrix(case)
    stages = {item.name: item.stage for item in case.spec.environments}
    for index, column in enumerate(COLUMNS):
        own = sum(bool(row.cells[index].own) for row in found.rows)
        through = sum(
            bool(row.cells[index].through) and not row.cells[index].own for row in found.rows
        )
        yield (
            f"{column}: {counted(own, 'role')} of {len(found.rows)}"
            + (f", {through} more by becoming one of them" if through else "")
        )
    production = {name for name, stage in stages.items() if stage == "production"}
    for stage in ("development", "staging"):
        names = {name for name, of in stages.items() if of == stage}
        roles = [row for row in found.rows if row.role.scope in names]
        if roles and production:
            reached = {t.name for row in roles for t in row.reached() if t.scope in production}
            yield (
                f"{counted(len(roles), 'role')} of {stage} reach "
                f"{', '.join(sorted(reached)) or 'nothing'} of production"
            )
    yield from _together(case, stages)


def _together(case: Case, stages: Mapping[str, str]) -> Iterator[str]:
    """Name the accounts in which deployments to production are those to something else, too."""
    for stage_0 in case.plan.stage_0:
        if stage_0.pipeline is not None:
            yield (
                f"account {stage_0.place.account} runs the pipelines: its administrators can deploy to "
                "every account, and builds of pull requests to none"
            )
    for place in case.plan.places():
        here = [
            item.name
            for item in case.spec.environments
            if case.spec.account_id(item.account) == place.account
        ]
        if len(here) > 1 and any(stages[name] == "production" for name in here):
            yield (
                f"account {place.account} holds {', '.join(here)}: whoever deploys one of them "
                "deploys the others"
            )


CLAIM = Claim(
    id="blast-radius",
    sentence="An attacker with a role reaches nothing beyond its environment and work, by itself or by "
    "becoming others: development and staging never reach production, serving never reaches data.",
    check=check,
    check_roles=check_roles,
)
