"""What nobody may do in a project's accounts, rule by rule.

The actions and condition keys are those of the Service Authorization Reference (2026-10). AWS's own
service-linked roles, and the organisation's management account, are subject to no such rule
(AWS Organizations User Guide, "Service control policies", 2026-10).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.data_bucket import KEY_HEADER
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.policy import Condition, Statement
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import bootstrap_qualifier, iam_path, stage_0_path

GLOBAL_SERVICES = (
    "account:*", "acm:*", "aws-marketplace:*", "aws-portal:*", "billing:*", "budgets:*", "ce:*",
    "cloudfront:*", "cur:*", "ec2:DescribeRegions", "globalaccelerator:*", "health:*", "iam:*",
    "importexport:*", "organizations:*", "pricing:*", "route53:*", "route53domains:*",
    "s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets", "s3:PutAccountPublicAccessBlock",
    "savingsplans:*", "shield:*", "sts:*", "support:*", "trustedadvisor:*", "waf:*", "wafv2:*",
)  # fmt: skip
"""What is called in one region for all, often ``us-east-1`` (AWS Organizations User Guide, "Deny
access to AWS based on the requested AWS Region", 2026-10; savings plans and prices likewise)."""
IAM_CHANGES = (
    "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:Put*",
    "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*",
)  # fmt: skip
ADMINISTRATORS = (
    "role/OrganizationAccountAccessRole",
    "role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*",
)
"""Roles that deploy stage 0 where the spec names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRail:
    """One rule, and why it is there."""

    statement: Statement
    """A statement that denies."""

    reason: str
    """Why, in one clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRailScope:
    """What the rules are about."""

    project: str
    """Name of the project."""

    partition: str
    """Partition of the accounts."""

    region: str
    """Region of the project."""

    accounts: tuple[str, ...]
    """Accounts of the project, sorted."""

    allowed_regions: tuple[str, ...]
    """Regions that may be used."""

    administrators: tuple[str, ...]
    """ARN patterns of the roles that deploy stage 0."""

    issuer: str | None
    """Issuer of the tokens that CI deploys with; ``None`` without CI."""

    engine: Engine = "cdk"
    """What deploys."""

    @property
    def deployments(self) -> tuple[str, ...]:
        """ARN patterns of the role that CloudFormation or Pulumi deploys the project with."""
        if self.engine == "pulumi":
            role = name("role", self.project, "deployment")
            return (self.iam(f"role{stage_0_path(self.project)}{role}"),)
        return (self.iam(f"role/cdk-{bootstrap_qualifier(self.project)}-cfn-exec-role-*"),)

    def iam(self, resource: str) -> str:
        """Return an ARN of IAM in any account."""
        return f"arn:{self.partition}:iam::*:{resource}"

    def anywhere(self, service: str, resource: str) -> str:
        """Return an ARN in any account and region."""
        return f"arn:{self.partition}:{service}:*:*:{resource}"

    def bucket(self, pattern: str) -> str:
        """Return the ARN of buckets or their objects."""
        return f"arn:{self.partition}:s3:::{pattern}"


def default_administrators(partition: str) -> tuple[str, ...]:
    """Return the ARN patterns of the roles that deploy stage 0 where the spec names none."""
    return tuple(f"arn:{partition}:iam::*:{item}" for item in ADMINISTRATORS)


def administrators_of(account: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """Return those of the ARN patterns of administrators that can be roles of an account."""
    return tuple(item for item in patterns if item.split(":")[4] in ("*", account))


def guard_rails(scope: GuardRailScope) -> tuple[GuardRail, ...]:
    """Return every rule."""
    return (*_perimeter(scope), *_encryption(scope), *_protection(scope))


def _perimeter(scope: GuardRailScope) -> tuple[GuardRail, ...]:
    return (
        GuardRail(
            statement=Statement(
                sid="StayInRegions",
                effect="Deny",
                actions=(),
                not_actions=GLOBAL_SERVICES,
                resources=("*",),
                condition={
                    "StringNotEquals": {"aws:RequestedRegion": list(scope.allowed_regions)}
                },
            ),
            reason="nothing of the project is in another region, so nobody looks there",
        ),
        _rail(
            "StayInOrganization",
            "account:CloseAccount organizations:LeaveOrganization",
            "an account outside the organisation has no guard rails",
        ),
        _rail(
            "NoRootUser", "*", "the root user is bound by no policy of its own account",
            condition={"ArnLike": {"aws:PrincipalArn": scope.iam("root")}},
        ),
        _rail(
            "NoPublicAccess",
            "ec2:DisableEbsEncryptionByDefault ec2:DisableImageBlockPublicAccess"
            " ec2:DisableSnapshotBlockPublicAccess s3:PutAccountPublicAccessBlock",
            "an account's blocks of public access stay",
            condition=_unless(scope.administrators),
        ),
        _rail(
            "NoPublicSnapshots", "ec2:ModifySnapshotAttribute", "no snapshot is shared with all",
            condition={"StringEquals": {"ec2:Add/group": "all"}},
        ),
        _rail(
            "NoPublicFunctions", "lambda:CreateFunctionUrlConfig lambda:UpdateFunctionUrlConfig",
            "no function answers callers without credentials",
            condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        ),
        _rail(
            "NoPublicDatabases", "rds:CreateDBInstance", "no database has a public address",
            condition={"Bool": {"rds:PubliclyAccessible": "true"}},
        ),
        _rail(
            "NoNotebooksOnInternet", "sagemaker:CreateNotebookInstance",
            "a notebook with access to the internet may carry data away",
            condition={"StringNotEquals": {"sagemaker:DirectInternetAccess": "Disabled"}},
        ),
    )  # fmt: skip


def _encryption(scope: GuardRailScope) -> tuple[GuardRail, ...]:
    """Return the rules on encryption, which S3 and SageMaker compare with what a request says.

    An upload that names no key gets the bucket's own. Instances with local NVMe storage take no key
    for their volumes, and are encrypted by hardware.
    """
    objects = (scope.bucket(f"{scope.project}-*/*"),)
    keys: Json = [f"arn:{scope.partition}:kms:*:{account}:*" for account in scope.accounts]
    return (
        _rail(
            "EncryptUploads", "s3:PutObject", "objects are encrypted under KMS keys",
            resources=objects,
            condition=_given("s3:x-amz-server-side-encryption", "StringNotEquals", "aws:kms"),
        ),
        _rail(
            "NoForeignKeys", "s3:PutObject",
            "who encrypts under a key of another account can take the data hostage",
            resources=objects, condition=_given(KEY_HEADER, "StringNotLike", keys),
        ),
        _rail(
            "NoKeysOfCustomers", "s3:PutObject",
            "what a caller's own key encrypts, nobody else can read",
            resources=objects,
            condition={
                "Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}
            },
        ),
        _rail(
            "EncryptOutputs",
            "sagemaker:CreateHyperParameterTuningJob sagemaker:CreateProcessingJob"
            " sagemaker:CreateTrainingJob sagemaker:CreateTransformJob",
            "jobs encrypt what they write",
            condition={"Null": {"sagemaker:OutputKmsKey": "true"}},
        ),
        _rail(
            "EncryptVolumes",
            "sagemaker:CreateEndpointConfig sagemaker:CreateHyperParameterTuningJob"
            " sagemaker:CreateProcessingJob sagemaker:CreateTrainingJob"
            " sagemaker:CreateTransformJob",
            "volumes are encrypted under a key, but for those that the hardware encrypts",
            condition={
                "Null": {"sagemaker:VolumeKmsKey": "true"},
                "ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": local_nvme_families()},
            },
        ),
    )  # fmt: skip


def _protection(scope: GuardRailScope) -> tuple[GuardRail, ...]:
    """Return the rules that keep what stage 0, the bootstrap and the deployments made.

    Administrators may change all of it, and the role of deployments what deployments make.
    """
    stage_0, own = stage_0_path(scope.project), iam_path(scope.project)
    bootstrap = f"cdk-{bootstrap_qualifier(scope.project)}-*"
    mark = f"groundplan-stage-0-{scope.project}*"
    administrators = _unless(scope.administrators)
    deployments = _unless((*scope.administrators, *scope.deployments))
    return (
        _rail(
            "KeepStage0", " ".join(IAM_CHANGES),
            "what bounds deployments is not theirs to change",
            resources=(
                scope.iam(f"policy{stage_0}*"),
                scope.iam(f"role{stage_0}*"),
                *((scope.iam(f"role/{bootstrap}"),) if scope.engine == "cdk" else ()),
                *((scope.iam(f"oidc-provider/{scope.issuer}"),) if scope.issuer else ()),
            ),
            condition=administrators,
        ),
        _rail(
            "KeepRoles", " ".join(IAM_CHANGES), "only deployments change the project's roles",
            resources=(scope.iam(f"policy{own}*"), scope.iam(f"role{own}*")),
            condition=deployments,
        ),
        _rail(
            "KeepLogging",
            "access-analyzer:DeleteAnalyzer cloudtrail:DeleteTrail cloudtrail:PutEventSelectors"
            " cloudtrail:StopLogging cloudtrail:UpdateTrail config:DeleteConfigurationRecorder"
            " config:DeleteDeliveryChannel config:StopConfigurationRecorder"
            " guardduty:DeleteDetector guardduty:UpdateDetector securityhub:DisableSecurityHub",
            "who attacks turns the logs off first",
            condition=administrators,
        ),
        _rail(
            "KeepFlowLogs", "ec2:DeleteFlowLogs", "only deployments take a network away",
            condition=deployments,
        ),
        _rail(
            "KeepTrail",
            "cloudwatch:DeleteAlarms cloudwatch:DisableAlarmActions cloudwatch:PutMetricAlarm"
            " cloudwatch:SetAlarmState logs:DeleteLogGroup logs:DeleteLogStream"
            " logs:DeleteMetricFilter logs:DeleteRetentionPolicy logs:DisassociateKmsKey"
            " logs:PutMetricFilter logs:PutRetentionPolicy s3:DeleteBucket s3:DeleteBucketPolicy"
            " s3:DeleteObject s3:DeleteObjectVersion s3:PutBucketPolicy s3:PutBucketVersioning"
            " s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration sns:DeleteTopic"
            " sns:RemovePermission sns:SetTopicAttributes sns:Unsubscribe",
            "the trail of who did what, and its alarms, stay",
            resources=(
                scope.anywhere("cloudwatch", f"alarm:{mark}"),
                scope.anywhere("logs", f"log-group:/groundplan-stage-0/{scope.project}/*"),
                scope.anywhere("sns", mark),
                scope.bucket(mark),
            ),
            condition=administrators,
        ),
        _rail(
            "KeepBuckets",
            "s3:DeleteBucket s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutBucketLogging"
            " s3:PutBucketOwnershipControls s3:PutBucketPolicy s3:PutBucketPublicAccessBlock"
            " s3:PutBucketVersioning s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration",
            "only deployments say who reads a bucket, and how it is encrypted and kept",
            resources=(
                scope.bucket(f"{scope.project}-*"),
                *((scope.bucket(bootstrap),) if scope.engine == "cdk" else ()),
            ),
            condition=deployments,
        ),
        _rail(
            "KeepKeys", "kms:DisableKey kms:PutKeyPolicy kms:ScheduleKeyDeletion",
            "without its key, data is lost",
            condition={
                **deployments,
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": [f"alias/{scope.project}-*", f"alias/{mark}"]
                },
            },
        ),
    )  # fmt: skip


def local_nvme_families() -> list[str]:
    """Return patterns of the instance types whose volumes take no key: those with local NVMe."""
    found = {key.split(".")[1] for key, item in instance_types().items() if item.local_nvme}
    return [f"ml.{family}.*" for family in sorted(found)]


def _rail(
    sid: str,
    actions: str,
    reason: str,
    *,
    resources: tuple[str, ...] = ("*",),
    condition: Condition | None = None,
) -> GuardRail:
    statement = Statement(
        sid=sid,
        effect="Deny",
        actions=tuple(actions.split()),
        resources=resources,
        condition={} if condition is None else condition,
    )
    return GuardRail(statement=statement, reason=reason)


def _unless(principals: tuple[str, ...]) -> Mapping[str, Mapping[str, Json]]:
    return {"ArnNotLike": {"aws:PrincipalArn": list(principals)}}


def _given(key: str, operator: str, wanted: Json) -> Condition:
    """Return the condition that a request says something, and not what is wanted."""
    return {operator: {key: wanted}, "Null": {key: "false"}}
