"""Duties of the steps that find out what a run uses."""

from groundplan.blueprints.plan.duties import list_bucket
from groundplan.blueprints.plan.exceptions import JOBS, OBJECTS
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts, versions
from groundplan.blueprints.plan.pipeline_duties.locations import location
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import (
    CaptureWindow,
    FindChampion,
    FindModel,
    QuietDataset,
    ReadModel,
    RecordModel,
    ResolveDataset,
    ResolveImage,
)
from groundplan.pipelines.values import Text


def resolve_image(step: ResolveImage, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to look up an image's digest."""
    host = step.registry_host.split(".")
    partition, region = facts.place.partition, host[3]
    repository = f"arn:{partition}:ecr:{region}:{step.registry_account}:repository"
    return (
        Duty(
            id="ResolveImages",
            actions=("ecr:DescribeImages",),
            resources=(f"{repository}/{step.repository}",),
            reason="a run names its images by digest",
        ),
    )


def read_versions(step: ResolveDataset | QuietDataset, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to list a dataset's versions."""
    bucket, prefix = location(step.uri, path=f"{facts.spec_path}: steps[{step.id}].uri")
    releases = step.releases_uri if isinstance(step, ResolveDataset) else None
    found: tuple[Duty, ...] = ()
    if releases is not None:
        found = (
            list_bucket(
                "FindReleases",
                facts.place,
                *location(releases, path=f"{facts.spec_path}: steps[{step.id}].releases_uri"),
                reason="whether a version of the data was released is found by listing",
            ),
        )
    return (
        *found,
        Duty(
            id="ReadDataVersions",
            actions=("s3:ListBucketVersions",),
            resources=(facts.bucket(bucket),),
            reason="what is read from a dataset is known by its version",
            condition={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else {},
        ),
    )


def find_model(step: FindModel, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to look for a record, and whether its version is still registered."""
    path = f"{facts.spec_path}: steps[{step.id}].record_uri"
    bucket, prefix = location(step.record_uri, path=path)
    return (
        list_bucket(
            "FindRecords",
            facts.place,
            bucket,
            prefix,
            reason="a record that is not there is found missing by listing",
        ),
        *read_object("ReadRecords", step.record_uri, facts, path, "a record says what was made"),
        read_registered(facts.registries),
    )


def record_model(step: RecordModel, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to write a record."""
    path = f"{facts.spec_path}: steps[{step.id}].record_uri"
    bucket, prefix = location(step.record_uri, path=path)
    return (
        Duty(
            id="WriteRecords",
            actions=("s3:PutObject",),
            resources=(facts.place.bucket_arn(bucket, f"{prefix}*"),),
            reason="a record keeps a later run from doing the same again",
            wildcard=OBJECTS,
        ),
        *facts.encrypt(facts.bucket(bucket), "s3"),
    )


def find_champion(step: FindChampion, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to find the newest approved version of a group."""
    return (
        Duty(
            id="FindVersions",
            actions=("sagemaker:ListModelPackages",),
            resources=versions(step.model_package_group_arn),
            reason="the newest approved version is found by listing",
            wildcard=JOBS,
        ),
        read_registered((step.model_package_group_arn,)),
    )


def read_model(step: ReadModel, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to read a registered version."""
    return (read_registered(facts.registries),)


def capture_window(step: CaptureWindow, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to see whether requests were captured in a window."""
    bucket, prefix = location(step.uri, path=f"{facts.spec_path}: steps[{step.id}].uri")
    return (
        list_bucket(
            "FindCaptures",
            facts.place,
            bucket,
            prefix,
            reason="the requests of a window are found by listing",
        ),
    )


def read_registered(groups: tuple[str, ...]) -> Duty:
    """Return the duty to read the versions of some groups."""
    return Duty(
        id="ReadVersions",
        actions=("sagemaker:DescribeModelPackage",),
        resources=tuple(arn for group in groups for arn in versions(group)),
        reason="a version's status and lineage decide what happens with it",
        wildcard=JOBS,
    )


def read_object(
    duty_id: str, uri: Text, facts: PipelineFacts, path: str, reason: str
) -> tuple[Duty, ...]:
    """Return the duties to read the objects whose URI begins as ``uri`` does."""
    bucket, prefix = location(uri, path=path)
    return (
        Duty(
            id=duty_id,
            actions=("s3:GetObject",),
            resources=(facts.place.bucket_arn(bucket, f"{prefix}*"),),
            reason=reason,
            wildcard=OBJECTS,
        ),
        *facts.decrypt(facts.bucket(bucket), "s3"),
    )
