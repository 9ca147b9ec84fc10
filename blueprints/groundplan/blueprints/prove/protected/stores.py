"""Buckets, keys, images and logs: what a version in production is made of, and what it is kept in."""

from collections.abc import Iterator

from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.context import SCOPE_TAG
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import RegistryStackPlan
from groundplan.blueprints.prove.machine_tasks import tasks
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.prove.protected.facts import Facts, Protected, rows
from groundplan.blueprints.prove.stand_ins import key_arn

OBJECTS = tuple(
    f"s3:{action}"
    for action in (
        "BypassGovernanceRetention", "DeleteObject", "DeleteObjectVersion", "PutObjectAcl",
        "PutObjectRetention", "PutObjectVersionAcl",
    )
)  # fmt: skip
BUCKET = tuple(
    f"s3:{action}"
    for action in (
        "DeleteBucket", "DeleteBucketPolicy", "PutBucketAcl", "PutBucketLogging",
        "PutBucketNotification", "PutBucketOwnershipControls", "PutBucketPolicy",
        "PutBucketPublicAccessBlock", "PutBucketVersioning", "PutEncryptionConfiguration",
        "PutLifecycleConfiguration", "PutReplicationConfiguration",
    )
)  # fmt: skip
KEY = tuple(
    f"kms:{action}"
    for action in (
        "CancelKeyDeletion", "DeleteAlias", "DeleteImportedKeyMaterial", "DisableKey",
        "DisableKeyRotation", "PutKeyPolicy", "ReplicateKey", "ScheduleKeyDeletion", "UpdateAlias",
    )
)  # fmt: skip
REPOSITORY = tuple(
    f"ecr:{action}"
    for action in (
        "DeleteLifecyclePolicy", "DeleteRepository", "DeleteRepositoryPolicy",
        "PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy",
        "SetRepositoryPolicy",
    )
)  # fmt: skip
PUSH = ("ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart")
LOGS = tuple(
    f"logs:{action}"
    for action in (
        "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy", "DisassociateKmsKey",
        "PutRetentionPolicy",
    )
)  # fmt: skip
OUTPUTS = {
    "sagemaker:createTrainingJob": "RoleArn",
    "sagemaker:createProcessingJob": "RoleArn",
    "sagemaker:createHyperParameterTuningJob": "RoleArn",
}
"""Calls of jobs that write to where their request says, and the field of their role."""


def stores(facts: Facts) -> Iterator[Protected]:
    """Yield what is protected of each bucket, key, repository and log group."""
    for stack in facts.stacks():
        place = stack.stack.place
        owner = [facts.deployment(place)]
        tag = {f"aws:ResourceTag/{SCOPE_TAG}": stack.stack.tags[SCOPE_TAG]}
        for bucket in every(stack, DataBucketPlan):
            yield from _bucket(facts, place, bucket)
        for key in every(stack, EncryptionKeyPlan):
            yield from rows(
                facts, kind="key", what=f"takes key {key.alias} away, or rewrites its policy",
                actions=KEY, resource=key_arn(place, key.alias), account=place.account, may=owner,
                context=tag, known=True,
            )  # fmt: skip
        for group in every(stack, LogGroupPlan):
            yield from rows(
                facts, kind="logs", what=f"ends log {group.name}", actions=LOGS,
                resource=f"{group.arn}:*", account=place.account, may=owner,
            )  # fmt: skip
        if isinstance(stack, RegistryStackPlan):
            yield from _artifacts(facts, place, stack)
    yield from _repositories(facts)
    yield from _stage_0(facts)


def _bucket(facts: Facts, place: Place, bucket: DataBucketPlan) -> Iterator[Protected]:
    arn = place.bucket_arn(bucket.name)
    yield from rows(
        facts, kind="version", what=f"deletes objects of {bucket.name}", actions=OBJECTS,
        resource=f"{arn}/*", account=place.account, known=True,
    )  # fmt: skip
    yield from rows(
        facts, kind="version", what=f"changes how bucket {bucket.name} keeps objects",
        actions=BUCKET, resource=arn, account=place.account, may=[facts.deployment(place)],
        known=True,
    )  # fmt: skip


def _artifacts(facts: Facts, place: Place, stack: RegistryStackPlan) -> Iterator[Protected]:
    """A model's artefacts are written by its own jobs only."""
    bucket = stack.artifacts.name
    for model in facts.case.spec.models:
        for folder in ("models", "evaluations"):
            prefix = f"{folder}/{model.name}/"
            yield from rows(
                facts, kind="version", what=f"writes {prefix} of {bucket}",
                actions=["s3:PutObject"], resource=place.bucket_arn(bucket, f"{prefix}*"),
                account=place.account, may=_writers(facts, f"s3://{bucket}/{prefix}"), known=True,
            )  # fmt: skip


def _writers(facts: Facts, uri: str) -> frozenset[str]:
    """Return the roles of jobs whose output goes below ``uri``, by the definitions."""
    return frozenset(
        str(role)
        for task in tasks(facts.case.plan)
        for role in _roles(task.arguments, OUTPUTS.get(task.call))
        if any(uri in text for text in _outputs(task.arguments))
    )


def _roles(arguments: object, field: str | None) -> Iterator[object]:
    if field is not None and isinstance(arguments, dict):
        job = arguments.get("TrainingJobDefinition", arguments)
        yield job.get(field)


def _outputs(arguments: object) -> Iterator[str]:
    """Yield every text in a request but those of its inputs."""
    if isinstance(arguments, str):
        yield arguments
    elif isinstance(arguments, dict):
        for key, value in arguments.items():
            if key not in ("InputDataConfig", "ProcessingInputs"):
                yield from _outputs(value)
    elif isinstance(arguments, list):
        for item in arguments:
            yield from _outputs(item)


def _repositories(facts: Facts) -> Iterator[Protected]:
    builds = list(every(facts.case.plan.stages, ImageBuildPlan))
    for stack in facts.stacks():
        place = stack.stack.place
        for repository in every(stack, ContainerRepositoryPlan):
            pushers = [item.role.arn for item in builds if item.repository_uri == repository.uri]
            for what, actions, may in (
                ("pushes an image to", PUSH, pushers),
                ("deletes images of", ("ecr:BatchDeleteImage",), ()),
                ("changes how images are kept in", REPOSITORY, [facts.deployment(place)]),
            ):
                yield from rows(
                    facts, kind="version", what=f"{what} {repository.name}", actions=actions,
                    resource=repository.arn, account=place.account, may=may, known=True,
                )  # fmt: skip


def _stage_0(facts: Facts) -> Iterator[Protected]:
    """What stage 0 made is out of reach of all deployments."""
    for stage_0 in facts.case.plan.stage_0:
        place = stage_0.place
        for key in every(stage_0, EncryptionKeyPlan):
            yield from rows(
                facts, kind="key", what=f"takes key {key.alias} of stage 0 away", actions=KEY,
                resource=key_arn(place, key.alias), account=place.account, known=True,
            )  # fmt: skip
        for group in every(stage_0, LogGroupPlan):
            yield from rows(
                facts, kind="logs", what=f"ends log {group.name}", actions=LOGS,
                resource=f"{group.arn}:*", account=place.account,
            )  # fmt: skip
