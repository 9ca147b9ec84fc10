"""A CDK bootstrap that reaches one project only, made from the CLI's own template.

What the CLI's template grants to the whole account is replaced: who assumes its roles, what they
may do, and what CloudFormation may do. Everything else stays as the CLI has it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.blueprints.plan.encryption_key import ADMIN_ACTIONS
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.stacks.bootstrap_source import (
    RESOURCES,
    Template,
    changed,
    check_references,
    check_resources,
    decide,
    load,
    properties_of,
    section_of,
    set_property,
)

ASSUMED_ROLES = (
    "DeploymentActionRole", "FilePublishingRole", "ImagePublishingRole", "LookupRole",
)  # fmt: skip
DROPPED_PARAMETERS = (
    "DenyExternalId",
    "FileAssetsBucketKmsKeyId",
    "InputPermissionsBoundary",
    "TrustedAccounts",
    "TrustedAccountsForLookup",
    "UseExamplePermissionsBoundary",
)
"""Options of ``cdk bootstrap`` that would widen the template; CloudFormation refuses them now."""
READ_ACTIONS = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
)
"""What the CLI reads of a stack that it deploys."""
DEPLOY_ACTIONS = (
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:RollbackStack",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateTerminationProtection",
)
"""What the CLI does to a stack that it deploys. Stack policies are an administrator's."""


def toolkit_stack_name(project: str) -> str:
    """Return the name of the stack of a project's bootstrap."""
    return f"groundplan-bootstrap-{project}"


def bootstrap_template(cli_template: str, *, stage_0: Stage0Plan) -> str:
    """Return a bootstrap template for one account, as JSON.

    Args:
        cli_template: What ``cdk bootstrap --show-template`` prints.
        stage_0: Stage 0 of the account, which must be deployed before.

    Raises:
        EnvironmentFault: If the CLI's template has changed its shape; names the place in it.
    """
    template = load(cli_template)
    check_resources(template)
    _set_parameters(template, stage_0)
    template = decide(template)
    for role in ASSUMED_ROLES:
        properties_of(template, role)["AssumeRolePolicyDocument"] = _trust(stage_0)
    for resource, kind in RESOURCES.items():
        if kind == "AWS::IAM::Role":
            properties = properties_of(template, resource)
            properties["PermissionsBoundary"] = stage_0.deployment_boundary.arn
            properties.pop("ManagedPolicyArns", None)
    set_property(template, "DeploymentActionRole", "Policies", _inline(_deploy_statements(stage_0)))
    set_property(template, "LookupRole", "Policies", _inline(_lookup_statements(stage_0)))
    set_property(
        template, "FilePublishingRoleDefaultPolicy", "PolicyDocument",
        _document(_file_publishing_statements(stage_0)),
    )  # fmt: skip
    _execution_role(template, stage_0)
    _storage(template, stage_0)
    check_references(template)
    return json.dumps(template, indent=1) + "\n"


def _set_parameters(template: Template, stage_0: Stage0Plan) -> None:
    parameters = section_of(template, "Parameters")
    for item in DROPPED_PARAMETERS:
        parameters.pop(item, None)
    policies = ",".join(stage_0.execution_policy_arns)
    wanted: dict[str, dict[str, object]] = {
        "BootstrapVariant": {"Default": f"groundplan: {stage_0.project}"},
        "CloudFormationExecutionPolicies": {
            "Type": "String",
            "Default": policies,
            "AllowedValues": [policies],
            "ConstraintDescription": "be the policies of stage 0, in their order",
        },
        "Qualifier": {"Default": stage_0.qualifier, "AllowedValues": [stage_0.qualifier]},
    }
    for parameter, changes in wanted.items():
        if parameter not in parameters:
            raise changed(f"Parameters.{parameter}", "to be there", None)
        parameters[parameter].update(changes)


def _trust(stage_0: Stage0Plan) -> Template:
    condition: Condition = {**stage_0.deployer_condition, "Null": {"sts:ExternalId": "true"}}
    return _document(
        [
            {
                "Sid": "Deployers",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": stage_0.place.root},
                "Condition": condition,
            }
        ]
    )


def _stacks(stage_0: Stage0Plan) -> list[str]:
    return [
        stage_0.place.arn("cloudformation", f"stack/{name('stack', stage_0.project, scope)}-*/*")
        for scope in stage_0.scopes
    ]


def _deploy_statements(stage_0: Stage0Plan) -> list[Template]:
    place = stage_0.place
    execution = f"role/cdk-{stage_0.qualifier}-cfn-exec-role-{place.account}-{place.region}"
    passed = [place.iam_arn(execution), *(role.arn for role in stage_0.serving_roles)]
    by_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    actions = sorted((*DEPLOY_ACTIONS, *READ_ACTIONS))
    return [
        _allow("DeployProjectStacks", actions, _stacks(stage_0)),
        _allow("PassDeploymentRoles", ["iam:PassRole"], passed) | {"Condition": by_cloudformation},
        _allow("ReadTemplates", ["s3:GetObject"], [{"Fn::Sub": "${StagingBucket.Arn}/*"}]),
        _use_key(stage_0, ["kms:Decrypt"]),
        _read_version(),
    ]


def _lookup_statements(stage_0: Stage0Plan) -> list[Template]:
    return [_allow("ReadProjectStacks", READ_ACTIONS, _stacks(stage_0)), _read_version()]


def _file_publishing_statements(stage_0: Stage0Plan) -> list[Template]:
    bucket = [{"Fn::Sub": "${StagingBucket.Arn}"}]
    objects = [{"Fn::Sub": "${StagingBucket.Arn}/*"}]
    seen = ["s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:ListBucket"]
    return [
        _allow("FindFiles", seen, bucket),
        _allow(
            "PublishFiles", ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], objects
        ),
        _use_key(stage_0, ["kms:Decrypt", "kms:GenerateDataKey"]),
    ]


def _read_version() -> Template:
    version = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"
    resource = {"Fn::Sub": version + "${CdkBootstrapVersion}"}
    return _allow("ReadVersion", ["ssm:GetParameter", "ssm:GetParameters"], [resource])


def _via_s3(stage_0: Stage0Plan) -> Template:
    return {"StringEquals": {"kms:ViaService": f"s3.{stage_0.place.region}.amazonaws.com"}}


def _use_key(stage_0: Stage0Plan, actions: Sequence[str]) -> Template:
    key = [{"Fn::GetAtt": ["FileAssetsBucketEncryptionKey", "Arn"]}]
    return _allow("UseKeyOfFiles", actions, key) | {"Condition": _via_s3(stage_0)}


def _execution_role(template: Template, stage_0: Stage0Plan) -> None:
    role = properties_of(template, "CloudFormationExecutionRole")
    trust = {
        "Sid": "CloudFormation",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Condition": {
            "ArnLike": {"aws:SourceArn": _stacks(stage_0)},
            "StringEquals": {"aws:SourceAccount": stage_0.place.account},
        },
    }
    role["AssumeRolePolicyDocument"] = _document([trust])
    role["ManagedPolicyArns"] = {"Fn::Split": [",", {"Ref": "CloudFormationExecutionPolicies"}]}


def _storage(template: Template, stage_0: Stage0Plan) -> None:
    root = {"AWS": stage_0.place.root}
    users = [
        stage_0.place.iam_arn(f"role/cdk-{stage_0.qualifier}-*"),
        stage_0.place.iam_arn(f"role/groundplan/{stage_0.project}/*"),
    ]
    administer = _allow("Administer", ADMIN_ACTIONS, ["*"]) | {"Principal": root}
    use = _allow("UseThroughStorage", ["kms:Decrypt", "kms:GenerateDataKey"], ["*"]) | {
        "Principal": root,
        "Condition": {"ArnLike": {"aws:PrincipalArn": users}, **_via_s3(stage_0)},
    }
    set_property(
        template, "FileAssetsBucketEncryptionKey", "KeyPolicy", _document([administer, use])
    )
    properties_of(template, "FileAssetsBucketEncryptionKey")["EnableKeyRotation"] = True
    repository = properties_of(template, "ContainerAssetsRepository")
    repository.pop("RepositoryPolicyText", None)  # other services' pulls; nothing here uses them
    properties_of(template, "StagingBucket").pop("AccessControl", None)  # ACLs are off by default
    properties_of(template, "CdkBootstrapVersion")["Description"] = {"Ref": "BootstrapVariant"}
    repository["ImageScanningConfiguration"] = {"ScanOnPush": True}


def _allow(sid: str, actions: Sequence[str], resources: Sequence[object]) -> Template:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }


def _document(statements: Sequence[Mapping[str, Any]]) -> Template:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _inline(statements: Sequence[Mapping[str, Any]]) -> list[Template]:
    return [{"PolicyName": "groundplan", "PolicyDocument": _document(statements)}]
