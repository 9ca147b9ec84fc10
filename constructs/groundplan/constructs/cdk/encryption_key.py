"""CDK construct of a customer-managed key."""

from collections.abc import Sequence

import jsii
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.interfaces import ResourceEnvironment
from aws_cdk.interfaces.aws_kms import IKeyRef, KeyReference
from constructs import Construct

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk.grants import Conditions, Grantee, admission, allow, outsider
from groundplan.constructs.cdk.tokens import Tokens, document

DECRYPT_ACTIONS = ("kms:Decrypt",)
ENCRYPT_DECRYPT_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


@jsii.implements(IKeyRef)
class EncryptionKey(Construct):
    """A rotating, customer-managed KMS key and its alias.

    The ids ``Resource`` and ``Alias`` are part of the public contract. CDK's constructs accept it
    wherever they take an ``IKeyRef``.

    Example:
        >>> plan = plan_encryption_key(alias="reports", place=place, description="Reports")
        >>> key = EncryptionKey(stack, "Key", plan=plan)
        >>> reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        >>> grant = key.grant_decrypt(reader)
    """

    def __init__(self, scope: Construct, id: str, *, plan: EncryptionKeyPlan) -> None:
        """Define the key.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self._policy = document(plan.policy)
        self.key = kms.CfnKey(
            self,
            "Resource",
            description=plan.description,
            enable_key_rotation=True,
            key_policy=self._policy,
            pending_window_in_days=plan.pending_window_days,
        )
        if plan.retain:
            self.key.apply_removal_policy(RemovalPolicy.RETAIN)
        self.arn: str = self.key.attr_arn
        """ARN of the key."""
        kms.CfnAlias(self, "Alias", alias_name=plan.alias, target_key_id=self.arn)

    @property
    def tokens(self) -> Tokens:
        """What stands for the key's ref in other plans."""
        return {Ref(self.plan.id, "arn"): self.arn}

    @property
    def key_ref(self) -> KeyReference:
        """Reference for CDK's constructs."""
        return KeyReference(key_arn=self.arn, key_id=self.key.ref)

    @property
    def env(self) -> ResourceEnvironment:
        """Account and region of the key."""
        return self.key.env

    def grant_decrypt(self, grantee: Grantee, *, conditions: Conditions | None = None) -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, decrypt.

        Args:
            grantee: The principal. The key policy gets a statement for it too.
            conditions: Conditions such as ``kms:ViaService``. Default: none.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles, or no IAM principal.
        """
        return self._grant(grantee, DECRYPT_ACTIONS, conditions)

    def grant_encrypt_decrypt(
        self, grantee: Grantee, *, conditions: Conditions | None = None
    ) -> iam.Grant:
        """Let ``grantee`` decrypt and make data keys; see :meth:`grant_decrypt`."""
        return self._grant(grantee, ENCRYPT_DECRYPT_ACTIONS, conditions)

    def _grant(
        self, grantee: Grantee, actions: Sequence[str], conditions: Conditions | None
    ) -> iam.Grant:
        principal = outsider(self, grantee, actions)
        statements = self._policy["Statement"]
        sid = f"Grant{len(statements)}"
        statements.append(admission(self, principal, sid, actions, ["*"], conditions=conditions))
        self.key.key_policy = self._policy
        return allow(principal, actions, [self.arn], conditions=conditions)


def via_s3(scope: Construct) -> dict[str, dict[str, str]]:
    """Return the condition that a key is used through S3 only."""
    stack = Stack.of(scope)
    return {"StringEquals": {"kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}"}}
