"""Datasets, and who works with them by the spec and by what the definitions start."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import DatasetPlan, DataStateStackPlan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.machine_tasks import Task, tasks
from groundplan.blueprints.prove.stand_ins import key_arn
from groundplan.blueprints.spec import DatasetSpec

_INPUTS = {
    "sagemaker:createTrainingJob": "RoleArn",
    "sagemaker:createProcessingJob": "RoleArn",
    "sagemaker:createHyperParameterTuningJob": "RoleArn",
    "batch:registerJobDefinition": "JobRoleArn",
}
"""Calls that start something which reads what the call names, and the field of its role.

Sources: SageMaker API Reference, CreateTrainingJob, CreateProcessingJob, CreateHyperParameterTuningJob;
AWS Batch API Reference, RegisterJobDefinition (2026-11-21).
"""
_MODEL, _TRANSFORM = "sagemaker:createModel", "sagemaker:createTransformJob"
"""A transform reads with the role of its model, which the same machine makes."""
_LISTS = {"s3:listObjectsV2", "s3:listObjectVersions"}
"""Calls by which a state machine lists a bucket itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset, and who may do what with it by their work."""

    name: str
    """Name in the spec."""

    account: str
    """Account that keeps it."""

    bucket: str
    """ARN of the bucket."""

    key: str
    """ARN of the key, with a stand-in for its id."""

    storage: str
    """Service through which the key is used, as ``kms:ViaService`` names it."""

    readers: Mapping[str, tuple[Task, ...]]
    """Roles whose jobs read it, and where they are started."""

    listers: frozenset[str]
    """Roles that look what is in it, CloudFormation's among them: it finds a bucket by listing it
    (AWS::S3::Bucket, handlers, 2026-11-21)."""

    writers: frozenset[str]
    """Roles that the spec lets bring data in."""

    versioned: bool
    """Whether they push, pull and release versions of it with DVC."""

    environments: tuple[str, ...]
    """Environments that the spec lets read it."""


@kept_by_plan
def datasets(case: Case) -> tuple[Dataset, ...]:
    """Return all datasets, with who works with them by the spec and the definitions."""
    found = list(tasks(case.plan))
    return tuple(
        _dataset(case, spec, plan, stage, found)
        for stage, plan in _planned(case.plan)
        for spec in case.spec.datasets
        if spec.name == plan.name
    )


def _planned(plan: Plan) -> Iterator[tuple[DataStateStackPlan, DatasetPlan]]:
    for stack in plan.stacks():
        if isinstance(stack, DataStateStackPlan):
            for dataset in stack.datasets:
                yield stack, dataset


def _dataset(
    case: Case,
    spec: DatasetSpec,
    plan: DatasetPlan,
    stack: DataStateStackPlan,
    found: list[Task],
) -> Dataset:
    place = stack.stack.place
    bucket = plan.bucket.name
    about = [task for task in found if _mentions(task, bucket)]
    readers: dict[str, tuple[Task, ...]] = {}
    for task in about:
        for role in _readers(task, found):
            readers[role] = (*readers.get(role, ()), task)
    return Dataset(
        name=spec.name,
        account=place.account,
        bucket=place.bucket_arn(bucket),
        key=key_arn(place, plan.key.alias),
        storage=f"s3.{place.region}.amazonaws.com",
        readers=readers,
        listers=frozenset(
            (
                *readers,
                *(task.machine.role.arn for task in about if task.call in _LISTS),
                case.plan.deployment_role_arn(place),
            )
        ),
        writers=frozenset(spec.writers),
        versioned=plan.versions is not None,
        environments=(case.spec.training_environment.name,)
        if spec.readers is None
        else spec.readers,
    )


def _mentions(task: Task, bucket: str) -> bool:
    marks = (f"s3://{bucket}/", f'"{bucket}"')
    return any(text == bucket or any(mark in text for mark in marks) for text in task.texts())


def _readers(task: Task, found: list[Task]) -> Iterator[str]:
    """Yield the roles of jobs that a task starts."""
    field = _INPUTS.get(task.call)
    if field is not None:
        yield from _fields(task.arguments, field)
    if task.call == _TRANSFORM:
        for other in found:
            if other.machine is task.machine and other.call == _MODEL:
                yield from _fields(other.arguments, "ExecutionRoleArn")


def _fields(value: object, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == name and isinstance(item, str):
                yield item
            else:
                yield from _fields(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, name)
