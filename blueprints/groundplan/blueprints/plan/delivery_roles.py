"""The roles of a project's CodePipeline pipelines and builds, and what bounds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from groundplan.blueprints.plan.boundary import BoundaryPlan, plan_boundary
from groundplan.blueprints.plan.deployment_policies.deployer import ASSUMED_ROLES
from groundplan.blueprints.plan.duties import ENCRYPT, read_key, write_key, write_task_logs
from groundplan.blueprints.plan.encryption_key import key_duty, via
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.exceptions import BY_CONDITION, OBJECTS
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import (
    Duty,
    RolePlan,
    bootstrap_qualifier,
    direct_deployment_role_arn,
    pipeline_deployer_arn,
    plan_role,
    service_trust,
    stage_0_path,
)
from groundplan.blueprints.spec import DeliverySpec

RECORDS = "deployed/"
"""Where the pipeline's bucket keeps the spec that each part was deployed with last."""
STATE = "state/"
"""Where the pipeline's bucket keeps Pulumi's state of each part."""
ARTIFACTS = "groundplan-"
"""What the keys of artefacts begin with: CodePipeline begins them with the pipeline's name, cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineTarget:
    """What one build deploys."""

    name: str
    """Stage of the plan; with Pulumi a part, whose ``tooling`` has the data too."""

    part: str
    """Directory of its program below ``environments``."""

    stages: tuple[str, ...]
    """Ids of the plan's stages in it."""

    places: tuple[Place, ...]
    """Their accounts."""

    approval: bool
    """Whether somebody has to approve first."""


def resource_prefix(project: str) -> str:
    """Return what the names of everything begin with that stage 0 makes for a project."""
    return f"groundplan-stage-0-{project}"


def pipeline_bucket(project: str, place: Place) -> str:
    """Return the name of the pipelines' bucket.

    It does not begin with what the trail's buckets do, from which guard rails let nobody delete:
    Pulumi's locks come and go.
    """
    return name("bucket", "groundplan-pipeline", project, place.account)


@dataclass(frozen=True)
class DeliveryRoles:
    """Makes the roles, each with the duties of one pipeline or build."""

    project: str
    place: Place
    engine: Engine
    delivery: DeliverySpec
    bucket: str
    key_alias_arn: str
    topic_arn: str
    log_groups: str
    """What the names of the builds' log groups begin with."""
    allowed_regions: tuple[str, ...]

    @cached_property
    def boundary(self) -> BoundaryPlan:
        """What no role here exceeds."""
        place, prefix = self.place, resource_prefix(self.project)
        service, connection = self._connection
        objects = "s3:AbortMultipartUpload s3:GetObject s3:GetObjectVersion s3:PutObject"
        more = " s3:DeleteObject" if self.engine == "pulumi" else ""
        own = (
            f"s3:GetBucketLocation s3:GetBucketVersioning s3:ListBucket {objects}{more}"
            " codebuild:BatchGetBuilds codebuild:StartBuild"
            f" logs:CreateLogStream logs:PutLogEvents sns:Publish {service}:UseConnection"
        )
        duties = (
            Duty(
                id="Pipeline",
                actions=tuple(own.split()),
                resources=(
                    place.bucket_arn(self.bucket),
                    place.bucket_arn(self.bucket, "*"),
                    place.arn("codebuild", f"project/{prefix}-*"),
                    place.arn("logs", f"log-group:{self.log_groups}*"),
                    self.topic_arn,
                    connection,
                ),
                reason="the pipeline reads the repository and runs builds, which log and leave records",
                wildcard=OBJECTS,
            ),
            key_duty(
                "Key", self.key_alias_arn, ENCRYPT,
                reason="artefacts, records and notices are encrypted", condition={},
            ),
            Duty(
                id="Deploy",
                actions=("sts:AssumeRole",),
                resources=(self._any_assumed,),
                reason="builds deploy through the roles of deployments",
                wildcard=OBJECTS,
            ),
        )  # fmt: skip
        regions: Json = list(self.allowed_regions)
        services = ("codebuild", "kms", "logs", "s3", "sns", service, "sts")
        stay = Statement(
            sid="StayInAllowedRegions",
            effect="Deny",
            actions=tuple(sorted(f"{item}:*" for item in services)),
            resources=("*",),
            condition={"StringNotEquals": {"aws:RequestedRegion": regions}},
        )
        return plan_boundary(place, self.project, "pipeline-boundary", "pipelines", duties, (stay,))

    def pipeline(self, purpose: str, builds: Sequence[str], *, notifies: bool) -> RolePlan:
        """Return the role of a pipeline that runs the projects called ``builds``."""
        place = self.place
        bucket = place.bucket_arn(self.bucket)
        service, connection = self._connection
        trust = service_trust("codepipeline.amazonaws.com", place, None)
        duties = (
            Duty(
                id="ReadRepository",
                actions=(f"{service}:UseConnection",),
                resources=(connection,),
                reason="the pipeline reads one repository by way of the connection",
                condition={
                    "StringEquals": {f"{service}:FullRepositoryId": self.delivery.repository}
                },
                wildcard=BY_CONDITION if connection.endswith("*") else None,
            ),
            Duty(
                id="FindBucket",
                actions=("s3:GetBucketLocation", "s3:GetBucketVersioning"),
                resources=(bucket,),
                reason="the pipeline looks at the bucket of its artefacts",
            ),
            Duty(
                id="KeepArtifacts",
                actions=("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
                resources=(f"{bucket}/{ARTIFACTS}*",),
                reason="stages hand over what was read from the repository",
                wildcard=OBJECTS,
            ),
            write_key("EncryptArtifacts", self.key_alias_arn, place.region, reason="artefacts are encrypted"),
            Duty(
                id="RunBuilds",
                actions=("codebuild:BatchGetBuilds", "codebuild:StartBuild"),
                resources=tuple(place.arn("codebuild", f"project/{item}") for item in builds),
                reason="the pipeline runs its builds and watches them",
            ),
            *((self._notify(), self._notify_key()) if notifies else ()),
        )  # fmt: skip
        return self._role(
            "PipelineRole",
            name("role", self.project, "pipeline", purpose),
            f"Runs the pipeline {purpose} of {self.project}",
            trust,
            duties,
        )

    def check(self, purpose: str, project: str, log_group: str) -> RolePlan:
        """Return the role of a build that checks: it reads, and writes its log."""
        return self._build(
            name("role", self.project, purpose),
            f"Checks {self.project}",
            project,
            (
                self._read_source(),
                self._read_records(),
                self._list(RECORDS),
                read_key("DecryptSource", self.key_alias_arn, self.place.region,
                         reason="sources and records are encrypted"),
                write_task_logs(self.place, [log_group]),
            ),
        )  # fmt: skip

    def deploy(self, target: PipelineTarget, project: str, log_group: str) -> RolePlan:
        """Return the role of the build that deploys one part, and of nothing else."""
        own = target.name
        return self._build(
            pipeline_deployer_arn(self.place, self.project, own).rpartition("/")[2],
            f"Deploys {own} of {self.project} from {self.delivery.repository}",
            project,
            (
                Duty(
                    id="AssumeDeploymentRole"
                    if self.engine == "pulumi"
                    else "AssumeBootstrapRoles",
                    actions=("sts:AssumeRole",),
                    resources=self._assumed(target),
                    reason="Pulumi's provider deploys with the deployment role of each account"
                    if self.engine == "pulumi"
                    else "the CDK CLI deploys through the roles of the bootstrap",
                ),
                self._read_source(),
                Duty(
                    id="KeepRecord",
                    actions=("s3:GetObject", "s3:PutObject"),
                    resources=(self.place.bucket_arn(self.bucket, f"{RECORDS}{own}/*"),),
                    reason="the next deployment is compared with what was deployed last",
                    wildcard=OBJECTS,
                ),
                *self._state(own),
                self._list(f"{RECORDS}{own}/"),
                write_key("EncryptRecord", self.key_alias_arn, self.place.region,
                          reason="sources and records are encrypted"),
                write_task_logs(self.place, [log_group]),
            ),
        )  # fmt: skip

    @property
    def _connection(self) -> tuple[str, str]:
        """Service prefix and ARN pattern of the connection."""
        given = self.delivery.connection or "create"
        if given == "create":
            return "codeconnections", self.place.arn("codeconnections", "connection/*")
        return given.split(":")[2], given

    def _assumed(self, target: PipelineTarget) -> tuple[str, ...]:
        if self.engine == "pulumi":
            return tuple(direct_deployment_role_arn(item, self.project) for item in target.places)
        qualifier = bootstrap_qualifier(self.project)
        return tuple(
            item.iam_arn(f"role/cdk-{qualifier}-{purpose}-role-{item.account}-{item.region}")
            for item in target.places
            for purpose in ASSUMED_ROLES
        )

    @property
    def _any_assumed(self) -> str:
        """Pattern of the roles that deploy, in any account; their trusts name the builds' roles."""
        role = f"role/cdk-{bootstrap_qualifier(self.project)}-*"
        if self.engine == "pulumi":
            role = direct_deployment_role_arn(self.place, self.project).split(":", 5)[5]
        return f"arn:{self.place.partition}:iam::*:{role}"

    def _read_source(self) -> Duty:
        return Duty(
            id="ReadSource",
            actions=("s3:GetObject", "s3:GetObjectVersion"),
            resources=(self.place.bucket_arn(self.bucket, f"{ARTIFACTS}*"),),
            reason="a build works on what the pipeline has read from the repository",
            wildcard=OBJECTS,
        )

    def _read_records(self) -> Duty:
        return Duty(
            id="ReadRecords",
            actions=("s3:GetObject",),
            resources=(self.place.bucket_arn(self.bucket, f"{RECORDS}*"),),
            reason="a change is compared with what was deployed last",
            wildcard=OBJECTS,
        )

    def _list(self, prefix: str) -> Duty:
        return Duty(
            id="FindRecords",
            actions=("s3:ListBucket",),
            resources=(self.place.bucket_arn(self.bucket),),
            reason="without it S3 does not say that nothing was deployed yet",
            condition={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )

    def _state(self, part: str) -> tuple[Duty, ...]:
        """Duties of Pulumi's state, which has locks that come and go."""
        if self.engine != "pulumi":
            return ()
        return (
            Duty(
                id="KeepState",
                actions=("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
                resources=(self.place.bucket_arn(self.bucket, f"{STATE}{part}/*"),),
                reason="Pulumi keeps the part's state and its locks here",
                wildcard=OBJECTS,
            ),
            Duty(
                id="FindState",
                actions=("s3:ListBucket",),
                resources=(self.place.bucket_arn(self.bucket),),
                reason="Pulumi looks for stacks and locks",
                condition={"StringLike": {"s3:prefix": f"{STATE}{part}/*"}},
            ),
        )

    def _notify(self) -> Duty:
        return Duty(
            id="AskForApproval",
            actions=("sns:Publish",),
            resources=(self.topic_arn,),
            reason="somebody is told when an approval is waited for",
        )

    def _notify_key(self) -> Duty:
        return key_duty(
            "EncryptNotice", self.key_alias_arn, ENCRYPT, reason="the topic is encrypted",
            condition=via("sns", self.place.region),
        )  # fmt: skip

    def _build(
        self, role_name: str, description: str, project: str, duties: Sequence[Duty]
    ) -> RolePlan:
        source = self.place.arn("codebuild", f"project/{project}")
        trust = service_trust("codebuild.amazonaws.com", self.place, source)
        return self._role("Role", role_name, description, trust, duties)

    def _role(
        self,
        id: str,
        role_name: str,
        description: str,
        trust: PolicyDocument,
        duties: Sequence[Duty],
    ) -> RolePlan:
        return plan_role(
            id=id,
            role_name=role_name,
            place=self.place,
            path=stage_0_path(self.project),
            description=description,
            trust=trust,
            duties=duties,
            permissions_boundary=self.boundary.arn,
            spec_path="delivery",
        )
