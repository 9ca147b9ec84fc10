"""What the CI of a repository deploys, job by job, and as whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import StagePlan
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan

ORDER = ("tooling", "development", "staging", "production")
"""Order in which environments are deployed, by what they are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A job of CI that deploys."""

    name: str
    """Name of the job and of its environment in the CI system, which the accounts' trusts name."""

    directory: str
    """Directory of its program, from the repository's root."""

    stages: tuple[str, ...]
    """Stages of the plan that it deploys."""

    stage: str
    """What its environment is for: ``tooling``, ``development``, ``staging`` or ``production``."""

    accounts: tuple[Stage0Plan, ...]
    """Accounts that it deploys to; one with CDK."""

    approval: bool
    """Whether a person has to approve it: it holds the deployer of an account of production."""

    needs: tuple[str, ...]
    """Jobs that come before: those of the environments before it in the order."""

    @property
    def place(self) -> Place:
        """Account and region of the first."""
        return self.accounts[0].place


def deployments(
    plan: Plan, stages: Mapping[str, str], wanted: Sequence[str]
) -> tuple[Deployment, ...]:
    """Return the jobs that deploy, in order.

    With CDK each stage is a job, since the deployer of one account can do nothing in another; with
    Pulumi each part is, which begins with the credentials of each of its accounts.

    Args:
        plan: What is decided, and by which engine.
        stages: What each part of the plan is for; see :data:`ORDER`.
        wanted: Parts that the repository is for.
    """
    production = {
        stage.place
        for part, held in plan.parts().items()
        if stages[part] == "production"
        for stage in held
    }
    found: list[Deployment] = []
    for purpose in ORDER:
        before = _last(found)
        for part, held in plan.parts().items():
            if part not in wanted or stages[part] != purpose:
                continue
            units = {part: held} if plan.engine == "pulumi" else {item.id: (item,) for item in held}
            found += [
                Deployment(
                    name=name,
                    directory=f"environments/{part}",
                    stages=tuple(stage.id for stage in unit),
                    stage=purpose,
                    accounts=_accounts(plan, unit),
                    approval=any(stage.place in production for stage in unit),
                    needs=before,
                )
                for name, unit in units.items()
            ]
    return tuple(found)


def _last(found: Sequence[Deployment]) -> tuple[str, ...]:
    """Return the names of the jobs that are for the same as the last one."""
    return tuple(item.name for item in found if item.stage == found[-1].stage)


def _accounts(plan: Plan, stages: Sequence[StagePlan]) -> tuple[Stage0Plan, ...]:
    places = {stage.place for stage in stages}
    return tuple(item for item in plan.stage_0 if item.place in places)
