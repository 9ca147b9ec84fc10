"""What the project may cost names models, datasets, environments and accounts that there are."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.catalogue import suggest
from groundplan.blueprints.spec.document import Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.serving import BatchServing

if TYPE_CHECKING:
    from groundplan.blueprints.spec.cost import ModelUsageSpec
    from groundplan.blueprints.spec.model import ModelSpec
    from groundplan.blueprints.spec.project import ProjectSpec


def check_cost(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what ``cost`` names that is not there, and what it says that means nothing."""
    cost = spec.cost
    if cost is None:
        return
    models = {model.name: model for model in spec.models}
    path: Path = ("cost", "usage")
    yield from _unknown(path, cost.usage, models, ("models",))
    for name, usage in cost.usage.items():
        if name in models:
            yield from _usage((*path, name), usage, models[name])
    path = ("cost", "storage")
    datasets = [dataset.name for dataset in spec.datasets]
    yield from _unknown((*path, "datasets_gib"), cost.storage.datasets_gib, datasets, ("datasets",))
    environments = [environment.name for environment in spec.environments]
    yield from _unknown(
        (*path, "logs_gib_per_month"),
        cost.storage.logs_gib_per_month,
        environments,
        ("environments",),
    )
    plan = cost.savings_plan
    owner = plan.owner_account if plan is not None else None
    if owner is not None and owner not in (*spec.accounts, "tooling", "data"):
        yield _missing(("cost", "savings_plan", "owner_account"), owner, spec.accounts, "accounts")


def _unknown(
    path: Path, names: Collection[str], known: Collection[str], needs: Path
) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield _missing((*path, name), name, known, str(needs[0]))


def _missing(path: Path, name: str, known: Collection[str], where: str) -> Finding:
    near = suggest(name, sorted(known))
    return Finding(
        path=path,
        problem=f"none of {where}",
        got=name,
        fix=f"did you mean {near!r}?" if near else f"use one of {', '.join(sorted(known))}",
        needs=((where,),),
    )


def _usage(path: Path, usage: "ModelUsageSpec", model: "ModelSpec") -> Iterator[Finding]:
    batch = isinstance(model.serving, BatchServing)
    for field, there, without in (
        ("scoring_hours", batch, "batch serving"),
        ("monitoring_hours", model.monitoring is not None, "monitoring"),
    ):
        if getattr(usage, field) is not None and not there:
            yield Finding(
                path=(*path, field),
                problem=f"means nothing without {without}",
                got=getattr(usage, field),
                fix="remove it",
                needs=(("models",),),
            )
    share = usage.on_demand_share
    if share is not None and share < 1 and model.training.spot is None:
        yield Finding(
            path=(*path, "on_demand_share"),
            problem="all of it is on demand without training.spot",
            got=share,
            fix="remove it, or turn spot on",
            needs=(("models",),),
        )
    longest = model.training.max_runtime_hours
    if usage.training_hours is not None and usage.training_hours > longest:
        yield Finding(
            path=(*path, "training_hours"),
            problem=f"must be at most training.max_runtime_hours, which is {longest:g}",
            got=usage.training_hours,
            fix="lower it, or raise the limit",
            needs=(("models",),),
        )
