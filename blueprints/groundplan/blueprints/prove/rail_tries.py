"""What nobody may do in an account under the project's service control policies, call by call.

Sources: Service Authorization Reference, actions and condition keys of each service; AWS Organizations
User Guide, "Service control policies" (2026-11-21).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.ceilings import OTHER_ACCOUNT, OTHER_REGION
from groundplan.blueprints.prove.trail_changes import trail_changes

Context = Mapping[str, str | tuple[str, ...]]

ELSEWHERE = (
    "cloudformation:CreateStack", "ec2:RunInstances", "ecr:CreateRepository", "kms:CreateKey",
    "lambda:CreateFunction", "s3:CreateBucket", "sagemaker:CreateTrainingJob",
    "states:CreateStateMachine",
)  # fmt: skip
"""Ways to begin something where nobody looks."""
BY_ROOT = ("iam:CreateUser", "s3:GetObject", "kms:PutKeyPolicy")
"""What the root user might be used for."""
PUBLIC: tuple[tuple[str, Context], ...] = (
    ("ec2:ModifySnapshotAttribute", {"ec2:Add/group": "all"}),
    ("lambda:CreateFunctionUrlConfig", {"lambda:FunctionUrlAuthType": "NONE"}),
    ("lambda:UpdateFunctionUrlConfig", {"lambda:FunctionUrlAuthType": "NONE"}),
    ("rds:CreateDBInstance", {"rds:PubliclyAccessible": "true"}),
    ("sagemaker:CreateNotebookInstance", {"sagemaker:DirectInternetAccess": "Enabled"}),
    ("sagemaker:CreateNotebookInstance", {}),
    ("account:CloseAccount", {}),
    ("organizations:LeaveOrganization", {}),
)
"""What opens something to everybody, or leaves the rules, whoever does it."""
BLOCKS = (
    "ec2:DisableEbsEncryptionByDefault", "ec2:DisableImageBlockPublicAccess",
    "ec2:DisableSnapshotBlockPublicAccess", "s3:PutAccountPublicAccessBlock",
)  # fmt: skip
"""What takes an account's own blocks away."""
LOGGING = (
    "access-analyzer:DeleteAnalyzer", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel", "config:StopConfigurationRecorder", "guardduty:DeleteDetector",
    "guardduty:UpdateDetector", "securityhub:DisableSecurityHub",
)  # fmt: skip
"""What hides what is done."""
JOBS = tuple(
    f"sagemaker:{name}"
    for name in (
        "CreateHyperParameterTuningJob", "CreateProcessingJob", "CreateTrainingJob",
        "CreateTransformJob",
    )
)  # fmt: skip
ROLE_CHANGES = tuple(
    f"iam:{name}"
    for name in (
        "AttachRolePolicy", "CreateRole", "DeleteRolePermissionsBoundary", "DetachRolePolicy",
        "PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UntagRole",
        "UpdateAssumeRolePolicy",
    )
)  # fmt: skip
POLICY_CHANGES = tuple(
    f"iam:{name}"
    for name in (
        "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion",
        "TagPolicy",
    )
)  # fmt: skip
PROVIDER_CHANGES = tuple(
    f"iam:{name}"
    for name in (
        "AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider",
        "RemoveClientIDFromOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint",
    )
)  # fmt: skip
BUCKET_CHANGES = tuple(
    f"s3:{name}"
    for name in (
        "DeleteBucket", "DeleteBucketPolicy", "PutBucketAcl", "PutBucketLogging",
        "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock",
        "PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RailTry:
    """A call that must be refused, and to whom it must not be."""

    action: str
    resource: str
    why: str
    """What it is about, as a noun."""
    root: bool = False
    """Whether the account's root user calls, and not an administrator."""
    spared: str = ""
    """Who may do it: ``administrators``, ``deployments`` besides them, or nobody."""
    context: Context = field(default_factory=dict)


def rail_tries(stage_0: Stage0Plan, providers: Iterable[str]) -> Iterator[RailTry]:
    """Yield what must be refused in one account.

    Args:
        stage_0: What stage 0 makes in the account.
        providers: ARNs of the identity providers that its roles trust.
    """
    place, project = stage_0.place, stage_0.project
    region: Context = {"aws:RequestedRegion": OTHER_REGION}
    for action in ELSEWHERE:
        yield RailTry(action=action, resource="*", why="another region", context=region)
    for action in BY_ROOT:
        yield RailTry(action=action, resource="*", why="the root user", root=True)
    for action, context in PUBLIC:
        yield RailTry(action=action, resource="*", why="openness to all", context=context)
    for action in BLOCKS:
        yield RailTry(
            action=action, resource="*", why="blocks of public access", spared="administrators"
        )
    yield from _encryption(stage_0)
    for action, resource in _permissions(stage_0, providers):
        yield RailTry(action=action, resource=resource, why="stage 0", spared="administrators")
    own = ((ROLE_CHANGES, "role"), (POLICY_CHANGES, "policy"))
    for actions, kind in own:
        for action in actions:
            resource = place.iam_arn(f"{kind}/groundplan/{project}/x")
            why = "the project's roles"
            yield RailTry(action=action, resource=resource, why=why, spared="deployments")
    for action in LOGGING:
        yield RailTry(action=action, resource="*", why="logging", spared="administrators")
    yield RailTry(action="ec2:DeleteFlowLogs", resource="*", why="flow logs", spared="deployments")
    for action, resource in trail_changes(stage_0):
        yield RailTry(action=action, resource=resource, why="the trail", spared="administrators")
    qualifier = f"cdk-{stage_0.qualifier}-assets-{place.account}-{place.region}"
    for bucket in (f"{project}-x", *((qualifier,) if stage_0.bootstrap is not None else ())):
        for action in BUCKET_CHANGES:
            resource = place.bucket_arn(bucket)
            yield RailTry(action=action, resource=resource, why="buckets", spared="deployments")
    for alias in (f"alias/{project}-x", f"alias/groundplan-stage-0-{project}"):
        for name in ("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"):
            yield RailTry(
                action=f"kms:{name}",
                resource=place.arn("kms", "key/x"),
                why="keys",
                spared="deployments",
                context={"kms:ResourceAliases": alias},
            )


def rail_freedoms(stage_0: Stage0Plan) -> Iterator[RailTry]:
    """Yield what stays anybody's choice: rules that refuse it as well would be in everybody's way."""
    place = stage_0.place
    key = place.arn("kms", "key/x")
    resource = place.bucket_arn(f"{stage_0.project}-x", "x")
    header = "s3:x-amz-server-side-encryption"
    own: Context = {header: "aws:kms", f"{header}-aws-kms-key-id": key}
    both: Context = {
        "sagemaker:InstanceTypes": ("ml.m5.large",),
        "sagemaker:OutputKmsKey": key,
        "sagemaker:VolumeKmsKey": key,
    }
    local: Context = {**both, "sagemaker:InstanceTypes": ("ml.g5.xlarge",)}
    by_hardware = {name: value for name, value in local.items() if "Volume" not in name}
    for action, where, context in (
        ("ec2:ModifySnapshotAttribute", "*", {}),
        ("lambda:CreateFunctionUrlConfig", "*", {"lambda:FunctionUrlAuthType": "AWS_IAM"}),
        ("rds:CreateDBInstance", "*", {"rds:PubliclyAccessible": "false"}),
        (
            "sagemaker:CreateNotebookInstance",
            "*",
            {"sagemaker:DirectInternetAccess": "Disabled"},
        ),
        ("s3:PutObject", resource, {}),
        ("s3:PutObject", resource, own),
        ("kms:PutKeyPolicy", key, {"kms:ResourceAliases": "alias/neighbour"}),
        *((action, "*", both) for action in JOBS),
        *((action, "*", by_hardware) for action in (*JOBS, "sagemaker:CreateEndpointConfig")),
    ):
        yield RailTry(action=action, resource=where, why="anybody's choice", context=context)


def _encryption(stage_0: Stage0Plan) -> Iterator[RailTry]:
    place = stage_0.place
    resource = place.bucket_arn(f"{stage_0.project}-x", "x")
    header = "s3:x-amz-server-side-encryption"
    foreign = f"arn:{place.partition}:kms:{place.region}:{OTHER_ACCOUNT}:key/x"
    for context in (
        {header: "AES256"},
        {header: "aws:kms", f"{header}-aws-kms-key-id": foreign},
        {f"{header}-customer-algorithm": "AES256"},
    ):
        yield RailTry(
            action="s3:PutObject", resource=resource, why="encryption of objects", context=context
        )
    types: Context = {"sagemaker:InstanceTypes": ("ml.m5.large",)}
    output: Context = {**types, "sagemaker:OutputKmsKey": place.arn("kms", "key/x")}
    volume: Context = {**types, "sagemaker:VolumeKmsKey": place.arn("kms", "key/x")}
    for action in JOBS:
        yield RailTry(action=action, resource="*", why="encryption of outputs", context=volume)
    for action in (*JOBS, "sagemaker:CreateEndpointConfig"):
        yield RailTry(action=action, resource="*", why="encryption of volumes", context=output)


def _permissions(stage_0: Stage0Plan, providers: Iterable[str]) -> Iterator[tuple[str, str]]:
    place = stage_0.place
    for action in ROLE_CHANGES:
        yield action, place.iam_arn(f"role{stage_0.path}x")
        if stage_0.bootstrap is not None:
            yield action, place.iam_arn(f"role/cdk-{stage_0.qualifier}-x")
    for action in POLICY_CHANGES:
        yield action, place.iam_arn(f"policy{stage_0.path}x")
    for provider in providers:
        for action in PROVIDER_CHANGES:
            yield action, provider
