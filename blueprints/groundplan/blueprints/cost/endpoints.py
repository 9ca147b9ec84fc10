"""What the endpoints of an environment use."""

from decimal import Decimal

import numpy as np

from groundplan.blueprints.cost.collect import Collector
from groundplan.blueprints.cost.usage import Hours
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.serving import is_sized, sized_serving
from groundplan.blueprints.plan.sizing.clock import HOURS_PER_WEEK
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec, RealtimeServing


def add_endpoint(
    bill: Collector,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    endpoint: EndpointPlan,
    context: Context,
) -> None:
    """Add an endpoint: sized by the hour where its traffic is known, else between its bounds.

    Without traffic, an endpoint that scales costs at least its fewest instances and at most its
    greatest number. Instances that a release starts beside the old ones are not counted.

    Raises:
        InputError: If the profile of the traffic is wrong.
        PlanError: If the traffic cannot be served as asked.
    """
    serving = model.serving
    if not isinstance(serving, RealtimeServing):
        return
    instance_type = endpoint.instance_type
    if is_sized(context, environment, model):
        found = sized_serving(context, environment, model)
        sized, to_zero = found.endpoint, found.to_zero
        least = most = by_hour(sized.counts, sized.lag_instance_hours)
        if to_zero is not None:
            least = most = least - to_zero.saved[: len(least)]
        fewest = 0 if to_zero is not None else int(sized.counts.min())
        count = f"{count_text(fewest, int(sized.counts.max()))} by traffic"
    else:
        scaling = endpoint.scaling
        fewest = scaling.min_instances if scaling else endpoint.initial_instance_count
        greatest = scaling.max_instances if scaling else fewest
        least, most = (np.full(HOURS_PER_WEEK, float(n)) for n in (fewest, greatest))
        count = count_text(fewest, greatest)
    bill.instances(
        environment.name,
        place,
        f"{model.name}/endpoint",
        "endpoint",
        f"{model.name}: endpoint, {count} {instance_type}",
        component="hosting",
        instance_type=instance_type,
        hours=least,
        hours_most=most,
        steady=True,
    )
    # Rollback alarms are of the live version; those of a version in shadow are there for hours.
    bill.service(
        environment.name, place, f"{model.name}/alarms", "alarms", f"{model.name}: endpoint's alarms",
        "alarm-month", Decimal(len(endpoint.alarms)), "cloudwatch:alarm_month",
    )  # fmt: skip
    bill.skip(
        environment.name,
        f"{model.name}: endpoint's volumes, data in and out, and second fleet during releases",
        "the spec does not say how much it is",
    )


def by_hour(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]", lag: float) -> Hours:
    """Return the instance-hours of each hour: the counts, and what scaling late adds, evenly.

    A leap year's last day is left out, so that all years have one length.
    """
    year = 8760
    hours = np.asarray(counts[:year], dtype=np.float64)
    return hours + lag / len(counts)


def count_text(fewest: int, greatest: int) -> str:
    """Return a range of counts as text."""
    return str(fewest) if fewest == greatest else f"{fewest} to {greatest}"
