"""A world, arranged for fast answers."""

from functools import cached_property

from groundplan.blueprints.prove.model import Resource, Role, World

_KEPT = 8
"""Worlds whose arrangement is kept: a mutation run compares one with another."""


class Index:
    """Roles and resources by ARN."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.roles: dict[str, Role] = {role.arn: role for role in world.roles}
        self._resources = {resource.arn: resource for resource in world.resources}

    @cached_property
    def region(self) -> str | None:
        """The one region of all resources whose ARN names one; ``None`` if there are several."""
        found = {arn.split(":")[3] for arn in self._resources} - {""}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _sessions(self) -> dict[str, str]:
        """Roles by account and name, which is what the ARN of a session holds."""
        return {f"{arn.split(':')[4]}/{arn.rpartition('/')[2]}": arn for arn in self.roles}

    def resource(self, arn: str) -> Resource | None:
        """Return the resource whose policy protects ``arn``: a bucket for its objects, and so on."""
        found = self._resources.get(arn)
        if found is None and arn.startswith("arn:"):
            service, _, name = arn.partition(":")[2].partition(":")[2].partition(":")
            if service == "s3":
                found = self._resources.get(arn.partition("/")[0])
            elif service == "sagemaker" and ":model-package/" in name:
                group = arn.replace(":model-package/", ":model-package-group/", 1)
                found = self._resources.get("/".join(group.split("/")[:2]))
        return found

    def role_of_session(self, principal: str) -> str | None:
        """Return the ARN of the role that a session is of, if the world has it."""
        if ":assumed-role/" not in principal:
            return None
        parts = principal.split(":", 5)
        return self._sessions.get(f"{parts[4]}/{parts[5].split('/')[1]}")


def index(world: World) -> Index:
    """Return the arrangement of a world, made once for each."""
    known = _INDEXES.get(id(world))
    if known is None or known.world is not world:
        while len(_INDEXES) >= _KEPT:
            del _INDEXES[next(iter(_INDEXES))]
        known = _INDEXES[id(world)] = Index(world)
    return known


_INDEXES: dict[int, Index] = {}
"""By identity, oldest first: worlds have no hash. Holding the world keeps its id."""
