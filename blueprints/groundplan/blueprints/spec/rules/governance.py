"""Rules of the organisation: regions, tags, boundaries, and what an account has once."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.finding import Finding

if TYPE_CHECKING:
    from groundplan.blueprints.spec.delivery import DeliverySpec
    from groundplan.blueprints.spec.project import ProjectSpec

_GITHUB = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_TAG = re.compile(r"[\w .:/=+@-]*")


def check_governance(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what breaks the organisation's rules or AWS's."""
    yield from _regions(spec)
    yield from _tags(spec)
    yield from _boundary(spec)
    yield from _origins(spec)
    yield from _administrators(spec)
    yield from _delivery(spec)


def _delivery(spec: "ProjectSpec") -> Iterator[Finding]:
    delivery = spec.delivery
    if delivery is None:
        return
    yield from _other_ci(delivery)
    if delivery.ci == "codepipeline":
        yield from _code_pipeline(spec, delivery)
    if _host(delivery) == "github" and not _GITHUB.fullmatch(delivery.repository):
        yield Finding(
            path=("delivery", "repository"),
            problem="a repository of GitHub is owner/name",
            got=delivery.repository,
            fix="use one like 'acme/churn'",
            needs=(("delivery", "ci"), ("delivery", "provider")),
        )
    if (delivery.repository_id is None) != (delivery.owner_id is None):
        field = "owner_id" if delivery.repository_id is None else "repository_id"
        yield Finding(
            path=("delivery", field),
            problem="needs both repository_id and owner_id",
            got=getattr(delivery, field),
            fix="add the other one",
            needs=(("delivery", "repository_id"), ("delivery", "owner_id")),
        )


def _other_ci(delivery: "DeliverySpec") -> Iterator[Finding]:
    """Yield what only another CI system has: AWS compares no claim of GitLab's but the subject."""
    only = {
        "github": ("repository_id", "owner_id"),
        "gitlab": ("url", "audience", "subject_claims"),
        "codepipeline": ("connection", "provider"),
    }
    for ci, names in only.items():
        for field in names:
            if delivery.ci != ci and getattr(delivery, field):
                yield Finding(
                    path=("delivery", field),
                    problem=f"is for {ci} only",
                    got=getattr(delivery, field),
                    fix=f"remove it, or set delivery.ci to {ci}",
                    needs=(("delivery", "ci"),),
                )


def _code_pipeline(spec: "ProjectSpec", delivery: "DeliverySpec") -> Iterator[Finding]:
    """Yield connections that the pipeline cannot use: it reads by one of its own account."""
    connection = delivery.connection or "create"
    if connection == "create":
        return
    if delivery.provider is not None:
        yield Finding(
            path=("delivery", "provider"),
            problem="is for a connection that is made, and this one exists",
            got=delivery.provider,
            fix="remove it",
            needs=(("delivery", "connection"),),
        )
    account, tooling = connection.split(":")[4], spec.accounts.get("tooling")
    if account not in (spec.accounts.values() if tooling is None else (tooling,)):
        yield Finding(
            path=("delivery", "connection"),
            problem=f"is of account {account}, and the pipeline is in the tooling account",
            got=connection,
            fix="use a connection of the tooling account, or 'create'",
            needs=(("accounts",),),
        )


def _host(delivery: "DeliverySpec") -> str | None:
    """Return where the repository is; ``None`` where a connection that exists knows it."""
    if delivery.ci != "codepipeline":
        return delivery.ci
    made = delivery.connection in (None, "create")
    return (delivery.provider or "github") if made else None


def _administrators(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield administrators that are the project's own roles: these must not change what bounds them."""
    own = [
        f"arn:aws:iam::{account}:role/{path}"
        for account in sorted(set(spec.accounts.values()))
        for path in (
            f"groundplan/{spec.project}/{spec.project}-role",
            f"groundplan-stage-0/{spec.project}/{spec.project}-deployer",
            f"cdk-gp00000000-deploy-role-{account}-{spec.environments[0].region}",
        )
    ]
    for index, pattern in enumerate(spec.governance.administrators or ()):
        glob = re.sub("^arn:aws[a-z-]*:", "arn:aws:", pattern)
        if any(fnmatchcase(arn, glob) for arn in own):
            yield Finding(
                path=("governance", "administrators", index),
                problem="also names the project's own roles, which stage 0 bounds",
                got=pattern,
                fix="name people's roles only",
            )
    named = [pattern.split(":")[4] for pattern in spec.governance.administrators or ("::::*",)]
    for key, account in spec.accounts.items():
        if account not in named and "*" not in named:
            yield Finding(
                path=("governance", "administrators"),
                problem=f"name nobody in account {key!r}, and nobody else could change stage 0 there",
                got=account,
                fix="add a role of it, or write '*' for the account id",
                needs=(("accounts",),),
            )


def _regions(spec: "ProjectSpec") -> Iterator[Finding]:
    allowed = spec.governance.allowed_regions
    for e, environment in enumerate(spec.environments):
        if allowed is not None and environment.region not in allowed:
            yield Finding(
                path=("environments", e, "region"),
                problem=f"not one of governance.allowed_regions ({', '.join(allowed)})",
                got=environment.region,
                fix="use one of them, or add it there",
                needs=(("governance", "allowed_regions"),),
            )


def _tags(spec: "ProjectSpec") -> Iterator[Finding]:
    for key, value in spec.governance.tags.items():
        path = ("governance", "tags", key)
        if key.lower().startswith(("aws:", "groundplan:")):
            yield Finding(
                path=path,
                problem="a tag of this prefix is not the user's to set",
                got=key,
                fix="rename it",
            )
        for text in (key, value):
            if not _TAG.fullmatch(text):
                yield Finding(
                    path=path,
                    problem="a tag has only letters, digits, spaces and any of '_.:/=+@-'",
                    got=text,
                    fix="remove the other characters",
                )


def _boundary(spec: "ProjectSpec") -> Iterator[Finding]:
    boundary = spec.governance.permissions_boundary
    owner = boundary.split(":")[4] if boundary != "managed" else "*"
    others = sorted(set(spec.accounts.values()) - {owner})
    if owner != "*" and others:
        yield Finding(
            path=("governance", "permissions_boundary"),
            problem=f"a boundary must be in the account of its roles, and {others[0]} is another",
            got=boundary,
            fix="write '*' for the account id, and make the policy in every account",
            needs=(("accounts",),),
        )


def _origins(spec: "ProjectSpec") -> Iterator[Finding]:
    once = spec.governance.once_per_account
    for field in ("oidc_provider", "log_groups", "analyzer"):
        said: dict[str, tuple[str, str]] = {}
        for key, origins in once.accounts.items():
            origin = getattr(origins, field)
            account = spec.accounts.get(key)
            if origin is None or account is None:
                continue
            other, first = said.setdefault(account, (key, origin))
            if first != origin:
                yield Finding(
                    path=("governance", "once_per_account", "accounts", key, field),
                    problem=f"{other!r} is the same account and says {first!r}",
                    got=origin,
                    fix="say the same for both",
                )
