"""What the comparison catches: a difference in each property of each type, of either engine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.parity.engines import MONITORED, VERSION, Source, source_of
from tests.parity.planted import in_program, in_templates

from groundplan.stacks.parity import (
    ParityError,
    Template,
    compare,
    explain,
    inventory_of_program,
    inventory_of_templates,
)
from groundplan.stacks.pulumi.recording import Registration

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("parity")]
NAMES = (MONITORED, "nightly", "vision")
NETWORK = "-network"

ONE_SIDED = {
    # only one engine has such an item or fact, so that there is nothing to compare it with
    "aws:s3/bucketObjectv2:BucketObjectv2 bucket",
    "aws:s3/bucketObjectv2:BucketObjectv2 key",
    "aws:s3/bucketObjectv2:BucketObjectv2 source",
}
CONFIG = "AWS::SageMaker::EndpointConfig ShadowProductionVariants/Fn::If/*/*"
ROUTING = "AWS::SageMaker::Endpoint DeploymentConfig/Fn::If/*/BlueGreenUpdatePolicy"
IN_RELEASES = {
    # with Pulumi the release machine says so, not the program
    *(
        f"{CONFIG}/{name}"
        for name in ("InitialInstanceCount", "InitialVariantWeight", "InstanceType", "ModelName")
    ),
    f"{ROUTING}/TerminationWaitInSeconds",
    f"{ROUTING}/TrafficRoutingConfiguration/CanarySize/Type",
    f"{ROUTING}/TrafficRoutingConfiguration/CanarySize/Value",
    f"{ROUTING}/TrafficRoutingConfiguration/WaitIntervalInSeconds",
}


@dataclass(frozen=True)
class Stack:
    """One stack by both engines, with the network that it may refer to."""

    templates: list[Template]
    registrations: list[Registration]

    def left(self) -> set[str]:
        """What nothing explains."""
        parameters = {"ModelVersion": VERSION, "ShadowModelVersion": VERSION}
        cdk = inventory_of_templates(self.templates, parameters)
        changes = compare(cdk, inventory_of_program(self.registrations))
        return set(map(str, explain(changes)[1]))


def stacks(source: Source) -> Iterator[Stack]:
    roots: dict[str, str] = {}
    for item in source.registrations:
        roots[item.urn] = roots[item.parent] if item.parent else item.name
    for template in source.templates:
        network = f"{template.stack.split('-')[0]}{NETWORK}"
        wanted = {template.stack} if template.stack.endswith(NETWORK) else {template.stack, network}
        yield Stack(
            sorted(
                (item for item in source.templates if item.stack in wanted),
                key=lambda item: item.stack != template.stack,
            ),
            [
                item
                for item in source.registrations
                if roots[item.urn] in wanted or item.type.startswith("pulumi:providers")
            ],
        )


def caught(stack: Stack) -> bool:
    try:
        return bool(stack.left())
    except ParityError:
        return True


def test_a_change_of_any_input_of_a_program_is_caught() -> None:
    missed, seen = [], set(ONE_SIDED)
    count = 0
    for name in NAMES:
        for stack in stacks(source_of(name)):
            assert stack.left() == set()
            for planted in in_program(stack.registrations, seen):
                count += 1
                registrations = list(stack.registrations)
                registrations[planted.index] = planted.changed
                if not caught(replace(stack, registrations=registrations)):
                    missed.append(str(planted))
    assert missed == []
    assert count > 250


def test_a_change_of_any_property_of_a_template_is_caught() -> None:
    missed, count = [], 0
    seen = set(IN_RELEASES)
    for name in NAMES:
        for stack in stacks(source_of(name)):
            for planted in in_templates(stack.templates[:1], seen):
                count += 1
                templates = [planted.changed, *stack.templates[1:]]
                if not caught(replace(stack, templates=templates)):
                    missed.append(str(planted))
    assert missed == []
    assert count > 250


@pytest.fixture
def state() -> Stack:
    """The stack of what an environment must not lose."""
    return next(
        stack for stack in stacks(source_of("nightly")) if stack.templates[0].stack == "prod-state"
    )


def of_type(stack: Stack, type: str) -> int:
    return next(
        index
        for index, item in enumerate(stack.registrations)
        if item.custom and item.type.endswith(f":{type}")
    )


@pytest.mark.parametrize(
    ("type", "options", "found"),
    [
        ("Bucket", {"retain_on_delete": False}, "kept/when deleted: CDK True, Pulumi False"),
        ("Bucket", {"protect": False, "retain_on_delete": False}, "kept/when replaced: CDK True"),
        ("BucketPolicy", {"retain_on_delete": False}, "kept/aws:s3/bucketPolicy:BucketPolicy"),
        ("Key", {"ignore_changes": ("policy",)}, "changed behind the engine: CDK []"),
        ("Role", {"retain_on_delete": True}, "kept/when deleted: CDK False, Pulumi True"),
        ("Topic", {"protect": True}, "kept/protected: CDK False, Pulumi True"),
    ],
)
def test_a_change_of_an_option_is_caught(
    state: Stack, type: str, options: dict[str, object], found: str
) -> None:
    index = of_type(state, type)
    state.registrations[index] = replace(state.registrations[index], **options)  # type: ignore[arg-type]
    assert any(found in line for line in state.left()), state.left()


@pytest.mark.parametrize(
    "type", ["Bucket", "Key", "EventBus", "LogGroup", "Role", "Table", "Topic"]
)
def test_what_a_program_lacks_or_has_besides_is_caught(state: Stack, type: str) -> None:
    index = of_type(state, type)
    item = state.registrations[index]
    parts = {"Bucket", "Key", "Role", "Topic"}  # of which others are parts
    without = [*state.registrations[:index], *state.registrations[index + 1 :]]
    if type in parts:
        with pytest.raises(ParityError, match="belongs to nothing"):
            inventory_of_program(without)
    else:
        assert any("(missing)" in line for line in replace(state, registrations=without).left())
    name = {"Bucket": "bucket"}.get(type, "name")
    other = replace(item, urn=f"{item.urn}-2", inputs={**item.inputs, name: "another"})
    if type not in ("Bucket", "Key"):  # they have parts that a program cannot leave out
        assert any(
            "another" in line
            for line in replace(state, registrations=[*state.registrations, other]).left()
        )


def test_other_tags_are_caught(state: Stack) -> None:
    [index] = [
        index
        for index, item in enumerate(state.registrations)
        if item.type == "pulumi:providers:aws" and item.name == "prod"
    ]
    provider = state.registrations[index]
    inputs = {**provider.inputs, "defaultTags": '{"tags": {"groundplan:scope": "nightly-dev"}}'}
    state.registrations[index] = replace(provider, inputs=inputs)
    assert any("tags/groundplan:scope" in line for line in state.left())


def test_fails_on_what_it_does_not_know(state: Stack) -> None:
    index = of_type(state, "Bucket")
    item = state.registrations[index]
    for change, message in (
        ({"inputs": {**item.inputs, "forceDestroy": True}}, "properties that are not compared"),
        ({"type": "aws:s3/accessPoint:AccessPoint"}, "has a type that is not known"),
        ({"provider": ""}, "is made by Pulumi's default provider"),
    ):
        registrations = list(state.registrations)
        registrations[index] = replace(item, **change)
        with pytest.raises(ParityError, match=message):
            inventory_of_program(registrations)
    [template] = [item for item in state.templates if item.stack == "prod-state"]
    id, bucket = next(
        pair for pair in template.body["Resources"].items() if pair[1]["Type"] == "AWS::S3::Bucket"
    )
    for properties, message in (
        ({"AccelerateConfiguration": {}}, "properties that are not compared"),
        ({"BucketName": {"Fn::Base64": "a"}}, "Fn::Base64 is not known in this form"),
        ({"BucketName": {"Ref": "AWS::Planted"}}, "refers to nothing in the stack"),
        ({"BucketName": {"Fn::GetAtt": ["AccessLogs", "Planted"]}}, "refers to nothing"),
        ({"BucketName": {"Fn::ImportValue": "planted"}}, "imports what no stack exports"),
    ):
        changed = {**bucket, "Properties": {**bucket["Properties"], **properties}}
        body = {**template.body, "Resources": {**template.body["Resources"], id: changed}}
        with pytest.raises(ParityError, match=message):
            inventory_of_templates([replace(template, body=body)])
