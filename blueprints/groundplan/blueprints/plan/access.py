"""Derives what policies of keys, buckets and registries allow from the duties of all roles.

A duty is what a role may do; where AWS asks the resource as well, as it does across accounts and for
every key, its policy names exactly the roles that have such a duty.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeVar

from groundplan.blueprints.plan.container_repository import PULL_ACTIONS
from groundplan.blueprints.plan.data_bucket import BucketAccess
from groundplan.blueprints.plan.encryption_key import ADMIN_ACTIONS, KeyUse
from groundplan.blueprints.plan.model_registry import RegistryAccess
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline_duties.facts import HELD
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty, RolePlan

ALIASES = ("ForAnyValue:StringEquals", "kms:ResourceAliases")
REGISTRY_ACTIONS = frozenset(
    f"sagemaker:{action}"
    for action in (
        "CreateModel",
        "CreateModelPackage",
        "DescribeModelPackage",
        "ListModelPackages",
        "UpdateModelPackage",
    )
)
"""Actions that a package group's policy can allow, of those that roles of the project have."""

Kind = TypeVar("Kind")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The roles of a project, stage 0's included, and what they need of each resource."""

    roles: tuple[RolePlan, ...]
    """All roles."""

    def key_uses(self, alias_arn: str) -> tuple[KeyUse, ...]:
        """Return the uses of the key behind an alias, one for each kind of use."""
        place, _, name = alias_arn.partition(":alias/")
        found: dict[tuple[str, str], set[str]] = {}
        conditions: dict[str, Condition] = {}
        for role, duty in self._duties():
            if f"{place}:key/*" in duty.resources and f"alias/{name}" in _aliases(duty):
                condition = {k: dict(v) for k, v in duty.condition.items() if k != ALIASES[0]}
                text = json.dumps(condition, sort_keys=True)
                conditions[text] = condition
                own = role.arn.split(":")[4] == place.split(":")[4]
                actions = {a for a in duty.actions if not own or a not in ADMIN_ACTIONS}
                found.setdefault((role.arn, text), set()).update(actions)
        grouped = _grouped(
            ((tuple(sorted(actions)), text), role)
            for (role, text), actions in found.items()
            if actions
        )
        ids = _Ids()
        return tuple(
            KeyUse(
                id=ids.next(_use_id(actions, text)),
                roles=roles,
                actions=actions,
                condition=conditions[text],
            )
            for (actions, text), roles in grouped.items()
        )

    def bucket_access(self, place: Place, bucket: str) -> tuple[BucketAccess, ...]:
        """Return what roles do with a bucket and its objects."""
        arn = place.bucket_arn(bucket)
        whole = _grouped(
            (tuple(sorted(duty.actions)), role.arn)
            for role, duty in self._duties()
            if arn in duty.resources
        )
        parts = _grouped(
            ((tuple(sorted(duty.actions)), resource.removeprefix(f"{arn}/")), role.arn)
            for role, duty in self._duties()
            for resource in duty.resources
            if resource.startswith(f"{arn}/")
        )
        keys = _grouped(((actions, roles), key) for (actions, key), roles in parts.items())
        ids = _Ids()
        return (
            *(
                BucketAccess(
                    id=ids.next(_bucket_id(actions)), roles=roles, actions=actions, keys=patterns
                )
                for (actions, roles), patterns in keys.items()
            ),
            *(
                BucketAccess(
                    id=ids.next(_bucket_id(actions)), roles=roles, actions=actions, keys=()
                )
                for actions, roles in whole.items()
            ),
        )

    def coarse_bucket_access(self, place: Place, bucket: str) -> tuple[BucketAccess, ...]:
        """Return the same in few statements, for a bucket of more models than a policy has room for.

        Each statement admits all roles of other accounts that do a thing anywhere in a folder. What
        they really may is still exact: across accounts a role needs its own policy's leave as well,
        and roles of the bucket's account, which do not, are left out.
        """
        exact = self.foreign_bucket_access(place, bucket)
        folders = _grouped(
            ((item.actions, key.partition("/")[0]), role)
            for item in exact
            for key in item.keys
            for role in item.roles
        )
        ids = _Ids()
        return (
            *(
                BucketAccess(
                    id=ids.next(_bucket_id(actions)),
                    roles=roles,
                    actions=actions,
                    keys=("*",) if folder == "*" else (f"{folder}/*",),
                )
                for (actions, folder), roles in folders.items()
            ),
            *(
                replace(item, id=ids.next(_bucket_id(item.actions)))
                for item in exact
                if not item.keys
            ),
        )

    def foreign_bucket_access(self, place: Place, bucket: str) -> tuple[BucketAccess, ...]:
        """Return what roles of other accounts do with a bucket; its own need no leave of it."""
        return Access(roles=self._foreign(place)).bucket_access(place, bucket)

    def pullers(self, repository_arn: str) -> tuple[str, ...]:
        """Return the roles of other accounts that pull images of a repository."""
        return self._of_images(repository_arn, lambda duty: set(PULL_ACTIONS) <= set(duty.actions))

    def resolvers(self, repository_arn: str) -> tuple[str, ...]:
        """Return the roles of other accounts that look up digests in a repository."""
        return self._of_images(repository_arn, lambda duty: "ecr:DescribeImages" in duty.actions)

    def registry_access(self, group_arn: str) -> tuple[RegistryAccess, ...]:
        """Return what roles of other accounts do with the versions in a model package group."""
        versions = group_arn.replace(":model-package-group/", ":model-package/") + "/1"
        found: dict[tuple[str, bool], set[str]] = {}
        for role, duty in self._duties():
            actions = REGISTRY_ACTIONS & set(duty.actions)
            if _account(role.arn) == _account(group_arn):
                continue  # its own policy is enough
            if actions and any(_matches(duty, arn) for arn in (group_arn, versions)):
                whole = _matches(duty, group_arn)
                found.setdefault((role.arn, whole), set()).update(actions)
        grouped = _grouped(
            ((tuple(sorted(actions)), whole), role) for (role, whole), actions in found.items()
        )
        ids = _Ids()
        return tuple(
            RegistryAccess(
                id=ids.next(_registry_id(actions)), roles=roles, actions=actions, group=whole
            )
            for (actions, whole), roles in grouped.items()
        )

    def event_sources(self, place: Place, bus_arn: str) -> tuple[str, ...]:
        """Return the roles of other accounts that put events on a bus."""
        return tuple(
            dict.fromkeys(
                role.arn
                for role in self._foreign(place)
                for duty in role.duties
                if "events:PutEvents" in duty.actions and bus_arn in duty.resources
            )
        )

    def log_groups(self, place: Place, prefix: str) -> tuple[str, ...]:
        """Return the log groups of an account below ``prefix`` that roles write to, sorted."""
        arn = place.arn("logs", f"log-group:{prefix}")
        return tuple(
            sorted(
                {
                    prefix + resource.removeprefix(arn).removesuffix(":*")
                    for _, duty in self._duties()
                    if "logs:PutLogEvents" in duty.actions
                    for resource in duty.resources
                    if resource.startswith(arn)
                }
            )
        )

    def _duties(self) -> Iterator[tuple[RolePlan, Duty]]:
        return ((role, duty) for role in self.roles for duty in role.duties)

    def _foreign(self, place: Place) -> tuple[RolePlan, ...]:
        return tuple(role for role in self.roles if role.arn.split(":")[4] != place.account)

    def _of_images(self, arn: str, wanted: Callable[[Duty], bool]) -> tuple[str, ...]:
        """Return the roles of other accounts: those of the registry's own need no leave of it."""
        return tuple(
            dict.fromkeys(
                role.arn
                for role, duty in self._duties()
                if arn in duty.resources and wanted(duty) and _account(role.arn) != _account(arn)
            )
        )


def every(value: object, kind: type[Kind]) -> Iterator[Kind]:
    """Yield every instance of ``kind``, a dataclass, within a part of a plan, in order."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _LEAVES):
            continue
        if isinstance(item, kind):
            yield item
        if isinstance(item, (list, tuple)):
            waiting.extend(reversed(item))
        elif isinstance(item, Mapping):
            waiting.extend(reversed(tuple(item.values())))
        else:
            names = _members(type(item))  # type: ignore[arg-type]  # a class has a hash
            waiting.extend(getattr(item, name) for name in names)


_LEAVES = (str, int, float, type, type(None))


@cache
def _members(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass, the last one first; none of any other class."""
    return tuple(item.name for item in reversed(fields(kind))) if is_dataclass(kind) else ()


class _Ids:
    """Ids in order of use, numbered where one is used again."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, id: str) -> str:
        self._seen[id] = number = self._seen.get(id, 0) + 1
        return id if number == 1 else f"{id}{number}"


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _aliases(duty: Duty) -> tuple[Json, ...]:
    names = duty.condition.get(ALIASES[0], {}).get(ALIASES[1], ())
    return tuple(names) if isinstance(names, (list, tuple)) else (names,)


def _grouped(pairs: Iterable[tuple[Key, str]]) -> dict[Key, tuple[str, ...]]:
    found: dict[Key, dict[str, None]] = {}
    for key, value in pairs:
        found.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in found.items()}


def _matches(duty: Duty, arn: str) -> bool:
    return any(fnmatchcase(arn, resource) for resource in duty.resources)


def _use_id(actions: tuple[str, ...], condition: str) -> str:
    if actions == ("kms:CreateGrant",):
        return "EncryptVolumes"
    verb = "Read" if actions == ("kms:Decrypt",) else "Write"
    service = condition.partition('"kms:ViaService": "')[2].partition(".")[0]
    return f"{verb}{HELD.get(service, '')}"


def _bucket_id(actions: tuple[str, ...]) -> str:
    first = actions[-1].removeprefix("s3:")
    known = {"GetObject": "Read", "ListBucket": "List", "ListBucketVersions": "ListVersions"}
    return known.get(first, "Write" if "s3:PutObject" in actions else first)


def _registry_id(actions: tuple[str, ...]) -> str:
    if "sagemaker:CreateModelPackage" in actions:
        return "Register"
    return "Serve" if "sagemaker:CreateModel" in actions else "Read"
