"""The keys of a project, and whether something is encrypted under one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.prove.parts import every


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a store is not protected as it is claimed to be."""

    subject: str
    """ARN or name of the store."""

    where: str
    """Property at fault."""

    problem: str
    """What is wrong, with the value."""

    fix: str
    """Smallest change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """A store that no key of the project encrypts, for a reason that is AWS's."""

    store: str
    """Name of the store."""

    reason: str
    """Why, in one clause."""


Outcome = Problem | Exempt
"""What looking at a store gives besides nothing, which is that it is encrypted as claimed."""


@dataclass(frozen=True)
class Keys:
    """The keys of a plan, seen from one of its stages."""

    plan: Plan
    place: Place
    """Account and region of what is looked at."""

    part: object
    """The stage, or stage 0."""

    @cached_property
    def aliases(self) -> frozenset[str]:
        """ARNs of the aliases of all keys of the project."""
        return frozenset(
            key.alias_arn for key in every((self.plan.stage_0, self.plan.stages), EncryptionKeyPlan)
        )

    @cached_property
    def refs(self) -> frozenset[Ref]:
        """Refs to the keys of this stage."""
        return frozenset(key.arn for key in every(self.part, EncryptionKeyPlan))

    @cached_property
    def log_buckets(self) -> frozenset[str]:
        """Names of the buckets of this stage that receive access logs."""
        found = (item.access_logs_bucket for item in every(self.part, DataBucketPlan))
        return frozenset(name for name in found if name is not None)

    def owns(self, key: Ref | str | None) -> bool:
        """Return whether ``key`` is one of the project's: a ref, an alias or its ARN."""
        if isinstance(key, Ref):
            return key in self.refs
        if key is None:
            return False
        arn = key if key.startswith("arn:") else self.place.arn("kms", key)
        return arn in self.aliases

    def check(self, store: str, property: str, key: Ref | str | None) -> Iterator[Outcome]:
        """Yield the problem if a store's key is none of the project's."""
        if not self.owns(key):
            yield Problem(
                subject=store,
                where=property,
                problem=f"{store} is not encrypted under a key of the project but under "
                f"{key if key is not None else 'none'}",
                fix=f"set {property} to a key of the stage",
            )
