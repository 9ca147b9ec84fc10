"""The policy pack: nothing found on the examples, and a case for each rule that it catches."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi_policy as sdk
import pytest
import yaml
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from groundplan.blueprints.prove import report
from groundplan.blueprints.prove.claim import Claim, Finding, Verdict
from groundplan.stacks.pulumi import policies
from groundplan.stacks.pulumi.policies import RESOURCE_RULES, RULES, STACK_RULES, Checked, planned
from groundplan.stacks.pulumi.policies.pack import checked, spec_of
from groundplan.stacks.pulumi.policies.pack import policies as made
from groundplan.stacks.pulumi.policies.rule import UNKNOWN
from groundplan.stacks.pulumi.recording import Recording

ROOT = Path(__file__).parents[4]
SPEC = str(ROOT / "examples" / "churn" / "groundplan.yaml")
PACK = Path(next(iter(policies.__path__)))


def seen(recording: Recording) -> list[Checked]:
    return [
        Checked(type=item.type, name=item.name, props=item.inputs, protect=item.protect)
        for item in recording.registrations
    ]


def findings(resources: list[Checked], spec: str | None = None) -> Iterator[str]:
    for rule in RESOURCE_RULES:
        for item in resources:
            if item.type in rule.types:
                yield from (f"{rule.id}: {item.name}: {line}" for line in rule.check(item))
    for together in STACK_RULES:
        yield from (f"{together.id}: {line}" for line in together.check(resources, spec))


def test_a_claim_that_does_not_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding(subject="a role", where="a policy", problem="may too much", fix="take it")
    verdict = Verdict(claim="made-up", checked=1, evidence=(), findings=(finding,))
    claim = Claim(id="made-up", sentence="", check=lambda case: verdict)
    monkeypatch.setattr(report, "CLAIMS", (claim,))
    planned._proved.cache_clear()
    [rule] = [item for item in STACK_RULES if item.id == "claims-hold"]
    stack = Checked(type="groundplan:stacks:RegistryStack", name="tooling-registry", props={})
    found = list(rule.check([stack], SPEC))
    planned._proved.cache_clear()
    assert found == ["made-up: a role: a policy: may too much; take it"]


@pytest.mark.heavy
def test_nothing_is_found_on_the_examples(
    recording_of: Callable[[str, str], Recording], project: str, part: str
) -> None:
    spec = str(ROOT / "examples" / project / "groundplan.yaml")
    assert list(findings(seen(recording_of(project, part)), spec)) == []


def statement(effect: str = "Allow", **more: object) -> str:
    return json.dumps({"Statement": [{"Sid": "One", "Effect": effect, "Resource": "*", **more}]})


TRUST = statement(Principal={"Service": "sagemaker.amazonaws.com"}, Action="sts:AssumeRole")
VARIANTS = [{"instanceType": "ml.m5.large"}]
WORLD = [{"cidrBlocks": ["0.0.0.0/0"]}]
CAUGHT: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("key-rotation", "aws:kms/key:Key", {"enableKeyRotation": False}),
    ("queue-encryption", "aws:sqs/queue:Queue", {"name": "q"}),
    ("topic-encryption", "aws:sns/topic:Topic", {"name": "t"}),
    ("table-protection", "aws:dynamodb/table:Table", {"pointInTimeRecovery": {"enabled": True}}),
    ("image-repository", "aws:ecr/repository:Repository", {"imageTagMutability": "MUTABLE"}),
    ("log-retention", "aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": "k"}),
    ("log-encryption", "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 365}),
    ("role-boundary", "aws:iam/role:Role", {"name": "r"}),
    ("no-inline-policies", "aws:iam/rolePolicy:RolePolicy", {"policy": "{}"}),
    ("no-inline-policies", "aws:iam/role:Role", {"inlinePolicies": [{"name": "p"}]}),
    (
        "no-full-access",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
    ),
    (
        "no-full-access",
        "aws:iam/role:Role",
        {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
    ),
    ("no-wildcard-actions", "aws:iam/policy:Policy", {"policy": statement(Action="s3:*")}),
    ("no-wildcard-actions", "aws:iam/policy:Policy", {"policy": statement(NotAction="iam:*")}),
    (
        "no-open-resource-policies",
        "aws:s3/bucketPolicy:BucketPolicy",
        {"policy": statement(Principal="*", Action="s3:GetObject")},
    ),
    (
        "no-open-resource-policies",
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        {"resourcePolicy": statement(Principal={"AWS": ["*"]}, Action="sagemaker:CreateModel")},
    ),
    ("service-trust", "aws:iam/role:Role", {"assumeRolePolicy": TRUST}),
    ("no-open-ingress", "aws:ec2/securityGroup:SecurityGroup", {"ingress": WORLD}),
    ("no-open-ingress", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv4": "0.0.0.0/0"}),
    ("no-open-ingress", "aws:ec2/securityGroupRule:SecurityGroupRule", {"type": "ingress", "cidrBlocks": ["0.0.0.0/0"]}),
    ("no-public-addresses", "aws:ec2/subnet:Subnet", {"mapPublicIpOnLaunch": True}),
    ("vpc-endpoint-policy", "aws:ec2/vpcEndpoint:VpcEndpoint", {"serviceName": "s3"}),
    ("model-isolation", "aws:sagemaker/model:Model", {"executionRoleArn": "r"}),
    (
        "endpoint-encryption",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        {"productionVariants": VARIANTS},
    ),
    (
        "machine-logs",
        "aws:sfn/stateMachine:StateMachine",
        {"loggingConfiguration": {"level": "ERROR", "includeExecutionData": True}},
    ),
    ("bucket-encryption", "aws:s3/bucket:Bucket", {"bucket": "b"}),
    ("bucket-public-access", "aws:s3/bucket:Bucket", {"bucket": "b"}),
    ("bucket-tls-only", "aws:s3/bucket:Bucket", {"bucket": "b"}),
    ("bucket-versioning", "aws:s3/bucket:Bucket", {"bucket": "b"}),
    ("wildcards-explained", "aws:iam/policy:Policy", {"policy": statement(Action="s3:GetObject")}),
    ("planned-resources", "groundplan:stacks:RegistryStack", {}),
    ("claims-hold", "groundplan:stacks:RegistryStack", {}),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "type", "props"), CAUGHT)
def test_each_rule_catches(rule: str, type: str, props: Mapping[str, Any]) -> None:
    resource = Checked(type=type, name="x", props=props)
    assert rule in {line.split(":")[0] for line in findings([resource])}


def test_no_rule_is_without_a_case() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert {rule for rule, _, _ in CAUGHT} == set(ids)


def test_a_deleted_unit_and_a_widened_policy_are_found(
    recording_of: Callable[[str, str], Recording],
) -> None:
    [rule] = [item for item in STACK_RULES if item.id == "planned-resources"]
    resources = seen(recording_of("churn", "tooling"))
    assert list(rule.check(resources, SPEC)) == []
    kept = [item for item in resources if item.type != "aws:dynamodb/table:Table"]
    topics = [item for item in kept if item.type != "aws:sns/topic:Topic"]
    assert list(rule.check(topics, SPEC)) == [
        "tooling: aws:sns/topic:Topic churn-tooling-alerts is planned and not in the program"
    ]
    index, policy = next(
        (number, item)
        for number, item in enumerate(resources)
        if item.type == "aws:iam/policy:Policy"
    )
    props = {**policy.props, "policy": statement(Action="s3:GetObject")}
    resources[index] = Checked(type=policy.type, name=policy.name, props=props)
    name = policy.props["name"]
    assert list(rule.check(resources, SPEC)) == [f"tooling: policy {name} is not the planned one"]


def test_rules_of_the_plan_leave_other_programs_alone() -> None:
    own = Checked(type="aws:sqs/queue:Queue", name="q", props={"kmsMasterKeyId": "alias/q"})
    assert list(findings([own])) == []


def test_values_unknown_during_preview_are_taken_for_given() -> None:
    group = Checked(type="aws:cloudwatch/logGroup:LogGroup", name="x",
                    props={"kmsKeyId": UNKNOWN, "retentionInDays": 7})  # fmt: skip
    policy = Checked(type="aws:iam/policy:Policy", name="p", props={"policy": UNKNOWN})
    assert list(findings([group, policy])) == []


class Arguments:
    """What the engine tells the SDK of a resource."""

    def __init__(self, type: str, props: dict[str, Any]) -> None:
        self.resource_type, self.name, self.urn = type, "x", "urn"
        self.props = unknown_checking_proxy(props)
        self.opts = sdk.PolicyResourceOptions(True, [], None, [], None, [], None)  # type: ignore[arg-type]


def test_the_sdk_s_resources_are_read() -> None:
    props = {
        "policy": UNKNOWN_STRING_VALUE,
        "rules": [{"days": 7.0}, UNKNOWN_STRING_VALUE],
        "tags": {"a": UNKNOWN_STRING_VALUE, "b": None},
    }
    found = checked(Arguments("t", props))  # type: ignore[arg-type]
    assert found.props == {
        "policy": UNKNOWN,
        "rules": [{"days": 7}, UNKNOWN],
        "tags": {"a": UNKNOWN, "b": None},
    }
    assert found.protect


def test_policies_report_what_rules_find() -> None:
    pack = made(RESOURCE_RULES, STACK_RULES)
    assert [item.name for item in pack] == [rule.id for rule in RULES]
    reported: list[str] = []
    [rotation] = [item for item in pack if item.name == "key-rotation"]
    assert isinstance(rotation, sdk.ResourceValidationPolicy)
    key = Arguments("aws:kms/key:Key", {"enableKeyRotation": False})

    def report_violation(text: str, urn: str | None = None) -> None:
        reported.append(text)

    rotation.validate(key, report_violation)  # type: ignore[arg-type]
    assert reported == ["enableKeyRotation must be True, got False"]


def test_pack_is_one_that_pulumi_starts() -> None:
    assert (PACK / "__main__.py").is_file()
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert project["runtime"] == "python"


def test_pack_starts_its_server() -> None:
    with subprocess.Popen(
        [sys.executable, str(PACK / "__main__.py"), "127.0.0.1:1"],
        cwd=PACK,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert int(process.stdout.readline()) > 0  # the port that the engine reads
        finally:
            process.kill()


def test_the_spec_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROUNDPLAN_SPEC", raising=False)
    assert spec_of({}) is None
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"groundplan:spec": "groundplan.yaml"}))
    assert spec_of({}) is None
    monkeypatch.setenv("GROUNDPLAN_SPEC", SPEC)
    assert spec_of({}) == SPEC
    assert spec_of({"spec": "/other.yaml"}) == "/other.yaml"
