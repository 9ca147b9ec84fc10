"""What CI and the CDK CLI need to hand a project's stacks to CloudFormation.

Sources: the CLI's own bootstrap template, version 32 (``cdk bootstrap --show-template``), less what it
grants for CodePipeline, stack refactoring and look-ups of whole accounts; IAM User Guide, "Create a
role for OIDC federation", and the subjects of GitHub's and GitLab's tokens (2026-11-21).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.role import bootstrap_qualifier, stage_0_path
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs.code_pipeline import role_needs
from groundplan.blueprints.prove.needs.deployment import execution_role
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.spec import DeliverySpec

SOURCE = "CDK CLI, bootstrap template version 32, 2026-11-21"
PROVIDER = "Pulumi's AWS provider, assume-role configuration, 2026-11-21"
TRAIL = "CloudTrail User Guide, Role policy document for CloudWatch Logs, 2026-11-21"
READS = (
    "DescribeChangeSet", "DescribeEvents", "DescribeStackEvents", "DescribeStackResources",
    "DescribeStacks", "GetTemplate", "GetTemplateSummary", "ListChangeSets", "ListStackResources",
)  # fmt: skip
"""Calls of CloudFormation by ``cdk diff``, ``cdk deploy`` and their progress."""
WRITES = (
    "ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack",
    "ExecuteChangeSet", "RollbackStack", "UpdateStack", "UpdateTerminationProtection",
)  # fmt: skip
"""Calls of CloudFormation by ``cdk deploy``, ``cdk rollback`` and ``cdk destroy``."""
PUSHES = (
    "BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages",
    "DescribeRepositories", "GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage",
    "UploadLayerPart",
)  # fmt: skip
"""Calls of the registry by the publishing of images."""
PURPOSES = ("deploy", "file-publishing", "image-publishing", "lookup")
"""Roles that the CLI assumes."""
GITHUB = "token.actions.githubusercontent.com"


def cli(case: Case) -> Iterator[Need]:
    """Yield what the roles of the bootstrap and CI's own need, and who has to assume them."""
    for stage_0 in case.plan.stage_0:
        stacks = [item.stack for item in case.plan.stacks() if item.stack.place == stage_0.place]
        yield from _Account(case, stage_0, stacks).needs()
        yield from _trail(case, stage_0)
    yield from role_needs(case.plan)


class _Account:
    """One account's bootstrap."""

    def __init__(self, case: Case, stage_0: Stage0Plan, stacks: list[StackPlan]) -> None:
        self.case = case
        self.place = place = stage_0.place
        self.stacks = stacks
        self.qualifier = bootstrap_qualifier(case.plan.project)
        self.deployer = stage_0.deployer.arn if stage_0.deployer is not None else None
        self.builds = _builds(case, place)
        at = f"{place.account}-{place.region}"
        self.roles = {
            item: place.iam_arn(f"role/cdk-{self.qualifier}-{item}-role-{at}") for item in PURPOSES
        }
        self.bucket = place.bucket_arn(f"cdk-{self.qualifier}-assets-{at}")
        self.repository = place.arn("ecr", f"repository/cdk-{self.qualifier}-container-assets-{at}")
        self.key = place.arn("kms", f"key/cdk-{self.qualifier}-assets-key")

    def needs(self) -> Iterator[Need]:
        if self.deployer is not None:
            yield from _tokens(self.case, self.deployer, self.place.iam_arn("oidc-provider/"))
        # without CI, whoever may in the account deploys by hand
        by_hand = self.place.iam_arn("role/somebody-of-the-account")
        deployers = self.builds or (self.deployer or by_hand,)
        if self.case.plan.engine == "pulumi":
            role, work = (
                self.case.plan.deployment_role_arn(self.place),
                "Pulumi's provider assumes a role",
            )
            for deployer in deployers:
                yield _need(deployer, "sts:AssumeRole", role, work, source=PROVIDER)
            return
        for deployer in deployers:
            for arn in self.roles.values():
                yield _need(deployer, "sts:AssumeRole", arn, "the CLI assumes a role")
        yield from self._deploy()
        yield from self._publish()
        for purpose in ("deploy", "lookup"):
            version = self.place.arn("ssm", f"parameter/cdk-bootstrap/{self.qualifier}/version")
            for action in ("ssm:GetParameter", "ssm:GetParameters"):
                yield _need(self.roles[purpose], action, version, "the bootstrap's version")

    def _deploy(self) -> Iterator[Need]:
        deploy, lookup = self.roles["deploy"], self.roles["lookup"]
        for stack in self.stacks:
            arn = self.place.arn("cloudformation", f"stack/{stack.name}/x0")
            widest = self.place.arn(
                "cloudformation", f"stack/{self.case.plan.project}-{stack.scope}-*/*"
            )
            work = f"stack {stack.name}"
            for call in (*READS, *WRITES):
                yield _need(deploy, f"cloudformation:{call}", arn, work, widest=widest)
            for call in READS:
                yield _need(lookup, f"cloudformation:{call}", arn, work, widest=widest)
            role = execution_role(self.case, stack)
            service = "cloudformation.amazonaws.com"
            yield _need(
                deploy, "iam:PassRole", role, work,
                guards={"StringEquals": {"iam:PassedToService": (service,)}},
                context={"iam:PassedToService": service},
            )  # fmt: skip
            yield _need(
                service, "sts:AssumeRole", role, work,
                context={"aws:SourceAccount": self.place.account, "aws:SourceArn": arn},
            )  # fmt: skip
        objects = f"{self.bucket}/*"
        yield _need(deploy, "s3:GetObject", objects, "templates")
        yield self._key_use(deploy, "kms:Decrypt")

    def _publish(self) -> Iterator[Need]:
        files, images = self.roles["file-publishing"], self.roles["image-publishing"]
        for call in ("GetBucketLocation", "GetEncryptionConfiguration", "ListBucket"):
            yield _need(files, f"s3:{call}", self.bucket, "files")
        for call in ("AbortMultipartUpload", "GetObject", "PutObject"):
            yield _need(files, f"s3:{call}", f"{self.bucket}/*", "files")
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            yield self._key_use(files, action)
        for call in PUSHES:
            yield _need(images, f"ecr:{call}", self.repository, "images of the CLI's own")
        yield _need(images, "ecr:GetAuthorizationToken", "*", "images of the CLI's own")

    def _key_use(self, role: str, action: str) -> Need:
        via = f"s3.{self.place.region}.amazonaws.com"
        return _need(
            role, action, self.key, "files are encrypted",
            guards={"StringEquals": {"kms:ViaService": (via,)}},
            context={"kms:ViaService": via},
        )  # fmt: skip


def _builds(case: Case, place: Place) -> tuple[str, ...]:
    """Return the roles of the builds with which CodePipeline deploys to an account, by the spec alone.

    There is one a stage; with Pulumi the tooling's deploys the data, too.
    """
    delivery = case.spec.delivery
    if delivery is None or delivery.ci != "codepipeline":
        return ()
    project, own = case.plan.project, {item.name for item in case.spec.environments}
    here = [stage.id for stage in case.plan.stages if stage.place == place]
    whole = case.plan.engine == "pulumi"
    parts = dict.fromkeys(TOOLING if whole and item not in own else item for item in here)
    tooling = replace(place, account=case.spec.account_id(TOOLING))
    return tuple(
        tooling.iam_arn(f"role{stage_0_path(project)}{name('role', project, 'deployer', part)}")
        for part in parts
    )


def _trail(case: Case, stage_0: Stage0Plan) -> Iterator[Need]:
    """Yield what CloudTrail needs of the role that stage 0 makes for it, where it makes a trail."""
    place, project = stage_0.place, case.plan.project
    role = place.iam_arn(f"role{stage_0_path(project)}{name('role', project, 'trail')}")
    group = place.arn("logs", f"log-group:/groundplan-stage-0/{project}/trail")
    if not any(item.arn == group for item in case.world.resources):
        return
    stream = f"{group}:log-stream:{place.account}_CloudTrail_{place.region}*"
    yield _need("cloudtrail.amazonaws.com", "sts:AssumeRole", role, "the trail", source=TRAIL)
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield _need(role, action, stream, "the trail", source=TRAIL)


def _tokens(case: Case, deployer: str, provider: str) -> Iterator[Need]:
    delivery = case.spec.delivery
    if delivery is None:
        return
    account = deployer.split(":")[4]
    # the CDK deploys stage by stage, Pulumi part by part
    units = (
        case.plan.parts()
        if case.plan.engine == "pulumi"
        else {stage.id: (stage,) for stage in case.plan.stages}
    )
    scopes = [
        name
        for name, stages in units.items()
        if any(stage.place.account == account for stage in stages)
    ]
    issuer, claims = _claims(delivery, scopes)
    for claim in claims:
        context = {f"{issuer}:{key}": value for key, value in claim.items()}
        yield _need(
            f"{provider}{issuer}", "sts:AssumeRoleWithWebIdentity", deployer,
            f"a job of {claim['sub']}", context=context,
        )  # fmt: skip


def _claims(delivery: DeliverySpec, scopes: list[str]) -> tuple[str, list[dict[str, str]]]:
    """Return issuer and claims of the tokens with which CI deploys."""
    if delivery.ci != "github":
        url = delivery.url or "https://gitlab.com"
        subject = f"project_path:{delivery.repository}:ref_type:branch:ref:{delivery.branch}"
        extra = "".join(f":{claim}:true" for claim in delivery.subject_claims)
        found = {"aud": delivery.audience or url, "sub": f"{subject}{extra}"}
        return url.removeprefix("https://"), [found]
    owner, _, repository = delivery.repository.partition("/")
    forms = [f"repo:{delivery.repository}"]
    common = {"aud": "sts.amazonaws.com", "ref": f"refs/heads/{delivery.branch}"}
    if delivery.repository_id is not None:
        common["repository_id"] = str(delivery.repository_id)
    if delivery.owner_id is not None:
        common["repository_owner_id"] = str(delivery.owner_id)
    if delivery.repository_id is not None and delivery.owner_id is not None:
        forms.append(f"repo:{owner}@{delivery.owner_id}/{repository}@{delivery.repository_id}")
    return GITHUB, [
        {**common, "sub": f"{form}:environment:{scope}"} for form in forms for scope in scopes
    ]


def _need(
    principal: str,
    action: str,
    resource: str,
    work: str,
    *,
    widest: str | None = None,
    guards: ConditionValues | None = None,
    context: Mapping[str, str] | None = None,
    source: str = SOURCE,
) -> Need:
    return Need(
        principal=principal,
        action=action,
        resource=widest or resource,
        example=resource.replace("*", "x0") if resource != "*" else resource,
        work=work,
        source=source,
        guards=guards or {},
        context=context or {},
    )
