"""Decides the data accounts' stacks: datasets with a key and a bucket each."""

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.data_bucket import (
    BucketAccess,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import KeyUse, plan_encryption_key, via
from groundplan.blueprints.plan.names import camel
from groundplan.blueprints.plan.stacks import (
    DatasetPlan,
    DataStateStackPlan,
    StackPlan,
    StagePlan,
)
from groundplan.blueprints.spec import DatasetSpec


def plan_data(context: Context) -> tuple[StagePlan, ...]:
    """Decide the stages of the accounts that hold datasets.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    scopes: dict[str, list[DatasetSpec]] = {}
    for dataset in context.spec.datasets:
        scopes.setdefault(context.data_scope(dataset), []).append(dataset)
    return tuple(_stage(context, scope, datasets) for scope, datasets in sorted(scopes.items()))


def _stage(context: Context, scope: str, datasets: list[DatasetSpec]) -> StagePlan:
    place = context.place(datasets[0].account)
    logs = context.bucket(scope, "logs", place)
    stack = DataStateStackPlan(
        stack=StackPlan(
            id="data-state",
            name=context.stack_name(scope, "state"),
            scope=scope,
            place=place,
            description=f"Datasets of {context.project}",
            termination_protection=True,
            tags=context.tags(scope),
        ),
        access_logs=plan_access_logs_bucket(
            name=logs,
            place=place,
            sources=[context.dataset_bucket(dataset) for dataset in datasets],
            retain=context.protected,
        ),
        datasets=tuple(_dataset(context, scope, dataset, logs) for dataset in datasets),
    )
    return StagePlan(id=scope, place=place, stacks=(stack,))


def _dataset(context: Context, scope: str, dataset: DatasetSpec, logs: str) -> DatasetPlan:
    place = context.place(dataset.account)
    label = camel(dataset.name)
    path = f"datasets[{context.spec.datasets.index(dataset)}]"
    s3 = via("s3", place.region)
    training = context.training
    readers = tuple(
        context.role_arn(context.place(training.account), training.name, model.name, purpose)
        for model in context.spec.models
        if model.training.dataset == dataset.name
        for purpose in ("training", "processing")
    )
    machines = tuple(
        context.role_arn(context.place(training.account), training.name, model.name, "pipeline")
        for model in context.spec.models
        if model.training.dataset == dataset.name
    )
    uses = [KeyUse(id="Read", roles=readers, actions=("kms:Decrypt",), condition=s3)]
    access = [
        BucketAccess(id="Read", roles=readers, actions=("s3:GetObject",)),
        BucketAccess(id="List", roles=readers, actions=("s3:ListBucket",), keys=()),
        BucketAccess(
            id="ListVersions", roles=machines, actions=("s3:ListBucketVersions",), keys=()
        ),
    ]
    if dataset.writers:
        uses.append(KeyUse(id="Write", roles=dataset.writers, actions=ENCRYPT, condition=s3))
        access.append(
            BucketAccess(
                id="Write",
                roles=dataset.writers,
                actions=("s3:AbortMultipartUpload", "s3:PutObject"),
            )
        )
    key = plan_encryption_key(
        id=f"{label}Key",
        alias=context.key_alias(scope, dataset.name),
        place=place,
        description=f"Dataset {dataset.name} of {context.project}",
        uses=[use for use in uses if use.roles],
        organization_id=context.spec.organization_id,
        retain=context.protected,
        spec_path=path,
    )
    return DatasetPlan(
        name=dataset.name,
        key=key,
        bucket=plan_data_bucket(
            id=f"{label}Bucket",
            name=context.dataset_bucket(dataset),
            place=place,
            encryption_key=key.arn,
            key_alias_arn=key.alias_arn,
            access=access,
            access_logs_bucket=logs,
            organization_id=context.spec.organization_id,
            noncurrent_days=dataset.retention.noncurrent_days,
            archive_after_days=dataset.retention.archive_after_days,
            retain=context.protected,
            spec_path=path,
        ),
    )
