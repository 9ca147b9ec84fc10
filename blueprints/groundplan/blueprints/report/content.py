"""What a report is about, computed once and shared by its parts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from groundplan.blueprints.cost.change import CostChange
from groundplan.blueprints.cost.project import project_cost
from groundplan.blueprints.cost.report import CostReport, cost_report
from groundplan.blueprints.diff import PermissionDiff, ProjectDiff, Resource, inventory
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.report import Proof, prove
from groundplan.blueprints.prove.world import world
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines import Pipeline

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.plan.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since an older spec or plan."""

    since: str
    """Name of what the project is compared with, for a reader: no path of this machine."""

    resources: ProjectDiff
    """Resources that differ."""

    permissions: PermissionDiff
    """What roles and others may do that they could not, and the other way round."""

    cost: CostChange | None
    """How the cost differs; None where the older side is a stored plan."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Content:
    """A project with all that is known of it."""

    spec: ProjectSpec
    """What is wanted."""

    source: str
    """The spec as its author wrote it."""

    file_name: str
    """Name of the spec's file, without its directory."""

    plan: Plan
    """The spec, decided."""

    resources: dict[str, Resource]
    """The plan's resources by id: stage, stack and unit."""

    pipelines: tuple[Pipeline, ...]
    """The pipelines, as the plan deploys them."""

    proof: Proof
    """Every claim about it."""

    cost: CostReport
    """What it costs a month."""

    changes: Changes | None = None
    """What changed since an older plan. Default: nothing to compare with was given."""

    def with_changes(self, changes: Changes) -> "Content":
        """Return the same with what changed since an older plan."""
        return replace(self, changes=changes)


def content(
    spec: ProjectSpec,
    *,
    source: str,
    file_name: str,
    book: "PriceBook",
    engine: "Engine" = "cdk",
    progress: Callable[[str], None] = lambda _: None,
) -> Content:
    """Plan, prove and cost a project.

    Args:
        spec: What is wanted.
        source: The spec as its author wrote it.
        file_name: Name of the spec's file.
        book: Known prices.
        engine: What deploys.
        progress: Is told what is done next.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
        InputError: If a profile of traffic is wrong.
    """
    found: list[Pipeline] = []

    def note(pipeline: Pipeline) -> Pipeline:
        found.append(pipeline)
        return pipeline

    progress("planning")
    decided = plan(spec, edit=note, engine=engine)
    progress("computing the cost")
    cost = cost_report([project_cost(spec, decided, book)])
    case = Case(spec=spec, plan=decided, world=world(spec, decided))
    proof = prove(case, progress=lambda claim: progress(f"checking {claim}"))
    return Content(
        spec=spec,
        source=source,
        file_name=file_name,
        plan=decided,
        resources=inventory(to_json(decided)),
        pipelines=tuple(found),
        proof=proof,
        cost=cost,
    )
