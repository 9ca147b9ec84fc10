"""Nothing is allowed that no work needs: actions, resources, conditions, principals."""

from collections.abc import Iterable, Iterator, Mapping

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import ConditionValues, Policy, Resource, Role
from groundplan.blueprints.prove.needs import Need, needs
from groundplan.blueprints.prove.needs.grants import (
    KEY_ALIASES,
    Grant,
    covers,
    grants,
    includes,
    lacking,
)
from groundplan.blueprints.prove.needs.tables.no_resource import NO_RESOURCE, RESOURCE_TYPES

BUCKET_POLICY_BYTES = 20 * 1024
"""Most bytes of a bucket policy (S3 documentation)."""


def check(case: Case) -> Verdict:
    """Look for the need behind everything that a policy allows."""
    roles = [role for role in case.world.roles if role.kind == "workload"]
    stores = [resource for resource in case.world.resources if _checked(resource)]
    findings = [*check_roles(case, roles), *_resources(case, stores)]
    policies = [policy for role in roles for policy in _policies(role)]
    policies += [resource.policy for resource in stores if resource.policy is not None]
    found = sum(1 for policy in policies for _ in grants(policy))
    statements = sum(len(policy.statements) for policy in policies)
    return Verdict(
        claim=CLAIM.id,
        checked=found,
        evidence=(
            f"{found} grants in {statements} statements of {len(roles)} roles and {len(stores)} stores",
            "each is one action on one resource for one principal, and some work needs it",
            "none is there twice: taking any one away takes something that is needed",
        ),
        findings=tuple(findings),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what the policies and trusts of some roles allow beyond their work."""
    known = needs(case)
    for role in roles:
        if role.kind != "workload":
            continue
        own = _by_action(known.by_principal.get(role.arn, ()))
        given = [grant for policy in role.policies for grant in grants(policy)]
        for grant in given:
            yield from _excess(role.arn, grant, own.get(grant.action, ()))
        yield from _repeated(role.arn, given)
        if role.trust is not None:
            assumed = known.by_role.get(role.arn, ())
            for grant in grants(role.trust):
                named = [need for need in assumed if need.principal == grant.principal]
                yield from _excess(role.arn, grant, _by_action(named).get(grant.action, ()))


def _resources(case: Case, resources: Iterable[Resource]) -> Iterator[Finding]:
    """Yield what the policies of resources allow beyond the work of those whom they name."""
    for resource in resources:
        if resource.policy is None:
            continue
        given = list(grants(resource.policy))
        about = _about(case, resource)
        for grant in given:
            wanted = [
                need for need in about.get(grant.action, ()) if need.principal == grant.principal
            ]
            yield from _excess(resource.arn, grant, wanted)
        yield from _unnamed(resource.arn, resource.policy)
        yield from _repeated(resource.arn, given)


def _about(case: Case, resource: Resource) -> dict[str, list[Need]]:
    """Return the needs that are about a resource, by action, as its own policy must explain them."""
    known = needs(case)
    organization = case.world.organizations.get(resource.account)
    found: dict[str, list[Need]] = {}
    for need in known.about(resource.arn):
        kinds = _kinds(case, need.principal)
        guards = _guards(need, resource, kinds, organization)
        for pattern in _patterns(case, need, resource):
            found.setdefault(need.action, []).append(
                Need(
                    principal=need.principal,
                    action=need.action,
                    resource=pattern,
                    example=need.example,
                    work=need.work,
                    source=need.source,
                    guards=guards,
                )
            )
    return found


def _kinds(case: Case, principal: str) -> str:
    if not principal.startswith("arn:"):
        return "service"
    role = case.role_by_arn.get(principal)
    return role.kind if role is not None else "root"


def _guards(need: Need, resource: Resource, kind: str, organization: str | None) -> ConditionValues:
    """Return the conditions that the resource's own policy has to have.

    Where a role's policy has to allow as well, its conditions are there. A key's policy stands alone
    for its account, and those of services and people are not ours.
    """
    if resource.kind != "AWS::KMS::Key":
        return need.guards if kind in ("service", "person") else {}
    guards: dict[str, Mapping[str, tuple[str, ...]]] = {
        operator: keys for operator, keys in need.guards.items() if KEY_ALIASES not in keys
    }
    if organization is not None and kind not in ("service", "root"):
        guards["StringEquals"] = {
            **guards.get("StringEquals", {}),
            "aws:PrincipalOrgID": (organization,),
        }
    return guards


def _patterns(case: Case, need: Need, resource: Resource) -> Iterator[str]:
    match resource.kind:
        case "AWS::KMS::Key":
            yield "*"
        case "AWS::S3::Bucket":
            yield need.resource
            if needs(case).spelled_out(resource.arn) > BUCKET_POLICY_BYTES:
                folder = need.resource.removeprefix(f"{resource.arn}/").partition("/")[0]
                yield f"{resource.arn}/{folder}/*"
        case _:
            yield need.resource


def _excess(subject: str, grant: Grant, wanted: Iterable[Need]) -> Iterator[Finding]:
    """Yield what is wrong with a grant, if no need explains it."""
    kind = RESOURCE_TYPES.get(grant.action)
    if kind is not None and grant.resource.split(":")[-1].partition("/")[0] not in (kind, "*"):
        return
    same = list(wanted)
    near = [need for need in same if includes(need.resource, grant.resource)]
    if (
        grant.resource == "*"
        and grant.policy.kind == "identity"
        and grant.action not in NO_RESOURCE
    ):
        near = [need for need in near if need.resource != "*"]
    missing = None
    for need in near:
        missing = lacking(grant.conditions, need.guards)
        if missing is None:
            return
    if missing is not None:
        operator, key = missing
        values = sorted(
            {value for need in near for value in need.guards.get(operator, {}).get(key, ())}
        )
        yield Finding(
            subject=subject,
            where=grant.where,
            problem=f"allows {grant.named} to {grant.principal} where no work needs it, since "
            f"{operator} {key} is {_given(grant, key)}",
            fix=f"add the condition {operator} {key} {' or '.join(values)}",
        )
    elif same:
        yield Finding(
            subject=subject,
            where=grant.where,
            problem=f"allows {grant.named} to {grant.principal}, and work needs less",
            fix=f"limit it to {', '.join(_closest(grant, same))}",
        )
    else:
        yield Finding(
            subject=subject,
            where=grant.where,
            problem=f"allows {grant.named} to {grant.principal}, which no work needs",
            fix=f"remove {grant.action} from the statement, or {grant.principal} if no work of it "
            "is left",
        )


def _closest(grant: Grant, same: list[Need]) -> list[str]:
    """Return what a grant may be limited to: what is within it, or else everything of its action."""
    within = {need.resource for need in same if includes(grant.resource, need.resource)}
    return sorted(within or {need.resource for need in same})


def _given(grant: Grant, key: str) -> str:
    values = sorted(value for _, name, value in grant.conditions if name == key)
    return f"{' or '.join(values)} in another way" if values else "not asked for"


def _repeated(subject: str, given: list[Grant]) -> Iterator[Finding]:
    """Yield grants that another grant of the same policies holds already."""
    by_action: dict[tuple[str, str], list[Grant]] = {}
    for grant in given:
        by_action.setdefault((grant.principal, grant.action), []).append(grant)
    for items in by_action.values():
        for position, grant in enumerate(items):
            for other, wide in enumerate(items):
                if other == position or not covers(wide, grant):
                    continue
                if covers(grant, wide) and position < other:
                    continue
                yield Finding(
                    subject=subject,
                    where=grant.where,
                    problem=f"allows {grant.named}, which {wide.where} allows already",
                    fix=f"remove {grant.named} from statement {grant.statement.sid}",
                )
                break


def _unnamed(subject: str, policy: Policy) -> Iterator[Finding]:
    """Yield accounts that a statement names and limits to no role of theirs."""
    for statement in policy.statements:
        if statement.effect != "Allow" or statement.principals is None:
            continue
        limits = [
            value
            for keys in statement.condition.values()
            for key, values in keys.items()
            if key == "aws:PrincipalArn"
            for value in values
        ]
        accounts = {value.split(":")[4] for value in limits if value.count(":") >= 4}
        for name in statement.principals.get("AWS", ()) if limits else ():
            if name.split(":")[4:5] and name.split(":")[4] not in accounts:
                yield Finding(
                    subject=subject,
                    where=f"{policy.kind} policy {policy.name}, statement {statement.sid}",
                    problem=f"names {name}, of whose roles it admits none",
                    fix=f"remove {name} from the statement",
                )


def _policies(role: Role) -> Iterator[Policy]:
    yield from role.policies
    if role.trust is not None:
        yield role.trust


def _checked(resource: Resource) -> bool:
    """Return whether a resource is of the project's deployments, or the key of its jobs' logs.

    Endpoint policies admit whole accounts on purpose, which the claim ``network`` is about.
    """
    if resource.policy is None or resource.kind == "AWS::EC2::VPCEndpoint":
        return False
    unit = resource.unit
    own_key = isinstance(unit, EncryptionKeyPlan) and unit.id == "JobLogsKey"
    return resource.scope != "stage-0" or own_key


def _by_action(items: Iterable[Need]) -> dict[str, list[Need]]:
    found: dict[str, list[Need]] = {}
    for need in items:
        found.setdefault(need.action, []).append(need)
    return found


CLAIM = Claim(
    id="minimality",
    sentence="Nothing is allowed that no work needs: no action, resource, condition or principal "
    "can be taken away or is wider than it has to be.",
    check=check,
    check_roles=check_roles,
)
