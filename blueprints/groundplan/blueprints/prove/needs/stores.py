"""Who else uses a store or its key: AWS services, people, deployments, administrators."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import DatasetPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts, Key, Unit
from groundplan.blueprints.prove.needs.need import Context, Need
from groundplan.blueprints.prove.needs.tables import jobs, sources
from groundplan.blueprints.spec import ApprovalSpec, ProjectSpec, RealtimeServing

ANSWERS = ("Approved", "Rejected")
"""What an approver may answer."""
PRODUCTION = "Production"
"""Life-cycle stage of versions that are approved for production after staging."""


def store_needs(facts: Facts) -> Iterator[Need]:
    """Yield what services, people, deployments and administrators need of stores and keys."""
    for unit in facts.units:
        make = _ROWS.get(type(unit.value))
        if make is not None:
            yield from make(facts, unit, unit.value)
    for key in facts.keys.values():
        for action in jobs.ADMINISTER_KEY:
            yield key_need(key.place.root, key, action, {}, "administrators", sources.KMS_POLICY)
    for stage_0 in facts.plan.stage_0:
        if stage_0.log_key is not None:
            key = facts.keys[stage_0.log_key.alias_arn]
            for group in stage_0.log_groups:
                yield from log_key_needs(key, stage_0.place, group.arn)


def key_need(
    principal: str,
    key: Key,
    action: str,
    guards: ConditionValues,
    work: str,
    source: str,
    context: Context | None = None,
) -> Need:
    """Return the use of a key as its own policy has to allow it."""
    return emit.need(
        principal,
        action,
        key.place.arn("kms", "key/*"),
        sample=key.arn,
        work=work,
        source=source,
        guards=guards,
        context=context,
    )


def _account(place: Place) -> ConditionValues:
    return {"StringEquals": {"aws:SourceAccount": (place.account,)}}


def _topic(facts: Facts, unit: Unit, plan: TopicPlan) -> Iterator[Need]:
    return topic_needs(plan, unit.place, facts.encrypted.get(plan.arn))


def topic_needs(plan: TopicPlan, place: Place, key: Key | None) -> Iterator[Need]:
    """Yield what alarms need to publish to a topic under a key."""
    service, work = "cloudwatch.amazonaws.com", f"alarms of {plan.name}"
    alarms = {"ArnLike": {"aws:SourceArn": (place.arn("cloudwatch", "alarm:*"),)}}
    yield emit.need(
        service,
        "sns:Publish",
        plan.arn,
        work=work,
        source=sources.ALARM_TOPIC,
        guards={**_account(place), **alarms},
    )
    if key is not None:
        for action in jobs.WRITE_KEY:
            yield key_need(service, key, action, _account(place), work, sources.KMS_SNS)


def _undelivered(facts: Facts, unit: Unit, plan: UndeliveredEventsPlan) -> Iterator[Need]:
    """EventBridge uses the key of the queue of what it could not deliver."""
    key = facts.encrypted.get(plan.arn)
    if key is not None:
        for action in jobs.WRITE_KEY:
            work = f"queue {plan.name}"
            guards = _account(unit.place)
            yield key_need("events.amazonaws.com", key, action, guards, work, sources.KMS_SQS)


def _log_group(facts: Facts, unit: Unit, plan: LogGroupPlan) -> Iterator[Need]:
    """CloudWatch Logs uses the key of a group."""
    key = facts.key(unit, plan.encryption_key)
    if key is not None:
        yield from log_key_needs(key, unit.place, plan.arn)


def log_key_needs(key: Key, place: Place, group: str) -> Iterator[Need]:
    """Yield what CloudWatch Logs does with the key of a group."""
    guards = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": (group,)}}
    service = f"logs.{place.region}.amazonaws.com"
    for action in jobs.LOGS_KEY:
        yield key_need(service, key, action, guards, f"log group {group}", sources.KMS_LOGS)


def _bucket(facts: Facts, unit: Unit, plan: DataBucketPlan) -> Iterator[Need]:
    """S3 delivers the access log of a bucket to another one, which may receive those of several.

    One statement admits all of them, as in AWS's example: S3 alone decides which log goes where.
    """
    if plan.access_logs_bucket is None:
        return
    place, own = unit.place, unit.place.bucket_arn(unit.value.name)
    others = [
        place.bucket_arn(item.value.name)
        for item in facts.of(DataBucketPlan)
        if item.value.access_logs_bucket == plan.access_logs_bucket and item.value is not plan
    ]
    source = {"ArnLike": {"aws:SourceArn": (own, *others)}}
    yield emit.need(
        "logging.s3.amazonaws.com",
        "s3:PutObject",
        place.bucket_arn(plan.access_logs_bucket, f"{plan.access_logs_prefix}*"),
        work=f"access log of {plan.name}",
        source=sources.ACCESS_LOGS,
        guards={**_account(place), **source},
    )


def _table(facts: Facts, unit: Unit, plan: LockTablePlan) -> Iterator[Need]:
    """DynamoDB makes the key of a table in the name of who makes the table."""
    key, role = facts.encrypted.get(plan.arn), facts.execution_role(unit)
    work, source, tags = f"table {plan.name}", sources.KMS_DYNAMODB, _tags(unit)
    yield from emit.use_key(
        role, key, "dynamodb", jobs.TABLE_KEY, work=work, source=source, context=tags
    )
    yield from _granted(key, role, work, tags)


def _repository(facts: Facts, unit: Unit, plan: ContainerRepositoryPlan) -> Iterator[Need]:
    """A registry uses the key of a repository by a grant of who makes the repository."""
    key, role = facts.key(unit, plan.encryption_key), facts.execution_role(unit)
    yield from _granted(key, role, f"repository {plan.name}", _tags(unit))


def _granted(key: Key | None, role: str, work: str, tags: Context) -> Iterator[Need]:
    if key is not None:
        guards = {"Bool": {"kms:GrantIsForAWSResource": ("true",)}}
        yield key_need(role, key, "kms:CreateGrant", guards, work, sources.KMS_GRANTS, tags)


def _tags(unit: Unit) -> Context:
    """Return the tags of a stack's resources, the key beside its store among them."""
    return {f"aws:ResourceTag/{name}": value for name, value in unit.stack.tags.items()}


def _dataset(facts: Facts, unit: Unit, plan: DatasetPlan) -> Iterator[Need]:
    """Whom the spec names as writers leave objects in a dataset, or push and release versions of it."""
    dataset = next(item for item in facts.spec.datasets if item.name == plan.name)
    whole, place = f"s3://{plan.bucket.name}/", unit.place
    for writer in dataset.writers:
        work = f"writer of dataset {plan.name}"
        if plan.versions is None:
            yield from emit.write(facts, writer, place, (whole,), work=work)
            continue
        store, released = f"{plan.versions.remote}/", plan.versions.released
        yield from emit.write(facts, writer, place, (store, released), work=work)
        yield from emit.read(facts, writer, place, (store,), work=work, listed=False)
        for action in ("s3:ListBucket", "s3:ListBucketVersions"):
            yield from emit.listing(writer, place, (whole,), action, work=work)
        pattern = place.bucket_arn(plan.bucket.name, f"{emit.location(released)[1]}*")
        yield emit.need(writer, "s3:DeleteObject", pattern, work=work, source=sources.DVC)


def _registry(facts: Facts, unit: Unit, plan: ModelRegistryPlan) -> Iterator[Need]:
    """Whom the spec names as approvers read versions and answer, each for one stage."""
    versions = plan.arn.replace(":model-package-group/", ":model-package/") + "/*"
    sample = versions.replace("*", "1")
    for stage, approver in _approvers(facts.spec):
        work = f"approver for {stage}"
        for action in ("sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"):
            for pattern, exact in ((plan.arn, plan.arn), (versions, sample)):
                yield emit.need(
                    approver, action, pattern, sample=exact, work=work, source=sources.REGISTRY
                )
        for guards in _answers(facts.spec, stage):
            yield emit.need(
                approver,
                "sagemaker:UpdateModelPackage",
                versions,
                sample=sample,
                work=work,
                source=sources.AUTHORIZATION,
                guards=guards,
            )


def _approvers(spec: ProjectSpec) -> Iterator[tuple[str, str]]:
    approvals = spec.pipelines.approvals
    for stage, approval in (("staging", approvals.staging), ("production", approvals.production)):
        if isinstance(approval, ApprovalSpec):
            for role in approval.approver_roles:
                yield stage, role


def _answers(spec: ProjectSpec, stage: str) -> Iterator[ConditionValues]:
    """Yield the conditions of an answer.

    It is the status, or the life-cycle stage for production that follows staging, and never both.
    Nothing follows staging where nothing is released: batch scoring goes by the status.
    """
    status, cycle = "sagemaker:ModelApprovalStatus", "sagemaker:ModelLifeCycle:Stage"
    released = any(isinstance(model.serving, RealtimeServing) for model in spec.models)
    staged = released and any(item.stage == "staging" for item in spec.environments)
    for answer in ANSWERS:
        if stage == "production" and staged:
            yield {
                "StringEquals": {cycle: (PRODUCTION,), f"{cycle}Status": (answer,)},
                "Null": {status: ("true",)},
            }
        else:
            yield {"StringEquals": {status: (answer,)}, "Null": {cycle: ("true",)}}


_ROWS: Mapping[type, Callable[[Facts, Unit, Any], Iterator[Need]]] = {
    ContainerRepositoryPlan: _repository,
    DataBucketPlan: _bucket,
    DatasetPlan: _dataset,
    LockTablePlan: _table,
    LogGroupPlan: _log_group,
    ModelRegistryPlan: _registry,
    TopicPlan: _topic,
    UndeliveredEventsPlan: _undelivered,
}
