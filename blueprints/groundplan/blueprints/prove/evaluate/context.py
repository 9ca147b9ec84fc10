"""Condition keys that follow from who calls what.

Source: IAM User Guide, "AWS global condition context keys" (2026-11-21).
"""

from collections.abc import Mapping

from groundplan.blueprints.prove.evaluate.caller import Caller
from groundplan.blueprints.prove.evaluate.patterns import Context

GLOBAL_SERVICES = ("account", "budgets", "ce", "cloudfront", "iam", "organizations", "route53")
"""Services of one region for all: ``aws:RequestedRegion`` is ``us-east-1``."""
_TYPES = {"role": "AssumedRole", "root": "Account", "user": "User"}


def lowered(given: Mapping[str, str | tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return condition keys as they are compared."""
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value)
        for key, value in given.items()
    }


def complete(
    given: Mapping[str, str | tuple[str, ...]],
    *,
    caller: Caller,
    action: str,
    resource: str,
    owner: str | None,
    region: str | None = None,
    aliases: tuple[str, ...] = (),
    organizations: Mapping[str, str] | None = None,
) -> Context:
    """Return a request's condition keys, those that it does not give filled in.

    Args:
        given: Keys of the request, which come first.
        caller: Who calls.
        action: Exact action.
        resource: Exact ARN, or ``*``.
        owner: Account of the resource.
        region: Region of the call where the resource names none.
        aliases: Aliases of the resource, if it is a key.
        organizations: Organisation by account.
    """
    known = organizations or {}
    service = action.partition(":")[0].lower()
    context: dict[str, tuple[str, ...]] = {
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("true" if caller.kind == "service" else "false",),
    }

    def add(value: str | None, *keys: str) -> None:
        if value:
            for key in keys:
                context[key] = (value,)

    if caller.kind in _TYPES:
        add(caller.role or caller.arn, "aws:principalarn")
        add(caller.account, "aws:principalaccount", "kms:calleraccount")
        add(_TYPES[caller.kind], "aws:principaltype")
        add(known.get(caller.account or ""), "aws:principalorgid")
    elif caller.kind == "service":
        add(caller.arn, "aws:principalservicename", "aws:principalservicenameslist")
    add(owner, "aws:resourceaccount", "s3:resourceaccount")
    add(known.get(owner or ""), "aws:resourceorgid")
    parts = resource.split(":", 5)
    here = parts[3] if len(parts) == 6 and parts[3] else region
    here = "us-east-1" if service in GLOBAL_SERVICES else here
    add(here, "aws:requestedregion")
    add(here if service == "ec2" else None, "ec2:region")
    if aliases:
        context["kms:resourcealiases"] = aliases
    context.update(lowered(given))
    source = context.get("aws:sourceaccount", ("",))[0]
    if source in known:
        context.setdefault("aws:sourceorgid", (known[source],))
    return context
