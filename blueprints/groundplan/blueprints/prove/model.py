"""What decides who may do what: roles, resources, policies, requests.

Nothing here knows a plan, and nothing is a placeholder: what only AWS assigns has a fixed stand-in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

PolicyKind = Literal["identity", "boundary", "session", "trust", "resource", "service_control"]
ConditionValues = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Condition operators, each with its keys and their values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStatement:
    """One statement of a policy, its single values as tuples of one."""

    sid: str
    """Name; where a policy gives none, its position from 1 on."""

    effect: Literal["Allow", "Deny"]
    """What the statement does."""

    actions: tuple[str, ...] = ()
    """Patterns of actions. Empty where :attr:`not_actions` holds."""

    not_actions: tuple[str, ...] = ()
    """Patterns of the actions that the statement is not about."""

    resources: tuple[str, ...] = ()
    """Patterns of resources. Empty where the policy's kind has none, or :attr:`not_resources` holds."""

    not_resources: tuple[str, ...] = ()
    """Patterns of the resources that the statement is not about."""

    principals: Mapping[str, tuple[str, ...]] | None = None
    """Principals by type (``AWS``, ``Service``, ``Federated``, ``*``); ``None`` in identity policies."""

    not_principals: Mapping[str, tuple[str, ...]] | None = None
    """Principals that the statement is not about."""

    condition: ConditionValues = field(default_factory=dict)
    """All of these must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy and what it is attached to."""

    kind: PolicyKind
    """What the policy is for, which decides how it counts."""

    name: str
    """Name that a reader of the plan knows it by."""

    owner: str
    """ARN of what it is attached to: a role, a resource, or an account's root."""

    statements: tuple[PolicyStatement, ...]
    """In the order in which they are written."""


RoleKind = Literal["workload", "deployment", "ci", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A principal whose permissions are known.

    ``person`` is somebody outside the project whom the spec names, such as an approver or a writer of
    data: of those only the ARN is known, and their own account is taken to allow them everything.
    """

    arn: str
    """ARN, path included."""

    kind: RoleKind
    """Who uses it."""

    scope: str
    """Stage that the role is of: ``stage-0``, ``tooling``, ``data``, an environment, or ``-``."""

    description: str
    """What the role is for."""

    policies: tuple[Policy, ...]
    """Identity policies."""

    trust: Policy | None
    """Who may assume it. ``None`` where that is not the project's."""

    boundary: Policy | None
    """What no permission exceeds. ``None`` where there is none, or the organisation's own is unknown."""

    @property
    def account(self) -> str:
        """Account that holds the role."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that a policy may protect."""

    arn: str
    """ARN; of a bucket that of the bucket, of a key that of the key with a fixed stand-in for its id."""

    kind: str
    """CloudFormation type, such as ``AWS::S3::Bucket``."""

    account: str
    """Account that owns it."""

    scope: str
    """Stage that it is of."""

    stack: str
    """Id of its stack, such as ``state``."""

    unit: object
    """Part of the plan that decides it."""

    policy: Policy | None = None
    """Resource policy, or ``None``."""

    aliases: tuple[str, ...] = ()
    """Aliases of a key, such as ``alias/gp-churn-prod``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that decides who may do what in a project."""

    roles: tuple[Role, ...]
    """All roles, sorted by ARN."""

    resources: tuple[Resource, ...]
    """All resources, sorted by ARN."""

    service_control: Mapping[str, tuple[tuple[Policy, ...], ...]]
    """Service control policies by account: one tuple a level of the organisation, root first. Each
    level must allow. Accounts that are absent have none."""

    organizations: Mapping[str, str]
    """Organisation by account, where it is known."""

    def policies(self) -> Iterator[Policy]:
        """Yield every policy once, those of roles first."""
        for role in self.roles:
            yield from role.policies
            if role.trust is not None:
                yield role.trust
            if role.boundary is not None:
                yield role.boundary
        for resource in self.resources:
            if resource.policy is not None:
                yield resource.policy
        for levels in self.service_control.values():
            for level in levels:
                yield from level


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call, as AWS sees it when it decides."""

    principal: str
    """ARN of a role, an account's root or another principal, or a service such as
    ``sagemaker.amazonaws.com``."""

    action: str
    """Exact action, such as ``s3:GetObject``."""

    resource: str
    """Exact ARN, or ``*`` for an action that has no resource."""

    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Condition keys of the call besides those that follow from principal and resource."""

    session: tuple[Policy, ...] = ()
    """Session policies that the caller was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A statement that took part in a decision."""

    policy: Policy
    statement: PolicyStatement

    def __str__(self) -> str:
        return f"{self.policy.kind} policy {self.policy.name}, statement {self.statement.sid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What AWS would answer, and why."""

    allowed: bool
    """Whether the call is allowed."""

    reason: str
    """One clause: what allowed it, denied it, or was missing."""

    statements: tuple[Deciding, ...]
    """Statements that decided: those that allow, or those that deny. Empty if one was missing."""
