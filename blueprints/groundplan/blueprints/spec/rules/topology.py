"""Environments: which one trains, and which network each has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.environment import EnvironmentSpec
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.network import ExistingNetwork, NetworkSpec

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec


def check_topology(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong between environments."""
    yield from _training(spec)
    yield from _networks(spec)


def trainers(spec: "ProjectSpec") -> list[EnvironmentSpec]:
    """Return the environments that train: exactly one, unless that is itself the mistake."""
    if len(spec.environments) == 1:
        return list(spec.environments)
    return [environment for environment in spec.environments if environment.trains]


def _training(spec: "ProjectSpec") -> Iterator[Finding]:
    training = [e for e, environment in enumerate(spec.environments) if environment.trains]
    for e in training[1:]:
        first = spec.environments[training[0]].name
        yield Finding(
            path=("environments", e, "trains"),
            problem="a model is built once, in one environment",
            got=True,
            fix=f"remove it here or from {first!r}",
        )
    if training:
        return
    if len(spec.environments) > 1:
        yield Finding(
            path=("environments",),
            problem="one of several environments must train",
            got=Bare(f"{len(spec.environments)} that do not"),
            fix="add 'trains: true' to one",
            needs=(("environments", "*", "trains"),),
        )
    elif spec.environments[0].trains is False:
        yield Finding(
            path=("environments", 0, "trains"),
            problem="the only environment must train",
            got=False,
            fix="remove it",
        )


def _networks(spec: "ProjectSpec") -> Iterator[Finding]:
    shared = [e for e in spec.environments if e.overrides.network is None]
    yield from _network(("network",), spec.network)
    if isinstance(spec.network, ExistingNetwork) and len({e.region for e in shared}) > 1:
        yield Finding(
            path=("network", "vpc_id"),
            problem="a VPC is in one region, and environments in several would use it",
            got=spec.network.vpc_id,
            fix="set the network of each environment under its overrides",
            needs=(("environments", "*", "region"), ("environments", "*", "overrides")),
        )
    for e, environment in enumerate(spec.environments):
        if environment.overrides.network is not None:
            path = ("environments", e, "overrides", "network")
            yield from _network(path, environment.overrides.network)


def _network(path: Path, network: NetworkSpec) -> Iterator[Finding]:
    if not isinstance(network, ExistingNetwork):
        return
    for field in ("subnet_ids", "security_group_ids"):
        ids: tuple[str, ...] = getattr(network, field)
        for i, name in enumerate(ids):
            if name in ids[:i]:
                yield Finding(
                    path=(*path, field, i), problem="is there twice", got=name, fix="remove one"
                )
