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

    kind, account = caller.kind, caller.account
    if kind in _TYPES:
        context["aws:principalarn"] = (caller.role or caller.arn,)
        context["aws:principaltype"] = (_TYPES[kind],)
        if account:
            context["aws:principalaccount"] = context["kms:calleraccount"] = (account,)
            if account in known:
                context["aws:principalorgid"] = (known[account],)
    elif kind == "service":
        context["aws:principalservicename"] = (caller.arn,)
        context["aws:principalservicenameslist"] = (caller.arn,)
    if owner:
        context["aws:resourceaccount"] = context["s3:resourceaccount"] = (owner,)
        if owner in known:
            context["aws:resourceorgid"] = (known[owner],)
    parts = resource.split(":", 5)
    here = parts[3] if len(parts) == 6 and parts[3] else region
    here = "us-east-1" if service in GLOBAL_SERVICES else here
    if here:
        context["aws:requestedregion"] = (here,)
        if service == "ec2":
            context["ec2:region"] = (here,)
    if aliases:
        context["kms:resourcealiases"] = aliases
    context.update(lowered(given))
    source = context.get("aws:sourceaccount", ("",))[0]
    if source in known:
        context.setdefault("aws:sourceorgid", (known[source],))
    return context
