"""Resources of the templates that an administrator deploys, as CloudFormation has them."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.exceptions import CheckException, template_metadata
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.ref import Ref, canonical_json, resolve
from groundplan.blueprints.plan.role import Duty, ManagedPolicyPlan, RolePlan

HASH_OUTPUT = "TemplateHash"
"""Output by which ``groundplan doctor`` sees whether an account has this template."""
SESSION_SECONDS = 3600
"""Longest session of a role."""

Resource = dict[str, Any]


def hashed(
    description: str, resources: dict[str, Resource], outputs: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a template that tells its own hash in its output :data:`HASH_OUTPUT`."""
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Resources": resources,
        "Outputs": {} if outputs is None else outputs,
    }
    found = hashlib.sha256(canonical_json(body).encode()).hexdigest()[:16]
    body["Outputs"][HASH_OUTPUT] = output("Hash of this template", found)
    return body


def output(description: str, value: str) -> dict[str, str]:
    """Return an output."""
    return {"Description": description, "Value": value}


def managed_policy(
    path: str,
    policy_name: str,
    description: str,
    document: PolicyDocument,
    duties: Sequence[Duty],
    exceptions: tuple[CheckException, ...] = (),
) -> Resource:
    """Return a policy; its metadata holds the reason of every statement that allows something."""
    allowed = {statement.sid for statement in document.statements}
    resource = deleted(
        "AWS::IAM::ManagedPolicy",
        {
            "Description": description,
            "ManagedPolicyName": policy_name,
            "Path": path,
            "PolicyDocument": document.to_json(),
        },
    )
    resource["Metadata"] = {
        "groundplan:reasons": {duty.id: duty.reason for duty in duties if duty.id in allowed},
        **template_metadata(exceptions),
    }
    return resource


def role_with_policies(plan: RolePlan) -> dict[str, Resource]:
    """Return a role and its policies, by id."""

    def policy(item: ManagedPolicyPlan) -> Resource:
        exceptions = plan.exceptions_of(item)
        return managed_policy(
            plan.path, item.name, plan.description, item.document, plan.duties, exceptions
        )

    role = deleted(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": plan.trust.to_json(),
            "Description": plan.description,
            "ManagedPolicyArns": [{"Ref": f"{plan.id}{item.id}"} for item in plan.policies],
            "MaxSessionDuration": SESSION_SECONDS,
            "Path": plan.path,
            "PermissionsBoundary": plan.permissions_boundary,
            "RoleName": plan.name,
        },
    )
    return {f"{plan.id}{item.id}": policy(item) for item in plan.policies} | {plan.id: role}


def key_with_alias(plan: EncryptionKeyPlan) -> dict[str, Resource]:
    """Return a key and its alias, by id."""
    return {
        plan.id: kept(
            "AWS::KMS::Key",
            {
                "Description": plan.description,
                "EnableKeyRotation": True,
                "KeyPolicy": plan.policy.to_json(),
                "PendingWindowInDays": plan.pending_window_days,
            },
        ),
        f"{plan.id}Alias": kept(
            "AWS::KMS::Alias", {"AliasName": plan.alias, "TargetKeyId": {"Ref": plan.id}}
        ),
    }


def log_group(plan: LogGroupPlan) -> Resource:
    """Return a log group."""
    key = plan.encryption_key
    values = {key: {"Fn::GetAtt": [key.unit, "Arn"]}} if isinstance(key, Ref) else {}
    return kept(
        "AWS::Logs::LogGroup",
        {
            "KmsKeyId": resolve(key, values),
            "LogGroupName": plan.name,
            "RetentionInDays": plan.retention_days,
        },
    )


def bucket_resource(plan: DataBucketPlan, key: Mapping[Ref, Any]) -> Resource:
    """Return a bucket; ``key`` resolves the ref to its key."""
    private = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    encryption = {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {
            "KMSMasterKeyID": resolve(plan.encryption_key, key),
            "SSEAlgorithm": "aws:kms",
        },
    }
    rule: Resource = {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": plan.abort_uploads_days},
        "Id": "Expire",
        "NoncurrentVersionExpiration": {"NoncurrentDays": plan.noncurrent_days},
        "Status": "Enabled",
    }
    if plan.expire_after_days is not None:
        rule["ExpirationInDays"] = plan.expire_after_days
    return kept(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
            "BucketName": plan.name,
            "LifecycleConfiguration": {"Rules": [rule]},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": dict.fromkeys(private, True),
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    ) | {"Metadata": template_metadata(plan.exceptions)}


def topic_resource(plan: TopicPlan, key: str) -> Resource:
    """Return a topic under the key whose resource is called ``key``."""
    return deleted("AWS::SNS::Topic", {"KmsMasterKeyId": {"Ref": key}, "TopicName": plan.name})


def kept(type_name: str, properties: Resource) -> Resource:
    """Return a resource that stays when its stack goes."""
    return _resource(type_name, properties, "Retain")


def deleted(type_name: str, properties: Resource) -> Resource:
    """Return a resource that goes with its stack."""
    return _resource(type_name, properties, "Delete")


def _resource(type_name: str, properties: Resource, policy: str) -> Resource:
    return {
        "Type": type_name,
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
        "Properties": properties,
    }
