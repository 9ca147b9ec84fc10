"""Decides who versions a dataset with DVC, and where its history and its releases are."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.data_bucket import BucketAccess
from groundplan.blueprints.plan.duties import read_objects, write_key, write_objects
from groundplan.blueprints.plan.encryption_key import KeyUse, via
from groundplan.blueprints.plan.exceptions import OBJECTS
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.role import Duty

RELEASED = "released/"
"""Folder of the version that models are trained on, with the files under their own names."""
STORE = "dvc/"
"""Folder of everything that was ever pushed, by digest."""
RELEASES = f"{STORE}releases/"
"""Folder of one record for each released version: ``VERSION/DVC-VERSION``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVersionsPlan:
    """A dataset whose versions are made with DVC: its remote, and who may push, pull and release.

    DVC's store holds every version by digest. A release copies one of them into `RELEASED`, under the
    files' own names, which is where jobs read, and records the version that pipelines will find there.
    """

    id: str
    """Id of the unit within its stack."""

    remote: str
    """URL of DVC's remote."""

    released: str
    """URL of the released version."""

    releases: str
    """URL of the records of releases."""

    roles: tuple[str, ...]
    """ARNs of the roles that push, pull and release."""

    duties: tuple[Duty, ...]
    """What these roles do. Nobody deletes a version of an object, so that nothing is lost."""

    @property
    def document(self) -> PolicyDocument:
        """The policy that these roles need of their own account."""
        return PolicyDocument(statements=tuple(duty.statement() for duty in self.duties))

    def bucket_access(self) -> tuple[BucketAccess, ...]:
        """Return what the bucket's policy lets the roles do."""
        return tuple(
            BucketAccess(
                id=f"Writers{duty.id}",
                roles=self.roles,
                actions=duty.actions,
                keys=tuple(item.partition("/")[2] for item in duty.resources if "/" in item),
            )
            for duty in self.duties
            if duty.actions[0].startswith("s3:") and self.roles
        )

    def key_uses(self, region: str) -> tuple[KeyUse, ...]:
        """Return what the key's policy lets the roles do, through S3 in the bucket's region."""
        return tuple(
            KeyUse(
                id="WritersObjects",
                roles=self.roles,
                actions=duty.actions,
                condition=via("s3", region),
            )
            for duty in self.duties
            if duty.actions[0].startswith("kms:") and self.roles
        )


def plan_data_versions(
    *,
    bucket: str,
    place: Place,
    key_alias_arn: str,
    id: str = "Versions",
    roles: Sequence[str] = (),
) -> DataVersionsPlan:
    """Decide the versioning of a dataset.

    Args:
        bucket: Name of the dataset's bucket.
        place: Account and region of the bucket.
        key_alias_arn: ARN of the alias of its key.
        id: Id of the unit within its stack.
        roles: ARNs of the roles that push, pull and release, in any account. Default: nobody.
    """
    arn = place.bucket_arn(bucket)
    push = write_objects(
        "PushVersions", place, bucket, STORE, reason="DVC pushes files, and a release its record"
    )
    pull = read_objects(
        "PullVersions", place, bucket, STORE, reason="DVC and a release read what was pushed"
    )
    release = Duty(
        id="Release",
        actions=("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"),
        resources=(place.bucket_arn(bucket, f"{RELEASED}*"),),
        reason="a release replaces the files that jobs read, and hides those that it does not have",
        wildcard=OBJECTS,
    )
    look = Duty(
        id="SeeVersions",
        actions=("s3:ListBucket", "s3:ListBucketVersions"),
        resources=(arn,),
        reason="what is there already is not pushed again, and a release has a version of its own",
    )
    key = write_key(
        "UseKey", key_alias_arn, place.region, reason="the dataset is encrypted under its own key"
    )
    return DataVersionsPlan(
        id=id,
        remote=f"s3://{bucket}/{STORE.rstrip('/')}",
        released=f"s3://{bucket}/{RELEASED}",
        releases=releases_uri(bucket),
        roles=tuple(roles),
        duties=(push, pull, release, look, key),
    )


def releases_uri(bucket: str) -> str:
    """Return where the records of a bucket's releases are."""
    return f"s3://{bucket}/{RELEASES}"
