"""What the role of a state machine needs: what its tasks call, and what delivers its log."""

import re
from collections.abc import Iterator
from itertools import product

from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts
from groundplan.blueprints.prove.needs.machine import Call, Machine, leaves
from groundplan.blueprints.prove.needs.need import Context, Need, example
from groundplan.blueprints.prove.needs.tables import jobs, sources
from groundplan.blueprints.prove.needs.tables.calls import (
    CALLS,
    CONDITION_KEYS,
    LISTED,
    MACHINE,
    OF_CALL,
    Granted,
    Guard,
    Passed,
    Row,
    Sync,
    Tagged,
)
from groundplan.pipelines.endpoint_settings import PREFIX_CHARACTERS

ENDPOINT_TAG = "groundplan:endpoint"
"""Tag of an endpoint's stack, which CloudFormation puts on its models and configs."""
SCOPE_TAG = "groundplan:scope"
"""Tag of everything of one environment."""
ANY_NAME = ("endpoint-config/*", "model/*")
"""Resources whose names AWS makes up, so that only their tag tells whose they are."""

_FIELD = re.compile(r"\{([A-Za-z.]+)\}")


def unknown_calls(machine: Machine) -> Iterator[Call]:
    """Yield the tasks of integrations that the table does not have."""
    return (call for call in machine.calls() if call.integration not in CALLS)


def machine_needs(facts: Facts, machine: Machine) -> Iterator[Need]:
    """Yield what a state machine's role needs."""
    role, place = machine.plan.role.arn, machine.place
    work = f"state machine {machine.plan.name}"
    for kind, source in (("logs", sources.MACHINE_LOGS), ("traces", sources.MACHINE_TRACES)):
        for action in MACHINE[kind]:
            yield emit.need(role, action, "*", sample="*", work=work, source=source)
    yield emit.assume("states.amazonaws.com", role, place, machine.plan.arn, work=work)
    for call in machine.calls():
        for part in CALLS.get(call.integration, ()):
            where = f"{work}, state {call.state}"
            match part:
                case Row():
                    yield from _row(facts, machine, call, part, where)
                case Sync():
                    yield from _waiting(machine, part, where)
                case Passed():
                    yield from _passed(role, call, part, where)
                case Tagged():
                    yield from _tagged(machine, call, part, where)
                case Granted():
                    for alias in call.texts(part.argument):
                        key = facts.keys.get(alias)
                        yield from emit.encrypt_volumes(role, key, work=where)
                        yield from emit.look_up_key(role, key, work=where)


def _row(facts: Facts, machine: Machine, call: Call, row: Row, work: str) -> Iterator[Need]:
    role = machine.plan.role.arn
    source = sources.REGISTRY if "versions" in row.resource else sources.AUTHORIZATION
    for pattern in _resources(facts, machine, call, row.resource):
        for guards, context in _guards(machine, call, row.guard, pattern):
            yield emit.need(
                role,
                row.action,
                pattern,
                sample=_sample(pattern),
                work=work,
                source=source,
                guards=guards,
                context={**_given(call), **context},
            )
        if row.data:
            yield from _data(facts, role, row, pattern, work)


def _resources(facts: Facts, machine: Machine, call: Call, resource: str) -> Iterator[str]:
    """Yield the ARNs of a row's resource, as patterns."""
    place = machine.place
    match resource:
        case "*":
            yield "*"
        case "bucket":
            yield from (place.bucket_arn(bucket) for bucket in call.texts("Bucket"))
        case "object":
            for bucket, key in product(call.texts("Bucket"), call.texts("Key")):
                yield place.bucket_arn(bucket, key)
        case "versions" | "group versions":
            for group in facts.groups(machine):
                if resource == "group versions":
                    yield group
                yield group.replace(":model-package-group/", ":model-package/") + "/*"
        case "listed":
            for integration, kind in LISTED.items():
                if machine.of(integration):
                    yield place.arn("sagemaker", kind)
        case _:
            service, _, rest = resource.rpartition(" ") if "{" in resource else ("", "", resource)
            names = _FIELD.findall(resource)
            for values in product(*(call.texts(*name.split(".")) for name in names)):
                found = dict(zip(names, values, strict=True))
                whole = next((text for text in values if text.startswith("arn:")), None)
                if whole is not None:
                    yield whole
                    continue
                account = found.get("RegistryId", place.account)
                path = rest
                for field, value in found.items():
                    path = path.replace(f"{{{field}}}", value)
                if names:
                    of = service.partition(" ")[0]
                    yield f"arn:{place.partition}:{of}:{place.region}:{account}:{path}"
            if not names:
                of, _, path = resource.partition(" ")
                yield place.arn(of, path)


def _sample(pattern: str) -> str | None:
    """Return a resource of the form that its service uses, where that matters."""
    if pattern == "*":
        return "*"
    if ":model-package/" in pattern:
        return pattern.replace("*", "1")
    return None


def _guards(
    machine: Machine, call: Call, guard: Guard, pattern: str
) -> Iterator[tuple[ConditionValues, Context]]:
    """Yield the conditions of a row, each with what else is in the call's context."""
    match guard:
        case "endpoint" if pattern.endswith(ANY_NAME):
            for name in _endpoints(machine):
                yield {"StringEquals": {f"aws:ResourceTag/{ENDPOINT_TAG}": (name,)}}, {}
        case "endpoint" if ":endpoint/" in pattern:
            own = pattern.partition(":endpoint/")[2]
            yield {"StringEquals": {f"aws:ResourceTag/{ENDPOINT_TAG}": (own,)}}, {}
        case "endpoint given" if owner := _owner(machine, pattern):
            yield {"StringEquals": {f"aws:RequestTag/{ENDPOINT_TAG}": (owner,)}}, {}
        case "namespace":
            for name in call.texts("Namespace"):
                yield {"StringEquals": {"cloudwatch:namespace": (name,)}}, {}
        case "prefix":
            for need in emit.listing("", machine.place, _uris(call), "", work=""):
                yield need.guards, dict(need.context)
        case "source":
            for name in call.texts("Entries", "Source"):
                yield {"StringEquals": {"events:source": (name,)}}, {}
        case "status":
            for name in call.texts("ModelApprovalStatus"):
                yield (
                    {
                        "StringEquals": {"sagemaker:ModelApprovalStatus": (name,)},
                        "Null": {"sagemaker:ModelLifeCycle:Stage": ("true",)},
                    },
                    {},
                )
        case "tags given" | "tags had":
            kind = "Request" if guard == "tags given" else "Resource"
            for name in call.texts("Tags", SCOPE_TAG):
                yield {"StringEquals": {f"aws:{kind}Tag/{SCOPE_TAG}": (name,)}}, {}
        case _:
            yield {}, {}


def _given(call: Call) -> Context:
    """Return the condition keys that follow from a call's arguments."""
    found: Context = {}
    for name, keys in (CONDITION_KEYS | OF_CALL.get(call.integration, {})).items():
        values = tuple(example(text) for text in sorted(leaves(call.arguments, name)) if text)
        if values:
            found.update(dict.fromkeys(keys, values))
    return found


def _uris(call: Call) -> list[str]:
    prefixes = call.texts("Prefix") or ("",)
    return [f"s3://{bucket}/{prefix}" for bucket in call.texts("Bucket") for prefix in prefixes]


def _endpoints(machine: Machine) -> tuple[str, ...]:
    """Return the endpoints that a machine looks at."""
    calls = machine.of("aws-sdk:sagemaker:describeEndpoint")
    return tuple(sorted({name for call in calls for name in call.texts("EndpointName")}))


def _owner(machine: Machine, pattern: str) -> str | None:
    """Return the endpoint that a model or config is named after by a release, if it is one's."""
    before, _, resource = pattern.rpartition("/")
    if not before.endswith((":endpoint-config", ":model")):
        return None
    found = (
        name for name in _endpoints(machine) if resource.startswith(f"{name[:PREFIX_CHARACTERS]}-")
    )
    return max(found, key=len, default=None)


def _data(facts: Facts, role: str, row: Row, pattern: str, work: str) -> Iterator[Need]:
    service = row.action.partition(":")[0]
    whole = pattern.partition("/")[0] if service == "s3" else pattern
    actions = jobs.READ_KEY if row.data == "read" else jobs.WRITE_KEY
    source = {"s3": sources.S3_KMS, "dynamodb": sources.KMS_DYNAMODB}.get(service, sources.KMS_SNS)
    key = facts.encrypted.get(whole)
    yield from emit.use_key(role, key, service, actions, work=work, source=source)


def _waiting(machine: Machine, part: Sync, work: str) -> Iterator[Need]:
    for action in ("events:DescribeRule", "events:PutRule", "events:PutTargets"):
        rule = machine.place.arn("events", f"rule/{part.rule}")
        yield emit.need(
            machine.plan.role.arn, action, rule, work=work, source=sources.STEP_FUNCTIONS
        )


def _passed(role: str, call: Call, part: Passed, work: str) -> Iterator[Need]:
    for passed in call.texts(*part.argument.split(".")):
        yield emit.need(
            role,
            "iam:PassRole",
            passed,
            work=work,
            source=sources.STEP_FUNCTIONS,
            guards={"StringEquals": {"iam:PassedToService": (part.service,)}},
        )


def _tagged(machine: Machine, call: Call, part: Tagged, work: str) -> Iterator[Need]:
    if not call.has("Tags"):
        return
    kind, _, name = part.resource.partition(" ")
    field = _FIELD.findall(name)[0]
    for value in call.texts(field):
        arn = machine.place.arn(kind, name.replace(f"{{{field}}}", value))
        owner = _owner(machine, arn)
        given = {} if owner is None else {f"aws:RequestTag/{ENDPOINT_TAG}": (owner,)}
        yield emit.need(
            machine.plan.role.arn,
            "sagemaker:AddTags",
            arn,
            work=work,
            source=sources.AUTHORIZATION,
            guards={"StringEquals": {"sagemaker:TaggingAction": (part.action,), **given}},
        )
