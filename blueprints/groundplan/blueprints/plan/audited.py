"""Decides which accounts have an audit trail, and of which data."""

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.names import Place


def audited_buckets(context: Context, place: Place) -> tuple[str, ...] | None:
    """Return the buckets of an account whose single objects are audited; ``None`` without a trail.

    Those are datasets, the working data of production, and where they share an account with it, the
    models.
    """
    spec = context.spec
    wanted = spec.governance.audit_trail
    production = [item for item in spec.environments if item.stage == "production"]
    here = [item for item in production if spec.account_id(item.account) == place.account]
    datasets = [item for item in spec.datasets if context.place(item.account) == place]
    some = bool(here or (production and datasets))
    if wanted == "none" or (wanted == "production" and not some):
        return None
    return (
        *(context.dataset_bucket(item) for item in datasets),
        *(context.work_bucket(item) for item in here),
        *((context.artifacts,) if context.tooling == place else ()),
    )
