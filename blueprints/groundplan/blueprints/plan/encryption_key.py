"""Decides a customer-managed KMS key: who may administer it, who may use it, through what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.exceptions import KEY_BY_ALIAS
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import (
    KEY_POLICY_BYTES,
    PolicyDocument,
    Statement,
    check_size,
)
from groundplan.blueprints.plan.ref import Json, Ref
from groundplan.blueprints.plan.role import Duty

ADMIN_ACTIONS = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What an account's administrators may do to a key; none of it reads or writes data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """Exact roles that may use a key, and how."""

    id: str
    """Name of the statement, in CamelCase."""

    roles: tuple[str, ...]
    """ARNs of the roles, in any account. They need not exist yet."""

    actions: tuple[str, ...]
    """KMS actions."""

    condition: Mapping[str, Mapping[str, Json]]
    """Conditions besides the caller, such as ``kms:ViaService``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKeyPlan:
    """A symmetric, rotating, customer-managed key and its alias."""

    id: str
    """Id of the unit within its stack."""

    alias: str
    """Alias, with the prefix ``alias/``."""

    alias_arn: str
    """ARN of the alias; services accept it in place of the key's ARN."""

    description: str
    """What the key protects."""

    policy: PolicyDocument
    """Key policy."""

    retain: bool
    """Whether the key survives the deletion of its stack."""

    pending_window_days: int
    """Days between the deletion of a key and its end, 7 to 30."""

    @property
    def arn(self) -> Ref:
        """ARN of the key."""
        return self.ref(self.id)

    @staticmethod
    def ref(id: str) -> Ref:
        """Return the ref to the ARN of the key whose unit is called ``id``."""
        return Ref(id, "arn")


def plan_encryption_key(
    *,
    alias: str,
    place: Place,
    id: str = "Key",
    description: str = "Encrypts data at rest",
    uses: Sequence[KeyUse] = (),
    services: Sequence[Statement] = (),
    organization_id: str | None = None,
    retain: bool = True,
    pending_window_days: int = 30,
    spec_path: str = "key",
) -> EncryptionKeyPlan:
    """Decide a key.

    Args:
        alias: Name without the prefix ``alias/``.
        place: Account and region of the key.
        id: Id of the unit within its stack.
        description: What the key protects.
        uses: Exact roles that may use the key. Each also needs the action in its own policy.
        services: Statements for AWS services that use the key themselves.
        organization_id: Refuses callers outside this organisation, AWS services excepted.
            ``None`` refuses none; ``uses`` names exact roles anyway.
        retain: Whether the key survives the deletion of its stack.
        pending_window_days: Days between the deletion of a key and its end, 7 to 30.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If the key policy would exceed KMS's 32 KB.
    """
    statements = [
        Statement(
            sid="Administer",
            actions=ADMIN_ACTIONS,
            resources=("*",),
            principals={"AWS": place.root},
        )
    ]
    for use in uses:
        condition: dict[str, Mapping[str, Json]] = {
            **use.condition,
            "ArnEquals": {"aws:PrincipalArn": list(use.roles)},
        }
        if organization_id is not None:
            condition["StringEquals"] = {
                **condition.get("StringEquals", {}),
                "aws:PrincipalOrgID": organization_id,
            }
        statements.append(
            Statement(
                sid=use.id,
                actions=use.actions,
                resources=("*",),
                principals={"AWS": account_roots(use.roles, place)},
                condition=condition,
            )
        )
    document = PolicyDocument(statements=(*statements, *services))
    check_size(document, KEY_POLICY_BYTES, path=spec_path, what=f"the policy of key {alias}")
    return EncryptionKeyPlan(
        id=id,
        alias=f"alias/{alias}",
        alias_arn=place.arn("kms", f"alias/{alias}"),
        description=description,
        policy=document,
        retain=retain,
        pending_window_days=pending_window_days,
    )


def account_roots(role_arns: Sequence[str], place: Place) -> Json:
    """Return the root principals of the accounts that hold ``role_arns``.

    KMS, S3, ECR and the model registry refuse policies that name a role which does not exist, so
    they name the account and limit it to exact roles by ``aws:PrincipalArn``.
    """
    roots = sorted(
        {f"arn:{place.partition}:iam::{role_arn.split(':')[4]}:root" for role_arn in role_arns}
    )
    return roots[0] if len(roots) == 1 else roots


def via(service: str, region: str) -> dict[str, Mapping[str, Json]]:
    """Return the condition that a key is used through ``service`` only."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}


def for_aws_resource() -> dict[str, Mapping[str, Json]]:
    """Return the condition that a grant is made for an AWS service, such as a job's volume."""
    return {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def key_duty(
    duty_id: str,
    key_alias_arn: str,
    actions: Sequence[str],
    *,
    reason: str,
    condition: Mapping[str, Mapping[str, Json]],
) -> Duty:
    """Return the duty to use a key that is known by its alias only.

    Key ids are not known before deployment, so the resource is every key of that account and
    region, limited by ``kms:ResourceAliases`` to the one that carries the alias.
    """
    prefix, _, alias = key_alias_arn.partition(":alias/")
    return Duty(
        id=duty_id,
        actions=tuple(actions),
        resources=(f"{prefix}:key/*",),
        reason=reason,
        condition={
            **condition,
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"},
        },
        wildcard=KEY_BY_ALIAS,
    )


def service_use(
    sid: str,
    service: str,
    actions: Sequence[str],
    condition: Mapping[str, Mapping[str, Json]],
) -> Statement:
    """Return a key policy statement for an AWS service, limited to what it acts for."""
    return Statement(
        sid=sid,
        actions=tuple(actions),
        resources=("*",),
        principals={"Service": service},
        condition=condition,
    )
