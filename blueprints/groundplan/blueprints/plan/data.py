"""Decides the data accounts' stacks: datasets with a key and a bucket each."""

from groundplan.blueprints.plan.access import Access, every
from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.data_bucket import (
    BucketAccess,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.data_versions import DataVersionsPlan, plan_data_versions
from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import KeyUse, plan_encryption_key, via
from groundplan.blueprints.plan.key_uses import alarms_use, undelivered_use
from groundplan.blueprints.plan.names import Place, camel
from groundplan.blueprints.plan.policy import Statement
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    DatasetPlan,
    DataStateStackPlan,
    StackPlan,
    StagePlan,
)
from groundplan.blueprints.plan.triggers import data_triggers
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.spec import DatasetSpec


def data_scopes(context: Context) -> dict[str, tuple[DatasetSpec, ...]]:
    """Return the stages of the accounts that hold datasets, sorted, and what each holds."""
    scopes: dict[str, list[DatasetSpec]] = {}
    for dataset in context.spec.datasets:
        scopes.setdefault(context.data_scope(dataset), []).append(dataset)
    return {scope: tuple(scopes[scope]) for scope in sorted(scopes)}


def plan_data(
    context: Context, scope: str, stacks: tuple[AnyStackPlan, ...], access: Access
) -> StagePlan:
    """Decide the stage of an account that holds datasets.

    Args:
        context: The project.
        scope: Id of the stage.
        stacks: Its stacks without data of their own.
        access: What roles do with the datasets.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    state = _state(context, scope, data_scopes(context)[scope], stacks, access)
    return StagePlan(id=scope, place=state.stack.place, stacks=(state, *stacks))


def data_stacks(context: Context, scope: str) -> tuple[AnyStackPlan, ...]:
    """Decide the stacks of a data account that hold nothing that must not be lost.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    return data_triggers(context, scope, data_scopes(context)[scope])


def _state(
    context: Context,
    scope: str,
    datasets: tuple[DatasetSpec, ...],
    stacks: tuple[AnyStackPlan, ...],
    access: Access,
) -> DataStateStackPlan:
    place = context.place(datasets[0].account)
    logs = context.bucket(scope, "logs", place)
    return DataStateStackPlan(
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
        datasets=tuple(
            _dataset(context, scope, dataset, logs, stacks, access) for dataset in datasets
        ),
    )


def _dataset(
    context: Context,
    scope: str,
    dataset: DatasetSpec,
    logs: str,
    stacks: tuple[AnyStackPlan, ...],
    access: Access,
) -> DatasetPlan:
    place = context.place(dataset.account)
    label = camel(dataset.name)
    path = f"datasets[{context.spec.datasets.index(dataset)}]"
    bucket, alias = context.dataset_bucket(dataset), context.key_alias(scope, dataset.name)
    uses = list(access.key_uses(context.dataset_key_alias_arn(dataset)))
    granted = list(access.foreign_bucket_access(place, bucket))
    versions: DataVersionsPlan | None = None
    if dataset.versioning == "dvc":
        versions = plan_data_versions(
            id=f"{label}Versions",
            bucket=bucket,
            place=place,
            key_alias_arn=context.dataset_key_alias_arn(dataset),
            roles=dataset.writers,
        )
        uses += versions.key_uses(place.region)
        granted += versions.bucket_access()
    elif dataset.writers:
        uses.append(
            KeyUse(
                id="WritersObjects",
                roles=dataset.writers,
                actions=ENCRYPT,
                condition=via("s3", place.region),
            )
        )
        granted.append(
            BucketAccess(
                id="Writers",
                roles=dataset.writers,
                actions=("s3:AbortMultipartUpload", "s3:PutObject"),
            )
        )
    key = plan_encryption_key(
        id=f"{label}Key",
        alias=alias,
        place=place,
        description=f"Dataset {dataset.name} of {context.project}",
        uses=uses,
        services=_services(place, f"alias/{alias}", stacks),
        organization_id=context.spec.organization_id,
        retain=context.protected,
        spec_path=path,
    )
    return DatasetPlan(
        name=dataset.name,
        key=key,
        bucket=plan_data_bucket(
            id=f"{label}Bucket",
            name=bucket,
            place=place,
            encryption_key=key.arn,
            key_alias_arn=key.alias_arn,
            access=granted,
            access_logs_bucket=logs,
            organization_id=context.spec.organization_id,
            require_named_key=True,
            noncurrent_days=dataset.retention.noncurrent_days,
            archive_after_days=dataset.retention.archive_after_days,
            retain=context.protected,
            spec_path=path,
        ),
        versions=versions,
    )


def _services(place: Place, alias: str, stacks: tuple[AnyStackPlan, ...]) -> tuple[Statement, ...]:
    """Return the uses of a key by what tells of arrivals: alarms and undelivered events."""
    topics = any(item.encryption_key_alias == alias for item in every(stacks, TopicPlan))
    queues = every(stacks, UndeliveredEventsPlan)
    kept = any(item.encryption_key_alias == alias for item in queues)
    return (
        *((alarms_use(place),) if topics else ()),
        *((undelivered_use(place),) if kept else ()),
    )
