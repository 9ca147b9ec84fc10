"""What can record training runs, and from where it is reached."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.catalogue.mlflow import APP_REGIONS, SERVER_REGIONS
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.network import IsolatedNetwork
from groundplan.blueprints.spec.rules.topology import trainers

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec


def check_tracking(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield options that nothing would follow, and servers that could not be made or reached."""
    tracking = spec.tracking
    for field, of in (("size", "server"), ("version", "server"), ("allow_internet", "app")):
        value = getattr(tracking, field)
        if value not in (None, False) and tracking.mlflow != of:
            yield Finding(
                path=("tracking", field),
                problem=f"is an option of mlflow: {of}",
                got=value,
                fix=f"remove it, or use mlflow: {of}",
                needs=(("tracking", "mlflow"),),
            )
    training = trainers(spec)
    if tracking.mlflow == "none" or not training:
        return
    known = APP_REGIONS if tracking.mlflow == "app" else SERVER_REGIONS
    region = training[0].region
    if region not in known:
        other = "server" if tracking.mlflow == "app" and region in SERVER_REGIONS else "none"
        yield Finding(
            path=("tracking", "mlflow"),
            problem=f"CloudFormation does not have it in region {region}",
            got=tracking.mlflow,
            fix=f"use {other!r}",
            needs=(("environments", "*", "region"),),
        )
    network = training[0].overrides.network or spec.network
    isolated = isinstance(network, IsolatedNetwork)
    if tracking.mlflow == "app" and isolated and not tracking.allow_internet:
        yield Finding(
            path=("tracking", "mlflow"),
            problem="no private way from an isolated network to an MLflow app is documented",
            got=tracking.mlflow,
            fix="use 'server', or set allow_internet: true, by which the job that records runs, and "
            "sees only their numbers, runs outside the network",
            needs=(("network",), ("environments", "*", "overrides", "network")),
        )
    if tracking.allow_internet and tracking.mlflow == "app" and not isolated:
        yield Finding(
            path=("tracking", "allow_internet"),
            problem="is about an isolated network, and training has none",
            got=True,
            fix="remove it",
            needs=(("network",), ("environments", "*", "overrides", "network")),
        )
