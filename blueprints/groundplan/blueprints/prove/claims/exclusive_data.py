"""Nobody reads a dataset but the jobs that were planned to, and who brings it in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.stacks import DatasetPlan, DataStateStackPlan
from groundplan.blueprints.prove.attempts import Attempt, attempts
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.machine_tasks import Task, tasks
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.outsiders import Outsider, outsiders
from groundplan.blueprints.prove.stand_ins import key_arn
from groundplan.blueprints.prove.words import counted, short
from groundplan.blueprints.spec import DatasetSpec

READ = ("s3:GetObject", "s3:GetObjectVersion")
"""Actions that return an object."""
LIST = ("s3:ListBucket", "s3:ListBucketVersions")
"""Actions that return the names of objects."""
WRITE = ("s3:PutObject",)
"""Actions that make an object."""
DESTROY = ("s3:DeleteObject", "s3:DeleteObjectVersion")
"""Actions that end an object or a version of it."""
UNLOCK = ("kms:Decrypt", "kms:ReEncryptFrom")
"""Uses of a key that return plaintext, or bring it under another key."""
LOCK = (
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptTo",
)
"""Uses of a key that make ciphertext."""
DELEGATE = ("kms:CreateGrant",)
"""Uses of a key that let somebody else use it."""

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

    readers: Mapping[str, Task]
    """Roles whose jobs read it, and where each is started."""

    listers: frozenset[str]
    """Roles that look what is in it, CloudFormation's among them: it finds a bucket by listing it
    (AWS::S3::Bucket, handlers, 2026-11-21)."""

    writers: frozenset[str]
    """Roles that the spec lets bring data in."""

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
    readers = {role: task for task in about for role in _readers(task, found)}
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


def check(case: Case) -> Verdict:
    """Check all roles of the project, and outsiders."""
    found = datasets(case)
    insiders = [role for role in case.world.roles if role.kind != "person"]
    strangers = tuple(outsiders(case.plan))
    findings = [
        *_definitions(found),
        *check_roles(case, insiders),
        *(item for dataset in found for item in _outside(case, dataset, strangers)),
    ]
    return Verdict(
        claim=CLAIM.id,
        checked=len(found) * (len(insiders) * len(_QUESTIONS) + len(strangers) * len(_ACTIONS)),
        evidence=tuple(_evidence(found, len(insiders), strangers)),
        findings=tuple(findings),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what roles may do with datasets, though their work does not need it."""
    found = datasets(case)
    trial = attempts(case.world)
    for role in roles:
        if role.kind == "person":
            continue
        for dataset in found:
            for actions, what, may in _QUESTIONS:
                if role.arn in may(dataset):
                    continue
                for action in actions:
                    resource = dataset.key if action.startswith("kms:") else _of(dataset, action)
                    attempt = trial.allowed(role.arn, action, resource)
                    if attempt is not None:
                        yield _finding(role.arn, attempt, f"{what} dataset {dataset.name}")
            if role.arn in dataset.readers:
                yield from _directly(case, role, dataset)


def _directly(case: Case, role: Role, dataset: Dataset) -> Iterator[Finding]:
    """A reader uses the key for what storage gives it, and for nothing that it got elsewhere."""
    trial = attempts(case.world)
    for context in ({}, {"kms:ViaService": "secretsmanager.amazonaws.com"}):
        attempt = trial.exactly(role.arn, "kms:Decrypt", dataset.key, context)
        if attempt is not None:
            yield _finding(
                role.arn,
                attempt,
                f"uses the key of dataset {dataset.name} otherwise than through {dataset.storage}",
            )


def _outside(case: Case, dataset: Dataset, strangers: Iterable[Outsider]) -> Iterator[Finding]:
    trial = attempts(case.world)
    for outsider in strangers:
        for action in _ACTIONS:
            own = outsider.account == dataset.account
            if own and not action.startswith("kms:"):
                continue  # an account rules over its buckets; what they hold is kept by the key
            resource = dataset.key if action.startswith("kms:") else _of(dataset, action)
            attempt = trial.allowed(outsider.principal, action, resource)
            if attempt is not None:
                yield _finding(
                    resource.removesuffix("/*"),
                    attempt,
                    f"{outsider.description} reaches dataset {dataset.name}",
                )


def _of(dataset: Dataset, action: str) -> str:
    return dataset.bucket if action in LIST else f"{dataset.bucket}/*"


def _finding(subject: str, attempt: Attempt, what: str) -> Finding:
    return Finding(
        subject=subject,
        where=attempt.by,
        problem=f"{what}: {attempt.text}",
        fix=f"take {attempt.request.action} on this resource out of it, or limit it to the roles "
        "whose jobs read the dataset",
    )


def _definitions(found: Iterable[Dataset]) -> Iterator[Finding]:
    for dataset in found:
        for role, task in dataset.readers.items():
            if task.scope not in dataset.environments:
                yield Finding(
                    subject=task.machine.arn,
                    where=task.where,
                    problem=f"{short(role)} reads dataset {dataset.name} in {task.scope}, which the "
                    f"spec lets only {', '.join(dataset.environments)} read",
                    fix=f"add {task.scope} to the dataset's readers, or take the step out",
                )


def _evidence(
    found: Iterable[Dataset], roles: int, strangers: tuple[Outsider, ...]
) -> Iterator[str]:
    for dataset in found:
        yield (
            f"dataset {dataset.name}: of {counted(roles, 'role')}, "
            f"{counted(len(dataset.readers), 'role')} of jobs may read it "
            f"({', '.join(short(item) for item in sorted(dataset.readers)) or 'none'}); "
            f"{counted(len(dataset.writers), 'role')} outside the project may add to it, none "
            "deletes from it"
        )
    yield (
        f"an unsigned request, a foreign account and the administrators of "
        f"{counted(len(strangers) - 2, 'account')} are refused the use of each dataset's key, those "
        "of the account that keeps the data included, unless they change the key's policy first"
    )


_QUESTIONS = (
    (READ, "reads", lambda dataset: dataset.readers),
    (LIST, "lists", lambda dataset: dataset.listers),
    (WRITE, "writes to", lambda dataset: dataset.writers),
    (DESTROY, "deletes from", lambda dataset: ()),
    (UNLOCK[:1], "decrypts", lambda dataset: (*dataset.readers, *dataset.writers)),
    ((*UNLOCK[1:], *DELEGATE), "passes on the key of", lambda dataset: ()),
    (LOCK, "encrypts under the key of", lambda dataset: dataset.writers),
)
"""Actions, what they do, and the roles whose work needs them."""
_ACTIONS = (*READ, *LIST, *WRITE, *DESTROY, *UNLOCK, *LOCK, *DELEGATE)

CLAIM = Claim(
    id="exclusive-data",
    sentence="No role of the project reads a dataset or uses its key but those of the jobs that were "
    "planned to, and nobody else in any account does, administrators included.",
    check=check,
    check_roles=check_roles,
)
