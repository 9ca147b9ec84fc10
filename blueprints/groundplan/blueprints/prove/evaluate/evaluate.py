"""Decides requests in a world."""

from collections.abc import Mapping
from dataclasses import replace

from groundplan.blueprints.prove.evaluate.caller import Caller, caller
from groundplan.blueprints.prove.evaluate.context import complete
from groundplan.blueprints.prove.evaluate.decide import Policies, decide
from groundplan.blueprints.prove.evaluate.index import Index, index
from groundplan.blueprints.prove.evaluate.statements import Call
from groundplan.blueprints.prove.model import Decision, Policy, Request, Resource, World

TRUST_ACTIONS = frozenset(
    f"sts:{name}"
    for name in (
        "assumerole",
        "assumerolewithsaml",
        "assumerolewithwebidentity",
        "setsourceidentity",
        "tagsession",
    )
)
"""Actions on a role that its trust decides, in lower case; all others are its account's business."""
BY_GRANT = frozenset({"kms:retiregrant"})
"""Actions on a key that its policy does not decide, in lower case, but grant and identity policies (KMS
Developer Guide, "AWS KMS permissions", 2026-11-21)."""


def evaluate(request: Request, world: World) -> Decision:
    """Return what AWS would answer to a request.

    What the world does not know is taken at its worst: a principal without known policies, such as
    somebody of another account, has every permission in its own account, and a resource whose owner
    is unknown lies in the caller's. A key without a known policy leaves its account the choice, as
    KMS's default policy does. Any other resource of another account allows nobody whom its known
    policy does not allow, nor does a role.
    """
    call, owner, policies = gather(request, index(world))
    return decide(call, owner, policies)


def simulate(
    request: Request,
    policies: Policies,
    *,
    owner: str | None = None,
    role: str | None = None,
    region: str | None = None,
    aliases: tuple[str, ...] = (),
    organizations: Mapping[str, str] | None = None,
) -> Decision:
    """Return what AWS would answer to a request that meets exactly these policies.

    Args:
        request: What is asked; its session policies are added to those of ``policies``.
        policies: Every policy that counts.
        owner: Account of the resource. Default: the caller's.
        role: Role of a session, path included. Default: the session's role without a path.
        region: Region of the call where the resource names none.
        aliases: Aliases of the resource, if it is a key.
        organizations: Organisation by account.
    """
    who = caller(request.principal, role)
    call = _call(request, who, owner or who.account, policies, region, aliases, organizations)
    if request.session:
        policies = replace(policies, session=(*policies.session, *request.session))
    return decide(call, owner, policies)


def gather(request: Request, known: Index) -> tuple[Call, str | None, Policies]:
    """Return a request as statements see it, the resource's account, and all policies that count."""
    who = caller(request.principal, known.role_of_session(request.principal))
    role = known.roles.get(who.role or "")
    resource = known.resource(request.resource)
    assumed = known.roles.get(request.resource)
    owner = resource.account if resource is not None else _account(request.resource)
    action = request.action.lower()
    policy, required = _policy_of(resource), False
    if action in TRUST_ACTIONS:
        policy, required = (assumed.trust if assumed is not None else None), True
    elif action.startswith("kms:") and resource is not None and policy is not None:
        required = action not in BY_GRANT
    policies = Policies(
        identity=role.policies if role is not None else (),
        trusted=role is None or role.kind == "person",
        boundary=role.boundary if role is not None else None,
        session=request.session,
        service_control=known.world.service_control.get(who.account or "", ()),
        resource=policy,
        required=required,
    )
    aliases = resource.aliases if resource is not None else ()
    call = _call(
        request,
        who,
        owner or who.account,
        policies,
        known.region,
        aliases,
        known.world.organizations,
    )
    return call, owner, policies


def _policy_of(resource: Resource | None) -> Policy | None:
    """Return the policy that protects a resource: that of a VPC endpoint protects what is behind it."""
    if resource is None or resource.kind == "AWS::EC2::VPCEndpoint":
        return None
    return resource.policy


def _call(
    request: Request,
    who: Caller,
    owner: str | None,
    policies: Policies,
    region: str | None,
    aliases: tuple[str, ...],
    organizations: Mapping[str, str] | None,
) -> Call:
    context = complete(
        request.context,
        caller=who,
        action=request.action,
        resource=request.resource,
        owner=owner,
        region=region,
        aliases=aliases,
        organizations=organizations,
    )
    return Call(
        who, request.action.lower(), request.resource, context, policies.boundary is not None
    )


def _account(arn: str) -> str | None:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else None
