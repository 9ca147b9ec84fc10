"""CDK construct of a container repository."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_kms import IKeyRef
from constructs import Construct

from groundplan.blueprints.plan.container_repository import PULL_ACTIONS, ContainerRepositoryPlan
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.ref import resolve
from groundplan.constructs.cdk.grants import Grantee, admission, allow, is_foreign, outsider
from groundplan.constructs.cdk.tokens import document, key_tokens


class ContainerRepository(Construct):
    """A private repository of images: immutable tags, scanned on push, encrypted.

    The id ``Resource`` is part of the public contract.

    Example:
        >>> key_plan = plan_encryption_key(alias="images", place=place)
        >>> key = EncryptionKey(stack, "Key", plan=key_plan)
        >>> plan = plan_container_repository(
        ...     name="reports/renderer", place=place, encryption_key=key_plan.arn
        ... )
        >>> repository = ContainerRepository(stack, "Images", plan=plan, encryption_key=key)
        >>> puller = iam.Role(stack, "Puller", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))
        >>> grant = repository.grant_pull(puller)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: ContainerRepositoryPlan,
        encryption_key: IKeyRef | None = None,
    ) -> None:
        """Define the repository.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            encryption_key: The key that the plan refers to. Default: the plan names its ARN.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round.
        """
        super().__init__(scope, id)
        self.plan = plan
        self._policy = document(plan.policy or PolicyDocument(statements=()))
        tokens = key_tokens(id, plan.encryption_key, encryption_key)
        self.repository = ecr.CfnRepository(
            self,
            "Resource",
            repository_name=plan.name,
            encryption_configuration={
                "encryptionType": "KMS",
                "kmsKey": resolve(plan.encryption_key, tokens),
            },
            image_scanning_configuration={"scanOnPush": True},
            image_tag_mutability="IMMUTABLE",
            lifecycle_policy={"lifecyclePolicyText": _expire_untagged(plan.untagged_days)},
            repository_policy_text=self._policy if plan.policy is not None else None,
        )
        if plan.retain:
            self.repository.apply_removal_policy(RemovalPolicy.RETAIN)

    def grant_pull(self, grantee: Grantee) -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, pull images.

        The repository policy gets a statement where the principal is of another account.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles, or no IAM principal.
        """
        principal = outsider(self, grantee, PULL_ACTIONS)
        granted = allow(principal, PULL_ACTIONS, [self.repository.attr_arn])
        if is_foreign(self, principal):
            statements = self._policy["Statement"]
            sid = f"Grant{len(statements)}"
            statements.append(admission(self, principal, sid, PULL_ACTIONS, []))
            self.repository.repository_policy_text = self._policy
        return granted.combine(allow(principal, ["ecr:GetAuthorizationToken"], ["*"]))


def _expire_untagged(days: int) -> str:
    rule = {
        "rulePriority": 1,
        "description": "Images without a tag",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": days,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]}, sort_keys=True)
