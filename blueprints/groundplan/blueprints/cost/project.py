"""What one project costs a month, line by line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from groundplan.blueprints.cost.collect import Collector, InstanceUse
from groundplan.blueprints.cost.endpoints import add_endpoint
from groundplan.blueprints.cost.infrastructure import add_infrastructure
from groundplan.blueprints.cost.jobs import add_monitoring, add_scoring, add_training
from groundplan.blueprints.cost.lines import CostLine, NotCounted, Total, total
from groundplan.blueprints.cost.stage_0 import add_stage_0
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.stacks import (
    MonitoringStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StagePlan,
    TrainingStackPlan,
)
from groundplan.blueprints.spec import EnvironmentSpec, ProjectSpec

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook
    from groundplan.blueprints.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCost:
    """What one project costs a month on demand, before any Savings Plan."""

    spec: ProjectSpec
    """The project."""

    book: "PriceBook"
    """Prices that it was computed from."""

    lines: tuple[CostLine, ...]
    """The lines, by part of the project in the order of the plan."""

    uses: tuple[InstanceUse, ...]
    """Instance-hours of the lines that have some."""

    not_counted: tuple[NotCounted, ...]
    """What costs money and is in no line."""

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.spec.project

    @property
    def total(self) -> Total:
        """Sum of all lines."""
        return total(self.lines)

    def by_environment(self) -> tuple[tuple[str, str, Total], ...]:
        """Return environment, account and sum of each part, in the order of the lines."""
        parts = dict.fromkeys((line.environment, line.account) for line in self.lines)
        return tuple(
            (
                environment,
                account,
                total(
                    line
                    for line in self.lines
                    if (line.environment, line.account) == (environment, account)
                ),
            )
            for environment, account in parts
        )

    @property
    def budget(self) -> Decimal | None:
        """Budget of the spec, USD a month; None without one."""
        cost = self.spec.cost
        if cost is None or cost.budget_usd_per_month is None:
            return None
        return Decimal(str(cost.budget_usd_per_month))


def project_cost(spec: ProjectSpec, plan: "Plan", book: "PriceBook") -> ProjectCost:
    """Return what a project costs a month of 730 hours, with all endpoints in service.

    Args:
        spec: What is wanted, with what it says about usage, and the files that it names.
        plan: The same project, decided.
        book: Known prices.

    Raises:
        InputError: If a profile of traffic is wrong.
        PlanError: If traffic cannot be served as asked.
    """
    bill, context = Collector(project=spec.project, book=book), Context(spec)
    environments = {environment.name: environment for environment in spec.environments}
    for stage in plan.stages:
        environment = environments.get(stage.id)
        if environment is not None:
            _work(bill, context, environment, stage)
        add_infrastructure(bill, spec, stage)
    for stage_0 in plan.stage_0:
        add_stage_0(bill, stage_0)
    return ProjectCost(
        spec=spec,
        book=book,
        lines=tuple(bill.lines),
        uses=tuple(bill.uses),
        not_counted=tuple(bill.not_counted),
    )


def _work(
    bill: Collector,
    context: Context,
    environment: EnvironmentSpec,
    stage: StagePlan,
) -> None:
    spec = context.spec
    models = {model.name: model for model in spec.models}
    place = stage.place
    for stack in stage.stacks:
        if isinstance(stack, ServingStackPlan):
            model = models[stack.endpoint.model]
            add_endpoint(bill, environment, place, model, stack.endpoint, context)
        elif isinstance(stack, TrainingStackPlan):
            for training in stack.models:
                add_training(bill, spec, environment, place, models[training.model], training)
        elif isinstance(stack, MonitoringStackPlan):
            for watched in stack.models:
                model = models[watched.model]
                if model.monitoring is not None:
                    add_monitoring(
                        bill, spec, environment, place, model, model.monitoring, watched.pipeline
                    )
        elif isinstance(stack, ScoringStackPlan):
            for scored in stack.models:
                model = models[scored.model]
                add_scoring(bill, spec, environment, place, model, scored.pipeline)
