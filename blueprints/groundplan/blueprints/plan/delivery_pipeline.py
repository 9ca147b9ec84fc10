"""Decides what deploys a project with CodePipeline: an administrator's stack beside stage 0.

Deployments cannot change it, or whoever merges could take the approval out of the way; so it does not
deploy itself. A pull request runs in a pipeline of its own, whose builds may assume no role.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.boundary import BoundaryPlan
from groundplan.blueprints.plan.code_pipeline import (
    BuildProjectPlan,
    CodePipelinePlan,
    ConnectionPlan,
    StepPlan,
    Trigger,
    plan_build_project,
    plan_code_pipeline,
)
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.delivery_resources import (
    KEY,
    FailureRulePlan,
    plan_bucket,
    plan_failure_rule,
    plan_failure_topic,
    plan_key,
)
from groundplan.blueprints.plan.delivery_roles import (
    RECORDS,
    STATE,
    DeliveryRoles,
    PipelineTarget,
    pipeline_bucket,
    resource_prefix,
)
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.spec import DeliverySpec

__all__ = ["DeliveryPipelinePlan", "FailureRulePlan", "PipelineTarget", "plan_delivery_pipeline"]

CHECK_FILE = "buildspecs/check.yml"
DEPLOY_FILE = "buildspecs/deploy.yml"
ALLOW_REPLACE = "ALLOW_REPLACE"
"""Variable of the pipeline: ids of what may be replaced or deleted, as ``groundplan diff`` names them,
separated by commas."""
NOTHING = "none"
CONNECTION = "Connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPipelinePlan:
    """Two pipelines with all that they need, made with stage 0, out of reach of deployments."""

    stack_name: str
    """Name of the stack of its template."""

    targets: tuple[PipelineTarget, ...]
    """What is deployed, in order."""

    key: EncryptionKeyPlan
    """Key of the bucket, the log groups and the topic."""

    bucket: DataBucketPlan
    """Artefacts, and what each part was deployed with last."""

    boundary: BoundaryPlan
    """What no role here exceeds."""

    log_groups: tuple[LogGroupPlan, ...]
    """One a build."""

    connection: ConnectionPlan | None
    """Connection to the repository; ``None`` where it exists already."""

    connection_arn: str | Ref
    """ARN of the connection."""

    pipelines: tuple[CodePipelinePlan, ...]
    """The one that deploys, and the one of pull requests."""

    topic: TopicPlan
    """Who is told of failures, and of approvals that are waited for."""

    failure: FailureRulePlan
    """Tells of failed deployments."""


def plan_delivery_pipeline(
    *,
    project: str,
    place: Place,
    delivery: DeliverySpec,
    targets: Sequence[PipelineTarget],
    engine: Engine = "cdk",
    organization_id: str | None = None,
    allowed_regions: Sequence[str] | None = None,
    retention_days: int = 365,
    emails: Sequence[str] = (),
) -> DeliveryPipelinePlan:
    """Decide the pipelines of a project.

    Args:
        project: Name of the project.
        place: The tooling account.
        delivery: Repository, branch and connection.
        targets: What is deployed, in order.
        engine: What deploys.
        organization_id: Refuses readers outside this organisation. Default: refuses none.
        allowed_regions: Regions that the roles may use. Default: that of ``place``.
        retention_days: Days that logs are kept.
        emails: Addresses that are asked to subscribe. Default: none.

    Raises:
        PlanError: If AWS would refuse a policy for its size.
    """
    prefix = resource_prefix(project)
    topic_name = name("topic", prefix, "pipeline")
    alias_arn = place.arn("kms", f"alias/{prefix}-pipeline")
    connection: ConnectionPlan | None = None
    connection_arn: str | Ref = delivery.connection or "create"
    if connection_arn == "create":
        connection = ConnectionPlan(
            id=CONNECTION, name=name("connection", project), provider=delivery.provider or "github"
        )
        connection_arn = connection.arn
    parts = _Parts(
        project=project,
        place=place,
        delivery=delivery,
        connection_arn=connection_arn,
        engine=engine,
        retention_days=retention_days,
        roles=DeliveryRoles(
            project=project,
            place=place,
            engine=engine,
            delivery=delivery,
            bucket=pipeline_bucket(project, place),
            key_alias_arn=alias_arn,
            topic_arn=place.arn("sns", topic_name),
            log_groups=f"/groundplan-stage-0/{project}/pipeline/",
            allowed_regions=tuple(allowed_regions or (place.region,)),
        ),
    )
    deploys = parts.deploys(targets)
    pipelines = (deploys, parts.checks())
    groups = tuple(
        parts.log_group(pipeline, build) for pipeline in pipelines for build in pipeline.builds
    )
    rule_name = name("rule", prefix, "pipeline-failed")
    rule = place.arn("events", f"rule/{rule_name}")
    key = plan_key(project, place, pipelines, groups, organization_id)
    return DeliveryPipelinePlan(
        stack_name=f"groundplan-stage-0-pipeline-{project}",
        targets=tuple(targets),
        key=key,
        bucket=plan_bucket(parts.roles.bucket, place, key, organization_id),
        boundary=parts.roles.boundary,
        log_groups=groups,
        connection=connection,
        connection_arn=connection_arn,
        pipelines=pipelines,
        topic=plan_failure_topic(place, topic_name, f"{prefix}-pipeline", rule, emails),
        failure=plan_failure_rule(place, rule_name, rule, deploys, parts.roles.topic_arn),
    )


@dataclass(frozen=True)
class _Parts:
    """Makes the pipelines and their builds."""

    project: str
    place: Place
    delivery: DeliverySpec
    connection_arn: str | Ref
    engine: Engine
    retention_days: int
    roles: DeliveryRoles

    def deploys(self, targets: Sequence[PipelineTarget]) -> CodePipelinePlan:
        builds = [self._deploy(target) for target in targets]
        check = self._check("check")
        steps = [
            StepPlan(name="Check", builds=(check,)),
            *(
                StepPlan(
                    name=camel(target.name),
                    builds=(build,),
                    approval=f"Deploy {target.name} of {self.project}? The log of the action "
                    f"{check.id} holds what changes, its proof and its cost."
                    if target.approval
                    else None,
                )
                for target, build in zip(targets, builds, strict=True)
            ),
        ]
        return self._pipeline("Deploy", "deploy", "push", steps, variables={ALLOW_REPLACE: NOTHING})

    def checks(self) -> CodePipelinePlan:
        step = StepPlan(name="Check", builds=(self._check("check-pull-request"),))
        return self._pipeline("PullRequest", "pull-request", "pull_request", [step])

    def log_group(self, pipeline: CodePipelinePlan, build: BuildProjectPlan) -> LogGroupPlan:
        return plan_log_group(
            id=f"{pipeline.id}{build.id}Logs",
            name=build.log_group_name,
            place=self.place,
            encryption_key=EncryptionKeyPlan.ref(KEY),
            retention_days=self.retention_days,
        )

    def _pipeline(
        self,
        id: str,
        purpose: str,
        trigger: Trigger,
        steps: Sequence[StepPlan],
        variables: Mapping[str, str] | None = None,
    ) -> CodePipelinePlan:
        builds = [build.name for step in steps for build in step.builds]
        notifies = any(step.approval is not None for step in steps)
        return plan_code_pipeline(
            id=id,
            name=name("pipeline", resource_prefix(self.project), purpose),
            place=self.place,
            role=self.roles.pipeline(purpose, builds, notifies=notifies),
            repository=self.delivery.repository,
            branch=self.delivery.branch,
            connection=self.connection_arn,
            steps=steps,
            bucket=self.roles.bucket,
            encryption_key_alias=self.roles.key_alias_arn,
            trigger=trigger,
            # Pull requests have nothing to do with each other; a push overtakes one that waits.
            execution_mode="SUPERSEDED" if trigger == "push" else "PARALLEL",
            topic_arn=self.roles.topic_arn,
            variables=variables,
        )

    def _check(self, purpose: str) -> BuildProjectPlan:
        project, group = self._names(purpose)
        return plan_build_project(
            id="Check",
            name=project,
            place=self.place,
            description=f"Checks {self.project}",
            buildspec=CHECK_FILE,
            role=self.roles.check(purpose, project, group),
            log_group_name=group,
            encryption_key_alias=self.roles.key_alias_arn,
            environment={"RECORDS": f"s3://{self.roles.bucket}/{RECORDS.rstrip('/')}"},
        )

    def _deploy(self, target: PipelineTarget) -> BuildProjectPlan:
        project, group = self._names(f"deploy-{target.name}")
        bucket, part = self.roles.bucket, target.name
        environment = {
            "DIRECTORY": f"environments/{target.part}",
            "PART": part,
            "RECORD": f"s3://{bucket}/{RECORDS}{part}/spec.zip",
            "STAGES": " ".join(target.stages),
        }
        if self.engine == "pulumi":
            environment["PULUMI_BACKEND_URL"] = (
                f"s3://{bucket}/{STATE}{part}?region={self.place.region}&awssdk=v2"
            )
        return plan_build_project(
            id=f"Deploy{camel(part)}",
            name=project,
            place=self.place,
            description=f"Deploys {part} of {self.project}",
            buildspec=DEPLOY_FILE,
            role=self.roles.deploy(target, project, group),
            log_group_name=group,
            encryption_key_alias=self.roles.key_alias_arn,
            environment=environment,
        )

    def _names(self, purpose: str) -> tuple[str, str]:
        project = name("codebuild-project", resource_prefix(self.project), purpose)
        return project, f"{self.roles.log_groups}{purpose}"
