"""What a project's CodePipeline pipelines and builds need: repository, artefacts, records, approvals."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.plan.code_pipeline import BuildProjectPlan, CodePipelinePlan
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts, Key
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.needs.stores import key_need, log_key_needs
from groundplan.blueprints.prove.needs.tables import jobs, sources
from groundplan.blueprints.prove.stand_ins import key_arn

PIPELINE = "codepipeline.amazonaws.com"
EVENTS = "events.amazonaws.com"


def pipeline_needs(facts: Facts) -> Iterator[Need]:
    """Yield what the pipelines need, and what services need of their key and topic."""
    for stage_0 in facts.plan.stage_0:
        plan = stage_0.pipeline
        if plan is not None:
            key = facts.keys[plan.key.alias_arn]
            yield from role_needs(facts.plan)
            yield from _services(plan, stage_0.place, key)


def role_needs(plan: Plan) -> Iterator[Need]:
    """Yield what the roles of pipelines and builds need, and who assumes them."""
    for stage_0 in plan.stage_0:
        own = stage_0.pipeline
        if own is not None:
            key = Key(
                arn=key_arn(stage_0.place, own.key.alias),
                alias=own.key.alias,
                place=stage_0.place,
            )
            for pipeline in own.pipelines:
                yield from _pipeline(own, pipeline, stage_0.place, key)
                for build in pipeline.builds:
                    yield from _build(own, build, stage_0.place, key)


def _pipeline(
    own: DeliveryPipelinePlan, plan: CodePipelinePlan, place: Place, key: Key
) -> Iterator[Need]:
    """A pipeline reads its repository, keeps artefacts, runs builds and asks for approvals."""
    role, work, source = plan.role.arn, f"pipeline {plan.name}", sources.CODEPIPELINE
    bucket = place.bucket_arn(plan.bucket)
    for stage in plan.stages:
        for action in stage.actions:
            told = action.configuration
            if action.category == "Source":
                given = told["ConnectionArn"]
                made = isinstance(given, Ref)
                arn = place.arn("codeconnections", "connection/*") if made else str(given)
                service = arn.split(":")[2]
                repository = (str(told["FullRepositoryId"]),)
                guards = {"StringEquals": {f"{service}:FullRepositoryId": repository}}
                yield emit.need(
                    role, f"{service}:UseConnection", arn, work=work, source=source, guards=guards
                )
            elif action.category == "Build":
                project = place.arn("codebuild", f"project/{told['ProjectName']}")
                for call in ("BatchGetBuilds", "StartBuild"):
                    yield emit.need(role, f"codebuild:{call}", project, work=work, source=source)
            elif "NotificationArn" in told:
                topic = str(told["NotificationArn"])
                yield emit.need(role, "sns:Publish", topic, work=work, source=source)
                yield from emit.use_key(
                    role, key, "sns", jobs.WRITE_KEY, work=work, source=sources.KMS_SNS
                )
    for call in ("GetBucketLocation", "GetBucketVersioning"):
        yield emit.need(role, f"s3:{call}", bucket, work=work, source=source)
    # Keys of artefacts begin with the pipeline's name, of which only the beginning is certain.
    objects = place.bucket_arn(plan.bucket, f"{plan.name.partition('-')[0]}-*")
    for call in ("GetObject", "GetObjectVersion", "PutObject"):
        yield emit.need(role, f"s3:{call}", objects, work=work, source=source)
    yield from emit.use_key(role, key, "s3", jobs.WRITE_KEY, work=work, source=sources.S3_KMS)
    guards = {"StringEquals": {"aws:SourceAccount": (place.account,)}}
    yield emit.need(PIPELINE, "sts:AssumeRole", role, work=work, source=source, guards=guards)


def _build(
    own: DeliveryPipelinePlan, plan: BuildProjectPlan, place: Place, key: Key
) -> Iterator[Need]:
    """A build reads its source and what was deployed last, and leaves its log; some deploy."""
    role, work, told = plan.role.arn, f"build {plan.name}", dict(plan.environment)
    source, bucket = sources.CODEBUILD, own.bucket.name
    for call in ("GetObject", "GetObjectVersion"):
        objects = place.bucket_arn(bucket, "groundplan-*")
        yield emit.need(role, f"s3:{call}", objects, work=work, source=source)
    yield from emit.log(role, place, plan.log_group_name, jobs.TASK_LOG, work=work, source=source)
    yield emit.assume("codebuild.amazonaws.com", role, place, plan.arn, work=work)
    target = next((item for item in own.targets if item.name == told.get("PART")), None)
    if target is None:
        _, below = emit.location(told["RECORDS"])
        yield from _records(role, place, bucket, f"{below}/", ("GetObject",), work)
        yield from emit.use_key(role, key, "s3", jobs.READ_KEY, work=work, source=sources.S3_KMS)
        return
    _, record = emit.location(told["RECORD"])
    below = f"{record.rpartition('/')[0]}/"
    yield from _records(role, place, bucket, below, ("GetObject", "PutObject"), work)
    yield from emit.use_key(role, key, "s3", jobs.WRITE_KEY, work=work, source=sources.S3_KMS)
    if "PULUMI_BACKEND_URL" in told:
        _, state = emit.location(told["PULUMI_BACKEND_URL"].partition("?")[0])
        calls = ("DeleteObject", "GetObject", "PutObject")
        yield from _records(role, place, bucket, f"{state}/", calls, work)


def _records(
    role: str, place: Place, bucket: str, prefix: str, calls: Iterable[str], work: str
) -> Iterator[Need]:
    for call in calls:
        objects = place.bucket_arn(bucket, f"{prefix}*")
        yield emit.need(role, f"s3:{call}", objects, work=work, source=sources.S3_LIST)
    guards: ConditionValues = {"StringLike": {"s3:prefix": (f"{prefix}*",)}}
    yield emit.need(
        role, "s3:ListBucket", place.bucket_arn(bucket), work=work, source=sources.S3_LIST,
        guards=guards,
    )  # fmt: skip


def _services(own: DeliveryPipelinePlan, place: Place, key: Key) -> Iterator[Need]:
    """A rule tells the topic of failures, under its key; logs are encrypted."""
    work, rule = f"rule {own.failure.name}", own.failure.arn
    yield emit.need(
        EVENTS, "sns:Publish", own.topic.arn, work=work, source=sources.EVENTS,
        guards={"ArnEquals": {"aws:SourceArn": (rule,)}},
    )  # fmt: skip
    account: ConditionValues = {"StringEquals": {"aws:SourceAccount": (place.account,)}}
    for action in jobs.WRITE_KEY:
        yield key_need(EVENTS, key, action, account, work, sources.KMS_SNS)
    for group in own.log_groups:
        yield from log_key_needs(key, place, group.arn)
