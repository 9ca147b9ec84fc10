"""Makes a case to prove from a spec."""

from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.world import world
from groundplan.blueprints.spec import ProjectSpec


def case(spec: ProjectSpec, engine: Engine = "cdk") -> Case:
    """Plan a spec for an engine and build the world of the plan.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    decided = plan(spec, engine=engine)
    return Case(spec=spec, plan=decided, world=world(spec, decided))
