"""What an attacker would want of a project, and what it takes to have it."""

from collections.abc import Iterator
from dataclasses import dataclass

from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.context import SCOPE_TAG
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import iam_path
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    RegistryStackPlan,
    ServingStackPlan,
    StackPlan,
    StateStackPlan,
)
from groundplan.blueprints.prove.attempts import Values
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.prove.stand_ins import key_arn

COLUMNS = (
    "reads data",
    "reads working data",
    "reads models",
    "writes models",
    "invokes endpoints",
    "changes endpoints",
    "alters pipelines",
    "registers versions",
    "approves versions",
    "pushes images",
    "rules over keys",
    "changes roles",
)
"""What is asked of each role, in the order of the matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that can be reached."""

    column: str
    """One of :data:`COLUMNS`."""

    name: str
    """Name, for a reader."""

    scope: str
    """Stage that it is of."""

    account: str
    """Account that holds it."""

    ways: tuple[tuple[tuple[str, str, Values], ...], ...]
    """Each way to have it: requests, action and resource and condition keys, which all have to be
    allowed."""


@kept_by_plan
def things(case: Case) -> tuple[Thing, ...]:
    """Return everything that is worth reaching, sorted by column, scope and name."""
    found = [*_data(case), *_serving(case), *_pipelines(case), *_stacks(case), *_roles(case)]
    return tuple(sorted(found, key=lambda t: (COLUMNS.index(t.column), t.scope, t.name)))


def _read(
    stack: StackPlan, bucket: str, prefix: str = ""
) -> tuple[tuple[tuple[str, str, Values], ...], ...]:
    """Return what reading objects takes. Whoever gets at them counts, though the key is asked, too."""
    return ((("s3:GetObject", stack.place.bucket_arn(bucket, f"{prefix}*"), {}),),)


def _data(case: Case) -> Iterator[Thing]:
    for stack in case.plan.stacks():
        of = stack.stack
        match stack:
            case DataStateStackPlan():
                for dataset in stack.datasets:
                    yield Thing(
                        column="reads data", name=dataset.name, scope=of.scope,
                        account=of.place.account,
                        ways=_read(of, dataset.bucket.name),
                    )  # fmt: skip
            case StateStackPlan():
                yield Thing(
                    column="reads working data", name=of.scope, scope=of.scope,
                    account=of.place.account, ways=_read(of, stack.work.name),
                )  # fmt: skip
            case RegistryStackPlan():
                yield from _models(case, stack)


def _models(case: Case, stack: RegistryStackPlan) -> Iterator[Thing]:
    of, bucket = stack.stack, stack.artifacts.name
    place = of.place
    for model in case.spec.models:
        prefix = f"models/{model.name}/"
        write: tuple[str, str, Values] = (
            "s3:PutObject", place.bucket_arn(bucket, f"{prefix}*"), {},
        )  # fmt: skip
        for column, ways in (
            ("reads models", _read(of, bucket, prefix)),
            ("writes models", ((write,),)),
        ):
            yield Thing(
                column=column, name=model.name, scope=of.scope, account=place.account, ways=ways
            )
    for group in every(stack, ModelRegistryPlan):
        version = group.arn.replace(":model-package-group/", ":model-package/") + "/*"
        for column, action in (
            ("registers versions", "sagemaker:CreateModelPackage"),
            ("approves versions", "sagemaker:UpdateModelPackage"),
        ):
            yield Thing(
                column=column, name=group.name, scope=of.scope, account=place.account,
                ways=(((action, version, {}),),),
            )  # fmt: skip
    for repository in every(stack, ContainerRepositoryPlan):
        yield Thing(
            column="pushes images", name=repository.name, scope=of.scope, account=place.account,
            ways=((("ecr:PutImage", repository.arn, {}),),),
        )  # fmt: skip


def _serving(case: Case) -> Iterator[Thing]:
    for stack in case.plan.stacks():
        if not isinstance(stack, ServingStackPlan):
            continue
        of, endpoint = stack.stack, stack.endpoint
        tags: Values = {f"aws:ResourceTag/{ENDPOINT_TAG}": endpoint.name}
        template = of.place.arn("cloudformation", f"stack/{of.name}/*")
        yield Thing(
            column="invokes endpoints", name=endpoint.name, scope=of.scope,
            account=of.place.account,
            ways=((("sagemaker:InvokeEndpoint", endpoint.arn, tags),),),
        )  # fmt: skip
        yield Thing(
            column="changes endpoints", name=endpoint.name, scope=of.scope,
            account=of.place.account,
            ways=(
                (("sagemaker:UpdateEndpoint", endpoint.arn, tags),),
                (("sagemaker:DeleteEndpoint", endpoint.arn, tags),),
                (("cloudformation:UpdateStack", template, {}),),
                (("cloudformation:ExecuteChangeSet", template, {}),),
                (("cloudformation:DeleteStack", template, {}),),
            ),
        )  # fmt: skip


def _pipelines(case: Case) -> Iterator[Thing]:
    for stage in case.plan.stages:
        for machine in every(stage, PipelinePlan):
            yield Thing(
                column="alters pipelines", name=machine.name, scope=stage.id,
                account=stage.place.account,
                ways=(
                    (("states:UpdateStateMachine", machine.arn, {}),),
                    (("states:DeleteStateMachine", machine.arn, {}),),
                ),
            )  # fmt: skip


def _stacks(case: Case) -> Iterator[Thing]:
    for stack in case.plan.stacks():
        of = stack.stack
        for key in every(stack, EncryptionKeyPlan):
            arn = key_arn(of.place, key.alias)
            tags: Values = {f"aws:ResourceTag/{SCOPE_TAG}": of.tags[SCOPE_TAG]}
            yield Thing(
                column="rules over keys", name=key.alias.removeprefix("alias/"), scope=of.scope,
                account=of.place.account,
                ways=(
                    (("kms:PutKeyPolicy", arn, tags),),
                    (("kms:ScheduleKeyDeletion", arn, tags),),
                ),
            )  # fmt: skip


def _roles(case: Case) -> Iterator[Thing]:
    path = iam_path(case.plan.project)
    for place in case.plan.places():
        roles = place.iam_arn(f"role{path}*")
        policies = place.iam_arn(f"policy{path}*")
        yield Thing(
            column="changes roles", name=f"those of account {place.account}", scope="stage-0",
            account=place.account,
            ways=(
                (("iam:CreateRole", roles, {}),),
                (("iam:AttachRolePolicy", roles, {}),),
                (("iam:PutRolePolicy", roles, {}),),
                (("iam:UpdateAssumeRolePolicy", roles, {}),),
                (("iam:CreatePolicyVersion", policies, {}),),
            ),
        )  # fmt: skip
