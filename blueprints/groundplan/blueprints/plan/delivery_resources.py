"""What the pipelines that deploy a project share: key, bucket, topic and the rule that tells of failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groundplan.blueprints.plan.alarms import TopicPlan, plan_topic
from groundplan.blueprints.plan.code_pipeline import CodePipelinePlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan, plan_data_bucket
from groundplan.blueprints.plan.delivery_roles import resource_prefix
from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import (
    EncryptionKeyPlan,
    KeyUse,
    plan_encryption_key,
    service_use,
    via,
)
from groundplan.blueprints.plan.exceptions import ACCESS_LOGS_BUCKET, accept
from groundplan.blueprints.plan.key_uses import logs_use
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Json

KEY = "PipelineKey"
"""Id of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRulePlan:
    """A rule that tells a topic when a pipeline has failed."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the rule."""

    event_pattern: Json
    """Which executions it is about."""

    input_paths: Mapping[str, str]
    """What the message takes from an event."""

    input_template: str
    """The message."""

    topic_arn: str
    """Who is told."""


def plan_key(
    project: str,
    place: Place,
    pipelines: Sequence[CodePipelinePlan],
    groups: Sequence[LogGroupPlan],
    organization_id: str | None,
) -> EncryptionKeyPlan:
    """Decide the key of the bucket, the log groups and the topic, and which role does what with it."""
    builds = [build.role for pipeline in pipelines for build in pipeline.builds]
    writers = [role for role in builds if _has(role.duties, "EncryptRecord")]
    readers = tuple(role.arn for role in builds if role not in writers)
    writing = tuple(role.arn for role in (*(item.role for item in pipelines), *writers))
    asking = tuple(item.role.arn for item in pipelines if _has(item.role.duties, "AskForApproval"))
    through = via("s3", place.region)
    return plan_encryption_key(
        id=KEY,
        alias=f"{resource_prefix(project)}-pipeline",
        place=place,
        description=f"Deployments of {project}, made beside stage 0",
        uses=(
            KeyUse(id="Write", roles=writing, actions=ENCRYPT, condition=through),
            KeyUse(id="Read", roles=readers, actions=("kms:Decrypt",), condition=through),
            *(
                (
                    KeyUse(
                        id="AskForApproval",
                        roles=asking,
                        actions=ENCRYPT,
                        condition=via("sns", place.region),
                    ),
                )
                if asking
                else ()
            ),
        ),
        services=(
            logs_use(place, [group.arn for group in groups]),
            service_use(
                "TellOfFailures",
                "events.amazonaws.com",
                ENCRYPT,
                {"StringEquals": {"aws:SourceAccount": place.account}},
            ),
        ),
        organization_id=organization_id,
        spec_path="delivery",
    )


def _has(duties: Sequence[object], id: str) -> bool:
    return any(getattr(duty, "id", None) == id for duty in duties)


def plan_bucket(
    bucket: str, place: Place, key: EncryptionKeyPlan, organization_id: str | None
) -> DataBucketPlan:
    """Decide the bucket of artefacts and records."""
    plan = plan_data_bucket(
        id="PipelineBucket",
        name=bucket,
        place=place,
        encryption_key=key.arn,
        key_alias_arn=key.alias_arn,
        organization_id=organization_id,
        events=False,
        spec_path="delivery",
    )
    accepted = accept(ACCESS_LOGS_BUCKET, "AwsSolutions-S1", "CKV_AWS_18")
    return replace(plan, exceptions=(*plan.exceptions, *accepted))


def plan_failure_topic(
    place: Place, topic_name: str, alias: str, rule: str, emails: Sequence[str]
) -> TopicPlan:
    """Decide the topic that a rule tells of failures, and pipelines of approvals."""
    plan = plan_topic(
        id="PipelineTopic",
        name=topic_name,
        place=place,
        encryption_key_alias=f"alias/{alias}",
        emails=emails,
    )
    publishes = Statement(
        sid="RulePublishes",
        actions=("sns:Publish",),
        resources=(plan.arn,),
        principals={"Service": "events.amazonaws.com"},
        condition={"ArnEquals": {"aws:SourceArn": rule}},
    )
    kept = tuple(item for item in plan.policy.statements if item.effect == "Deny")
    return replace(plan, policy=PolicyDocument(statements=(publishes, *kept)))


def plan_failure_rule(
    place: Place, rule_name: str, arn: str, pipeline: CodePipelinePlan, topic_arn: str
) -> FailureRulePlan:
    """Decide the rule that tells of failed executions of a pipeline."""
    return FailureRulePlan(
        name=rule_name,
        arn=arn,
        event_pattern={
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "account": [place.account],
            "detail": {"pipeline": [pipeline.name], "state": ["FAILED"]},
        },
        input_paths={"execution": "$.detail.execution-id"},
        input_template=f'"A deployment failed: execution <execution> of {pipeline.name}. Its page in '
        'CodePipeline shows the action that failed, and that action its log."',
        topic_arn=topic_arn,
    )
