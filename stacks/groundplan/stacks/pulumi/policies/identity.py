"""Rules of who may do what."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.stacks.pulumi.policies.rule import (
    Checked,
    ResourceRule,
    listed,
    must_be_given,
    statements,
)

ROLE = "aws:iam/role:Role"
INLINE = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
RESOURCE_POLICIES = {
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": "resourcePolicy",
}
SOURCES = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID")


def _inline(resource: Checked) -> Iterator[str]:
    if resource.type != ROLE:
        yield "policies must be managed ones; use Policy and RolePolicyAttachment"
    elif resource.props.get("inlinePolicies"):
        yield "inlinePolicies must not be given; use Policy and RolePolicyAttachment"


def _full_access(resource: Checked) -> Iterator[str]:
    attached = [
        resource.props.get("policyArn"),
        *listed(resource.props.get("managedPolicyArns")),
    ]
    for arn in attached:
        if isinstance(arn, str) and ":iam::aws:policy/" in arn:
            name = arn.rsplit("/", 1)[1]
            if name.endswith("FullAccess") or name in ("AdministratorAccess", "PowerUserAccess"):
                yield f"AWS's own policy {name} must not be attached; name what is needed"


def _wildcard_actions(resource: Checked) -> Iterator[str]:
    for statement in _allowing(resource.props.get("policy")):
        if "NotAction" in statement:
            yield f"{_sid(statement)}: NotAction must not be allowed; name the actions"
        for action in listed(statement.get("Action")):
            if action == "*" or action.endswith(":*"):
                yield f"{_sid(statement)}: {action} must not be allowed; name the actions"


def _open_policy(resource: Checked) -> Iterator[str]:
    for statement in _allowing(resource.props.get(RESOURCE_POLICIES[resource.type])):
        principals = statement.get("Principal")
        everyone = principals == "*" or (
            isinstance(principals, Mapping) and "*" in listed(principals.get("AWS"))
        )
        if everyone and not statement.get("Condition"):
            yield f"{_sid(statement)}: everyone must not be allowed; name principals, or a condition"


def _trust(role: Checked) -> Iterator[str]:
    for statement in _allowing(role.props.get("assumeRolePolicy")):
        principals = statement.get("Principal")
        if not isinstance(principals, Mapping):
            yield f"{_sid(statement)}: everyone must not be trusted; name principals"
        elif "Service" in principals and not _keys(statement) & set(SOURCES):
            services = ", ".join(listed(principals["Service"]))
            yield (
                f"{_sid(statement)}: {services} must be trusted for this account's resources only; "
                f"add a condition on {SOURCES[0]}"
            )


def _allowing(policy: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in statements(policy) if item.get("Effect") == "Allow")


def _keys(statement: Mapping[str, Any]) -> set[str]:
    return {key for keys in statement.get("Condition", {}).values() for key in keys}


def _sid(statement: Mapping[str, Any]) -> str:
    return f"statement {statement.get('Sid', 'without a name')}"


IDENTITY_RULES = (
    ResourceRule(
        id="role-boundary",
        description="Roles have a permission boundary",
        types=(ROLE,),
        check=must_be_given("permissionsBoundary", "name the boundary that stage 0 made"),
    ),
    ResourceRule(
        id="no-inline-policies",
        description="Policies are managed, so that they can be reviewed and are counted by AWS",
        types=(ROLE, *INLINE),
        check=_inline,
    ),
    ResourceRule(
        id="no-full-access",
        description="None of AWS's own policies of full access is attached",
        types=(ROLE, *ATTACHMENTS),
        check=_full_access,
    ),
    ResourceRule(
        id="no-wildcard-actions",
        description="Identity policies name the actions that they allow",
        types=("aws:iam/policy:Policy",),
        check=_wildcard_actions,
    ),
    ResourceRule(
        id="no-open-resource-policies",
        description="Resource policies allow nothing to everyone without a condition",
        types=tuple(RESOURCE_POLICIES),
        check=_open_policy,
    ),
    ResourceRule(
        id="service-trust",
        description="Services are trusted on behalf of this account only",
        types=(ROLE,),
        check=_trust,
    ),
)
