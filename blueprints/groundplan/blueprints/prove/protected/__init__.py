"""What nobody may change but those whose work it is: one row an action and a thing."""

from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.protected.facts import Facts, Protected
from groundplan.blueprints.prove.protected.pipelines import pipelines
from groundplan.blueprints.prove.protected.registry import registry
from groundplan.blueprints.prove.protected.serving import serving
from groundplan.blueprints.prove.protected.stores import stores

__all__ = ["Protected", "protected"]


@kept_by_plan
def protected(case: Case) -> tuple[Protected, ...]:
    """Return everything that is protected in a project."""
    facts = Facts(case)
    return (*serving(facts), *pipelines(facts), *registry(facts), *stores(facts))
