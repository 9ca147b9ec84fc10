"""Rules that need the spec: what is planned is there, and what groundplan claims about it holds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from groundplan.blueprints.errors import GroundplanError
from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import ManagedPolicyPlan, RolePlan
from groundplan.blueprints.plan.stacks import StagePlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.report import Proof, prove
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.pulumi.policies.rule import UNKNOWN, Checked, StackRule, listed, statements

STACKS = "groundplan:stacks:"
NAMED: tuple[tuple[type[Any], str, str, str], ...] = (
    (DataBucketPlan, "name", "aws:s3/bucket:Bucket", "bucket"),
    (EncryptionKeyPlan, "alias", "aws:kms/alias:Alias", "name"),
    (RolePlan, "name", "aws:iam/role:Role", "name"),
    (ManagedPolicyPlan, "name", "aws:iam/policy:Policy", "name"),
    (PipelinePlan, "name", "aws:sfn/stateMachine:StateMachine", "name"),
    (LogGroupPlan, "name", "aws:cloudwatch/logGroup:LogGroup", "name"),
    (ContainerRepositoryPlan, "name", "aws:ecr/repository:Repository", "name"),
    (
        ModelRegistryPlan,
        "name",
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        "modelPackageGroupName",
    ),
    (TopicPlan, "name", "aws:sns/topic:Topic", "name"),
    (EventBusPlan, "name", "aws:cloudwatch/eventBus:EventBus", "name"),
    (EventRulePlan, "name", "aws:cloudwatch/eventRule:EventRule", "name"),
    (LockTablePlan, "name", "aws:dynamodb/table:Table", "name"),
    (UndeliveredEventsPlan, "name", "aws:sqs/queue:Queue", "name"),
)
"""Plans of what has a fixed name: the plan's class and name, the resource's type and property."""


def _planned(resources: Sequence[Checked], spec: str | None) -> Iterator[str]:
    yield from _with_spec(resources, spec, _missing)


def _claims(resources: Sequence[Checked], spec: str | None) -> Iterator[str]:
    yield from _with_spec(resources, spec, _broken)


def _with_spec(resources: Sequence[Checked], spec: str | None, check: Any) -> Iterator[str]:
    if not any(item.type.startswith(STACKS) for item in resources):
        return  # a program without a project of groundplan's
    if spec is None:
        yield "the spec is not known; set GROUNDPLAN_SPEC to its whole path, or the policy's `spec`"
        return
    try:
        yield from check(resources, spec)
    except GroundplanError as exc:
        yield str(exc)


def _missing(resources: Sequence[Checked], spec: str) -> Iterator[str]:
    found: dict[str, set[object]] = defaultdict(set)
    policies: dict[object, object] = {}
    for item in resources:
        for kind, _, type, key in NAMED:
            if item.type == type:
                found[kind.__name__].add(item.props.get(key))
        if item.type == "aws:iam/policy:Policy":
            policies[item.props.get("name")] = item.props.get("policy")
    for stage in _stages(resources, _proved(spec)[0]):
        for kind, attribute, type, _ in NAMED:
            for unit in every(stage, kind):
                name = getattr(unit, attribute)
                if not {name, UNKNOWN} & found[kind.__name__]:
                    yield f"{stage.id}: {type} {name} is planned and not in the program"
        for policy in every(stage, ManagedPolicyPlan):
            text = policies.get(policy.name)
            planned = policy.document.to_json()["Statement"]
            if text not in (None, UNKNOWN) and statements(text) != planned:
                yield f"{stage.id}: policy {policy.name} is not the planned one"


def _broken(resources: Sequence[Checked], spec: str) -> Iterator[str]:
    for result in _proved(spec)[1].results:
        for finding in result.verdict.findings:
            yield f"{result.id}: {finding.subject}: {finding.where}: {finding.problem}; {finding.fix}"


def _wildcards(resources: Sequence[Checked], spec: str | None) -> Iterator[str]:
    explained: Mapping[str, object] = {}
    if spec is not None:
        decided, proof = _proved(spec)
        explained = {
            policy.name: policy.document.to_json()["Statement"]
            for policy in every(decided.stages, ManagedPolicyPlan)
        }
        for wildcard in proof.unexplained:
            yield f"{wildcard.role}: {wildcard.statement}: nothing explains {wildcard.resource}"
    for item in resources:
        if item.type != "aws:iam/policy:Policy":
            continue
        own = statements(item.props.get("policy"))
        if own == explained.get(str(item.props.get("name"))):
            continue
        for statement in own:
            if statement.get("Effect") == "Allow" and "*" in listed(statement.get("Resource")):
                sid = statement.get("Sid", "without a name")
                yield f"{item.name}: statement {sid}: every resource is allowed, and no plan says why"


def _stages(resources: Sequence[Checked], decided: Plan) -> Iterator[StagePlan]:
    """Yield the stages that this Pulumi stack holds, known by the components of their stacks."""
    names = {item.name for item in resources if item.type.startswith(STACKS)}
    for stage in decided.stages:
        if any(f"{item.stack.scope}-{item.stack.id}" in names for item in stage.stacks):
            yield stage


@cache
def _proved(spec: str) -> tuple[Plan, Proof]:
    loaded = load_spec(spec)
    proved = case(loaded, engine="pulumi")
    return proved.plan, prove(proved)


PLANNED_RULES = (
    StackRule(
        id="planned-resources",
        description="Everything that the plan holds is in the program, with the planned policies",
        check=_planned,
    ),
    StackRule(
        id="claims-hold",
        description="The claims of groundplan prove hold for the plan",
        check=_claims,
    ),
    StackRule(
        id="wildcards-explained",
        description="A policy allows every resource only where the plan gives the reason",
        check=_wildcards,
    ),
)
