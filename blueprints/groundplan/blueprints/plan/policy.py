"""Policy documents as data, and the sizes that AWS accepts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.ref import Json, to_json

Condition = Mapping[str, Mapping[str, Json]]
"""Condition operators, each with its keys and value or list of values."""

MANAGED_POLICY_CHARACTERS = 6144
"""Most characters of a customer-managed policy, white space not counted (IAM quotas)."""
MANAGED_POLICIES_PER_ROLE = 10
"""Most managed policies a role (IAM quotas, the default)."""
TRUST_POLICY_CHARACTERS = 2048
"""Most characters of a role trust policy (IAM quotas, the default)."""
BUCKET_POLICY_BYTES = 20 * 1024
"""Most bytes of a bucket policy (S3 documentation)."""
SERVICE_CONTROL_POLICY_CHARACTERS = 5120
"""Most characters of a service control policy (Quotas for AWS Organizations, 2026-10)."""
SERVICE_CONTROL_POLICIES_PER_ACCOUNT = 5
"""Most service control policies that are attached to an account itself (same page)."""
KEY_POLICY_BYTES = 32 * 1024
"""Most bytes of a key policy (KMS quotas)."""
REF_CHARACTERS = 96
"""Characters that a :class:`Ref` is counted as, longer than any ARN that it can stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy."""

    sid: str
    """Name, letters and digits."""

    actions: tuple[str, ...]
    """Actions, sorted; none with a wildcard unless :attr:`effect` is ``Deny``. Empty where
    :attr:`not_actions` holds."""

    resources: tuple[Json, ...] = ()
    """Resource ARNs. Empty where the policy's kind has none (trust and repository policies)."""

    effect: Literal["Allow", "Deny"] = "Allow"
    """What the statement does."""

    principals: Mapping[str, Json] | None = None
    """Principals by type, such as ``{"Service": "sagemaker.amazonaws.com"}``, in resource policies."""

    condition: Condition = field(default_factory=dict)
    """All of these must hold."""

    not_actions: tuple[str, ...] = ()
    """Actions that the statement is not about; used by statements that deny only."""

    def to_json(self) -> dict[str, Json]:
        """Return the statement as IAM reads it, with refs in place."""
        out: dict[str, Json] = {"Sid": self.sid, "Effect": self.effect}
        if self.principals is not None:
            out["Principal"] = "*" if self.principals == {"*": "*"} else dict(self.principals)
        if self.not_actions:
            out["NotAction"] = _one_or_many(self.not_actions)
        else:
            out["Action"] = _one_or_many(self.actions)
        if self.resources:
            out["Resource"] = _one_or_many(self.resources)
        if self.condition:
            out["Condition"] = {key: dict(value) for key, value in self.condition.items()}
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A whole policy."""

    statements: tuple[Statement, ...]
    """In the order in which they are written."""

    def to_json(self) -> dict[str, Json]:
        """Return the document as IAM reads it, with refs in place."""
        return {"Version": "2012-10-17", "Statement": [s.to_json() for s in self.statements]}

    def size(self) -> int:
        """Return the number of characters without white space, refs counted at their longest."""
        return len(_compact(self.to_json()))


ROOT_ONLY: Mapping[str, Json] = {"*": "*"}
"""Every principal; used by statements that deny only."""


def check_size(document: PolicyDocument, limit: int, *, path: str, what: str) -> None:
    """Refuse a document that AWS would refuse for its size.

    Raises:
        PlanError: If ``document`` is longer than ``limit`` characters.
    """
    size = document.size()
    if size > limit:
        raise PlanError(
            path,
            f"{what} is at most {limit} characters long",
            got=size,
            fix="split the project, or give it fewer models, datasets or environments",
        )


def _one_or_many(items: tuple[Any, ...]) -> Json:
    return items[0] if len(items) == 1 else list(items)


def _compact(value: object) -> str:
    return json.dumps(_measured(to_json(value)), separators=(",", ":"))


def _measured(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$ref"}:
            return "x" * REF_CHARACTERS
        return {key: _measured(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_measured(item) for item in value]
    return value
