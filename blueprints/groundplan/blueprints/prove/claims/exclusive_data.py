"""Nobody reads a dataset but the jobs that were planned to, and who brings it in."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.prove.attempts import Attempt, attempts
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.dataset_work import Dataset, datasets
from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.evaluate.index import index
from groundplan.blueprints.prove.model import Request, Role
from groundplan.blueprints.prove.outsiders import Outsider, outsiders
from groundplan.blueprints.prove.words import counted, short

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


def check(case: Case) -> Verdict:
    """Check all roles of the project, and outsiders."""
    found = datasets(case)
    insiders = [role for role in case.world.roles if role.kind != "person"]
    strangers = tuple(outsiders(case))
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
    """A reader uses the key for what storage gives it, and for nothing that it got elsewhere.

    Its own policies say so, and so does the key's: each is asked as if the other allowed everything.
    """
    key = index(case.world).resource(dataset.key)
    barriers = {
        "its own policies": Policies(identity=role.policies, boundary=role.boundary),
        "the key's policy": Policies(
            trusted=True, resource=key.policy if key is not None else None, required=True
        ),
    }
    for context in ({}, {"kms:ViaService": "secretsmanager.amazonaws.com"}):
        request = Request(
            principal=role.arn,
            action="kms:Decrypt",
            resource=dataset.key,
            context={**context, "kms:ResourceAliases": key.aliases if key is not None else ()},
        )
        for barrier, policies in barriers.items():
            decision = simulate(
                request, policies, organizations=case.world.organizations, owner=role.account
            )
            if decision.allowed:
                yield _finding(
                    role.arn,
                    Attempt(request=request, decision=decision),
                    f"{barrier} let it use the key of dataset {dataset.name} otherwise than through "
                    f"{dataset.storage}",
                )


def _outside(case: Case, dataset: Dataset, strangers: Iterable[Outsider]) -> Iterator[Finding]:
    trial = attempts(case.world)
    for outsider in strangers:
        for action in _ACTIONS:
            own = outsider.account == dataset.account
            if own and not action.startswith("kms:"):
                continue  # an account rules over its buckets; what they hold is kept by the key
            resource = dataset.key if action.startswith("kms:") else _of(dataset, action)
            attempt = trial.allowed(outsider.principal, action, resource, outsider.context)
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


def _definitions(known: Iterable[Dataset]) -> Iterator[Finding]:
    for dataset in known:
        started = ((role, task) for role, found in dataset.readers.items() for task in found)
        for role, task in started:
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
            f"{counted(len(dataset.writers), 'role')} outside the project may "
            f"{_VERSIONED if dataset.versioned else _ADDED}"
        )
    yield (
        f"an unsigned request, foreign accounts and the administrators of "
        f"{counted(len({item.account for item in strangers}) - 2, 'account')} are refused the use of each dataset's key, those "
        "of the account that keeps the data included, unless they change the key's policy first"
    )


_ADDED = "add to it, none deletes from it"
_VERSIONED = "push, pull and release versions of it, none deletes a version"
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
