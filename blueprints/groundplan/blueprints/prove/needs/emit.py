"""What reading, writing, pulling, logging and the like need, for any role."""

from collections.abc import Iterable, Iterator

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs.facts import Facts, Key
from groundplan.blueprints.prove.needs.need import Context, Need, example, up_to_run_time
from groundplan.blueprints.prove.needs.tables import jobs, sources

Needs = Iterator[Need]


def need(
    principal: str,
    action: str,
    pattern: str,
    *,
    work: str,
    source: str,
    guards: ConditionValues | None = None,
    context: Context | None = None,
    sample: str | None = None,
    whole: bool = False,
) -> Need:
    """Return a need; what is made at run time is taken from the first ``*`` of ``pattern`` on.

    The context holds what the guards ask for, besides ``context``. With ``whole``, what follows the
    first ``*`` counts as well.
    """
    guarded = {
        key: example(values[0])
        for operator, keys in (guards or {}).items()
        if operator not in ("ForAnyValue:StringEquals", "Null")
        for key, values in keys.items()
    }
    return Need(
        principal=principal,
        action=action,
        resource=pattern if whole else up_to_run_time(pattern),
        example=sample or example(pattern),
        work=work,
        source=source,
        guards=guards or {},
        context={**guarded, **(context or {})},
    )


def use_key(
    principal: str,
    key: Key | None,
    service: str,
    actions: Iterable[str],
    *,
    work: str,
    source: str,
    context: Context | None = None,
) -> Needs:
    """Yield the use of a key through a service. None where something is not encrypted by one of ours."""
    if key is None:
        return
    for action in actions:
        yield need(
            principal,
            action,
            key.place.arn("kms", "key/*"),
            sample=key.arn,
            work=work,
            source=source,
            guards={
                "StringEquals": {
                    "kms:ViaService": (f"{service}.{key.place.region}.amazonaws.com",)
                },
                **_alias(key),
            },
            context=context,
        )


def encrypt_volumes(principal: str, key: Key | None, *, work: str) -> Needs:
    """Yield the grant by which a service encrypts what it attaches."""
    if key is not None:
        yield need(
            principal,
            "kms:CreateGrant",
            key.place.arn("kms", "key/*"),
            sample=key.arn,
            work=work,
            source=sources.EXECUTION_ROLES,
            guards={"Bool": {"kms:GrantIsForAWSResource": ("true",)}, **_alias(key)},
        )


def look_up_key(principal: str, key: Key | None, *, work: str) -> Needs:
    """Yield the look at a key by a service, before it makes a grant."""
    if key is not None:
        yield need(
            principal,
            "kms:DescribeKey",
            key.place.arn("kms", "key/*"),
            sample=key.arn,
            work=work,
            source=sources.EXECUTION_ROLES,
            guards=_alias(key),
        )


def _alias(key: Key) -> ConditionValues:
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": (key.alias,)}}


def read(
    facts: Facts, principal: str, place: Place, uris: Iterable[str], *, work: str, listed: bool
) -> Needs:
    """Yield what reading everything below some S3 URIs needs."""
    yield from _objects(facts, principal, place, uris, jobs.READ_OBJECT, jobs.READ_KEY, work=work)
    if listed:
        yield from listing(principal, place, uris, "s3:ListBucket", work=work)


def write(facts: Facts, principal: str, place: Place, uris: Iterable[str], *, work: str) -> Needs:
    """Yield what writing below some S3 URIs needs."""
    yield from _objects(facts, principal, place, uris, jobs.WRITE_OBJECT, jobs.WRITE_KEY, work=work)


def _objects(
    facts: Facts,
    principal: str,
    place: Place,
    uris: Iterable[str],
    actions: Iterable[str],
    key_actions: Iterable[str],
    *,
    work: str,
) -> Needs:
    for uri in uris:
        bucket, prefix = location(uri)
        pattern = place.bucket_arn(bucket, prefix if prefix.endswith("*") else f"{prefix}*")
        for action in actions:
            yield need(principal, action, pattern, work=work, source=sources.EXECUTION_ROLES)
        yield from use_key(
            principal,
            facts.encrypted.get(place.bucket_arn(bucket)),
            "s3",
            key_actions,
            work=work,
            source=sources.S3_KMS,
        )


def listing(principal: str, place: Place, uris: Iterable[str], action: str, *, work: str) -> Needs:
    """Yield what listing below some S3 URIs needs."""
    for uri in uris:
        bucket, prefix = location(uri)
        wide = up_to_run_time(f"{prefix}*")
        yield need(
            principal,
            action,
            place.bucket_arn(bucket),
            work=work,
            source=sources.EXECUTION_ROLES,
            guards={"StringLike": {"s3:prefix": (wide,)}} if prefix else None,
            context={"s3:prefix": example(prefix)},
        )


def location(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI, which may be a pattern."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def pull(principal: str, place: Place, images: Iterable[str], *, work: str) -> Needs:
    """Yield what pulling images needs."""
    for image in images:
        for action in jobs.PULL:
            yield need(
                principal,
                action,
                repository(place, image),
                work=work,
                source=sources.EXECUTION_ROLES,
            )
        yield registry_token(principal, work=work)


def registry_token(principal: str, *, work: str) -> Need:
    """Return what logging in to a registry needs."""
    action = "ecr:GetAuthorizationToken"
    return need(principal, action, "*", sample="*", work=work, source=sources.EXECUTION_ROLES)


def repository(place: Place, image: str) -> str:
    """Return the ARN of the repository of an image's URI."""
    host, _, path = image.partition("/")
    account, _, _, region, *_ = [*host.split("."), "", "", "", ""]
    name = path.partition("@")[0].partition(":")[0]
    return f"arn:{place.partition}:ecr:{region}:{account}:repository/{name}"


def log(
    principal: str, place: Place, group: str, actions: Iterable[str], *, work: str, source: str
) -> Needs:
    """Yield what writing to a log group that exists needs."""
    for action in actions:
        yield need(
            principal,
            action,
            place.arn("logs", f"log-group:{group}:*"),
            sample=place.arn("logs", f"log-group:{group}:log-stream:x0"),
            work=work,
            source=source,
        )


def metrics(
    principal: str, namespaces: Iterable[str], *, work: str, source: str = sources.EXECUTION_ROLES
) -> Needs:
    """Yield what publishing metrics needs."""
    for namespace in namespaces:
        yield need(
            principal,
            "cloudwatch:PutMetricData",
            "*",
            sample="*",
            work=work,
            source=source,
            guards={"StringEquals": {"cloudwatch:namespace": (namespace,)}},
        )


def attach(
    facts: Facts,
    principal: str,
    place: Place,
    scope: str,
    subnets: Iterable[str],
    groups: Iterable[str],
    *,
    work: str,
) -> Needs:
    """Yield what attaching containers to a network needs; none without subnets."""
    targets = [
        *((f"subnet/{item}", "subnet/*") for item in subnets),
        *((f"security-group/{item}", "security-group/*") for item in groups),
    ]
    if not targets:
        return
    tag = facts.tag(scope)
    tagged: ConditionValues = (
        {"StringEquals": {f"aws:ResourceTag/{tag[0]}": (tag[1],)}} if tag is not None else {}
    )
    source, interfaces = sources.EXECUTION_ROLES, place.arn("ec2", "network-interface/*")

    def of(action: str, pattern: str, guards: ConditionValues, sample: str | None = None) -> Need:
        return need(
            principal, action, pattern, sample=sample, work=work, source=source, guards=guards
        )

    for exact, every in targets:
        pattern = place.arn("ec2", every if tag is not None else exact)
        yield of("ec2:CreateNetworkInterface", pattern, tagged, place.arn("ec2", exact))
    for action in jobs.INTERFACES:
        yield of(action, interfaces, {})
    for action in jobs.SHARED_INTERFACES:
        service = {"StringEquals": {"ec2:AuthorizedService": ("sagemaker.amazonaws.com",)}}
        yield of(action, interfaces, service)
    for action in jobs.SEEN:
        yield of(action, "*", {"StringEquals": {"ec2:Region": (place.region,)}}, "*")


def assume(
    service: str, role: str, place: Place, source_arn: str, *, operator: str = "ArnLike", work: str
) -> Need:
    """Return what a service needs to assume a role on behalf of one account and resource."""
    return need(
        service,
        "sts:AssumeRole",
        role,
        work=work,
        source=sources.DEPUTY,
        guards={
            "StringEquals": {"aws:SourceAccount": (place.account,)},
            operator: {"aws:SourceArn": (source_arn,)},
        },
    )
