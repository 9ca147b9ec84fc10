"""Encryption of everything that a plan keeps: units, jobs, and what no key of the project reaches."""

from collections.abc import Iterator

from groundplan.blueprints.prove.at_rest.jobs import job_stores
from groundplan.blueprints.prove.at_rest.keys import Exempt, Keys, Outcome, Problem
from groundplan.blueprints.prove.at_rest.units import STORES, has_row
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.machine_tasks import tasks
from groundplan.blueprints.prove.parts import units

__all__ = ["Exempt", "Outcome", "Problem", "at_rest"]


def at_rest(case: Case) -> Iterator[tuple[str, tuple[Outcome, ...]]]:
    """Yield each store of a plan by its kind, with what is wrong with it or exempt."""
    plan = case.plan
    parts = [(part, part.place) for part in plan.stage_0]
    stages = [(stage, stage.place) for stage in plan.stages]
    known = {stage.id: Keys(plan, place, stage) for stage, place in stages}
    unknown: set[type] = set()
    for part, place in (*parts, *stages):
        keys = Keys(plan, place, part)
        for unit in units(part):
            kind = type(unit)
            check = STORES.get(kind)
            if check is not None:
                yield kind.__name__.removesuffix("Plan"), tuple(check(unit, keys))
            elif not has_row(kind) and kind not in unknown:
                unknown.add(kind)
                yield kind.__name__, (_unknown(kind),)
    for task in tasks(plan):
        yield "Job", tuple(job_stores(task, known[task.scope]))


def _unknown(kind: type) -> Problem:
    return Problem(
        subject=kind.__name__,
        where=f"{kind.__module__}.{kind.__name__}",
        problem=f"nothing says whether {kind.__name__} keeps data, and under which key",
        fix="add a row to STORES or NO_DATA in groundplan.blueprints.prove.at_rest.units",
    )
