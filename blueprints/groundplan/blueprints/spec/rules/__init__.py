"""Rules over a whole spec, which no field can check on its own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.rules.approvals import check_approvals
from groundplan.blueprints.spec.rules.batch import check_batch
from groundplan.blueprints.spec.rules.content import check_content
from groundplan.blueprints.spec.rules.cost import check_cost
from groundplan.blueprints.spec.rules.data import check_data
from groundplan.blueprints.spec.rules.evaluation import check_evaluation
from groundplan.blueprints.spec.rules.governance import check_governance
from groundplan.blueprints.spec.rules.monitoring import check_monitoring
from groundplan.blueprints.spec.rules.names import check_names
from groundplan.blueprints.spec.rules.pipelines import check_pipelines
from groundplan.blueprints.spec.rules.serving import check_serving
from groundplan.blueprints.spec.rules.sizing import check_sizing
from groundplan.blueprints.spec.rules.to_zero import check_to_zero
from groundplan.blueprints.spec.rules.topology import check_topology
from groundplan.blueprints.spec.rules.tracking import check_tracking
from groundplan.blueprints.spec.rules.training import check_training

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

__all__ = ["check_rules"]


def check_rules(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield every broken rule of ``spec``."""
    yield from check_content(spec)
    yield from check_names(spec)
    yield from check_topology(spec)
    yield from check_data(spec)
    yield from check_training(spec)
    yield from check_evaluation(spec)
    yield from check_serving(spec)
    yield from check_sizing(spec)
    yield from check_to_zero(spec)
    yield from check_monitoring(spec)
    yield from check_batch(spec)
    yield from check_approvals(spec)
    yield from check_pipelines(spec)
    yield from check_tracking(spec)
    yield from check_governance(spec)
    yield from check_cost(spec)
