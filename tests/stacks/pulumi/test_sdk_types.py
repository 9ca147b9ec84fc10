"""What all examples register, held against the input types of Pulumi's own AWS SDK."""

import collections.abc
import enum
import inspect
import json
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import _types

from groundplan.stacks.pulumi.provider import EMULATED
from groundplan.stacks.pulumi.recording import Recording, Registration

AWS = "aws:"
PROVIDER = "pulumi:providers:aws"
OF_PROVIDER = ("pluginDownloadURL", "version")


@cache
def arguments_class(token: str) -> type:
    """Return the class of a resource's arguments, found by its type token."""
    if token == PROVIDER:
        return aws.ProviderArgs
    _, module, name = token.split(":")
    resource = getattr(getattr(aws, module.split("/")[0]), name)
    assert resource.pulumi_type == token
    own = vars(sys.modules[resource.__module__])
    # Where another class of inputs has the name already, the SDK calls it so.
    found: type = own.get(f"{name}InitArgs") or own[f"{name}Args"]
    return found


@cache
def signature(arguments: type) -> tuple[dict[str, object], frozenset[str]]:
    """Return the types of all inputs, and the required ones, by the SDK's camel-case names."""
    names = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters
    required = {
        camel
        for python, camel in names.items()
        if parameters[python].default is inspect.Parameter.empty
    }
    return dict(_types.input_type_types(arguments)), frozenset(required)


def choices(kind: object) -> list[Any]:
    """Return what a type may be, without what stands for values that are not known yet."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [choice for item in typing.get_args(kind) for choice in choices(item)]
    if typing.get_origin(kind) in (collections.abc.Awaitable, pulumi.Output):
        return []
    return [] if kind in (type(None), pulumi.Output) else [kind]


def mismatches(where: str, value: object, kind: object) -> Iterator[str]:
    """Yield what of a value its type does not allow."""
    found = choices(kind)
    enums = [item for item in found if isinstance(item, type) and issubclass(item, enum.Enum)]
    if enums and isinstance(value, (str, int)):
        allowed = {member.value for item in enums for member in item}
        if value not in allowed:
            yield f"{where}: {value!r} is none of {sorted(map(str, allowed))}"
        return
    complaints = []
    for item in found:
        problems = list(_mismatches(where, value, item))
        if not problems:
            return
        complaints.append(problems)
    if complaints:
        yield from min(complaints, key=len)


def _mismatches(where: str, value: object, kind: Any) -> Iterator[str]:
    origin = typing.get_origin(kind)
    if kind is Any or kind is object:
        return
    if origin is collections.abc.Sequence:
        if not isinstance(value, list):
            yield f"{where}: must be a list, got {value!r}"
            return
        for index, item in enumerate(value):
            yield from mismatches(f"{where}[{index}]", item, typing.get_args(kind)[0])
    elif origin is collections.abc.Mapping:
        if not isinstance(value, dict):
            yield f"{where}: must be a mapping, got {value!r}"
            return
        for key, item in value.items():
            yield from mismatches(f"{where}.{key}", item, typing.get_args(kind)[1])
    elif isinstance(kind, type) and hasattr(kind, "_pulumi_input_type"):
        yield from of_class(where, value, kind)
    elif kind is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{where}: must be a number, got {value!r}"
    elif isinstance(kind, type) and (
        not isinstance(value, kind) or (kind is int and isinstance(value, bool))
    ):
        yield f"{where}: must be {kind.__name__}, got {value!r}"


def of_class(where: str, value: object, kind: type) -> Iterator[str]:
    """Yield what of a mapping is unknown to a class of arguments, missing or of another type."""
    if not isinstance(value, Mapping):
        yield f"{where}: must be a mapping, got {value!r}"
        return
    known, required = signature(kind)
    for key in sorted(required - value.keys()):
        yield f"{where}.{key}: is required"
    for key, item in value.items():
        if key not in known:
            yield f"{where}.{key}: is unknown to {kind.__name__}"
        elif item is not None:
            yield from mismatches(f"{where}.{key}", item, known[key])


def problems(registration: Registration) -> list[str]:
    inputs = {k: v for k, v in registration.inputs.items() if k not in OF_PROVIDER}
    if registration.type == PROVIDER:
        # A provider's inputs go over the wire as JSON texts, unless they are texts themselves.
        inputs = {key: _from_json(value) for key, value in inputs.items()}
    return list(of_class(registration.name, inputs, arguments_class(registration.type)))


def _from_json(value: object) -> object:
    if isinstance(value, str) and value[:1] in '[{"tf':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def test_inputs_are_those_of_the_sdk(
    recording_of: Callable[[str, str], Recording], project: str, part: str
) -> None:
    checked = [
        item
        for item in recording_of(project, part).registrations
        if item.custom and item.type.startswith((AWS, PROVIDER))
    ]
    assert checked
    assert [line for item in checked for line in problems(item)] == []


def test_every_resource_names_its_provider(
    recording_of: Callable[[str, str], Recording], project: str, part: str
) -> None:
    recording = recording_of(project, part)
    providers = {item.urn for item in recording.of_type(PROVIDER)}
    for item in recording.registrations:
        if item.type.startswith(AWS):
            assert item.provider.rsplit("::", 1)[0] in providers, item.name


def test_emulated_services_are_endpoints_of_the_provider() -> None:
    assert set(EMULATED) <= set(_types.input_type_py_to_pulumi_names(aws.ProviderEndpointArgs))


def test_every_service_in_use_has_an_emulated_endpoint(
    recording_of: Callable[[str, str], Recording], project: str, part: str
) -> None:
    modules = {
        item.type.split(":")[1].split("/")[0]
        for item in recording_of(project, part).registrations
        if item.type.startswith(AWS)
    }
    # EventBridge and CloudWatch Logs are parts of a module of Pulumi's, with endpoints of their own.
    assert {"events", "logs", "sts"} <= set(EMULATED)
    assert modules <= {*EMULATED}


@pytest.mark.parametrize(
    ("type", "inputs", "problem"),
    [
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b"}, "x.policy: is required"),
        ("aws:s3/bucket:Bucket", {"bucketName": "b"}, "x.bucketName: is unknown to BucketArgs"),
        ("aws:s3/bucket:Bucket", {"bucket": 1}, "x.bucket: must be str, got 1"),
        ("aws:kms/key:Key", {"enableKeyRotation": "yes"}, "x.enableKeyRotation: must be bool, got 'yes'"),
        ("aws:sqs/queue:Queue", {"messageRetentionSeconds": True}, "x.messageRetentionSeconds: must be int, got True"),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "b", "versioningConfiguration": {"state": "Enabled"}},
            "x.versioningConfiguration.status: is required",
        ),
    ],
)  # fmt: skip
def test_a_wrong_input_is_found(type: str, inputs: dict[str, object], problem: str) -> None:
    item = Registration(
        urn="u", type=type, name="x", parent="", custom=True, inputs=inputs, depends_on=(), protect=False,
        retain_on_delete=False, ignore_changes=(), aliases=(), provider="", secrets=(),
    )  # fmt: skip
    assert problem in problems(item)
