"""Each resource type that programs have is made, changed and deleted through its service."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from tests_support import ROOT

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.pulumi.program import add_project
from groundplan.stacks.pulumi.recording import record
from groundplan.stacks.rehearsal.pulumi.engine import PROVIDER, _Preview
from groundplan.stacks.rehearsal.pulumi.types import TYPES, PulumiType
from groundplan.stacks.rehearsal.pulumi.types.resource_type import one

Options = pulumi.ResourceOptions
VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/group/1"
NOT_IN_EXAMPLES = {
    "aws:sagemaker/mlflowApp:MlflowApp",
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer",
    "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
}


def resource_class(token: str) -> Any:
    module, name = token.split(":")[1].split("/")[0], token.rpartition(":")[2]
    return getattr(getattr(aws, module), name)


def camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("type", TYPES.values(), ids=lambda type: type.token)
def test_every_input_is_one_of_the_providers(type: PulumiType) -> None:
    signature = inspect.signature(resource_class(type.token)._internal_init)
    known = {camel(name) for name in signature.parameters}
    assert type.names.keys() <= known
    assert type.replaced_by <= type.names.keys()
    assert type.values.keys() <= type.names.keys()
    assert type.tagged == ("tags" in known) or type.token in UNTAGGED


UNTAGGED = {
    "aws:appautoscaling/target:Target",  # moto keeps no tags of targets
    "aws:budgets/budget:Budget",  # nor of budgets
}


@pytest.fixture(scope="module")
def registered() -> dict[str, set[str]]:
    """Every type in the examples, with the inputs that are given to it."""
    found: dict[str, set[str]] = {}
    for example in ("nightly", "vision"):  # together they have all types
        spec = ROOT / "examples" / example / "groundplan.yaml"
        decided = plan(load_spec(spec), engine="pulumi")
        versions = {
            f"groundplan:modelVersion.{stack.endpoint.model}": VERSION
            for stack in decided.stacks()
            if isinstance(stack, ServingStackPlan)
        }
        for part in decided.parts():
            config = {"groundplan:spec": str(spec), "groundplan:part": part, **versions}
            recording = record(add_project, config=config, backend=_Preview())
            for item in recording.registrations:
                if item.custom and item.type != PROVIDER:
                    found.setdefault(item.type, set()).update(item.inputs)
    return found


def test_the_types_are_those_of_two_examples_and_no_more(
    registered: dict[str, set[str]],
) -> None:
    assert registered.keys() | NOT_IN_EXAMPLES == TYPES.keys()


def test_fails_when_there_are_two_blocks_where_one_is_taken() -> None:
    with pytest.raises(Exception, match="takes one block, got 2"):
        one([1, 2])


def document(action: str) -> str:
    statement = {"Sid": "A", "Effect": "Allow", "Action": action, "Resource": "*"}
    statement |= {"Principal": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def bucket_settings(options: Options, changed: bool) -> None:
    bucket = aws.s3.Bucket("bucket", bucket="settings", opts=options).bucket
    aws.s3.BucketServerSideEncryptionConfiguration(
        "encryption",
        bucket=bucket,
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms" if changed else "AES256"
                }
            }
        ],
        opts=options,
    )
    aws.s3.BucketVersioning(
        "versioning",
        bucket=bucket,
        versioning_configuration={"status": "Suspended" if changed else "Enabled"},
        opts=options,
    )
    aws.s3.BucketPublicAccessBlock(
        "block", bucket=bucket, block_public_acls=True, block_public_policy=changed, opts=options
    )
    aws.s3.BucketLifecycleConfiguration(
        "lifecycle",
        bucket=bucket,
        rules=[
            {
                "id": "Expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": 7 if changed else 5},
            }
        ],
        opts=options,
    )
    aws.s3.BucketNotification("events", bucket=bucket, eventbridge=not changed, opts=options)


def see_bucket(deployed: Any) -> list[Any]:
    s3 = deployed.client("s3")
    rules = s3.get_bucket_encryption(Bucket="settings")["ServerSideEncryptionConfiguration"]
    return [
        rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        s3.get_bucket_versioning(Bucket="settings")["Status"],
        s3.get_public_access_block(Bucket="settings")["PublicAccessBlockConfiguration"][
            "BlockPublicPolicy"
        ],
        s3.get_bucket_lifecycle_configuration(Bucket="settings")["Rules"][0]["Expiration"]["Days"],
        "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="settings"),
    ]


def role(options: Options, changed: bool) -> None:
    made = aws.iam.Role(
        "role",
        name="reader",
        path="/reports/",
        description="changed" if changed else "made",
        assume_role_policy=document("sts:AssumeRole"),
        opts=options,
    )
    policy = aws.iam.Policy(
        "policy",
        name="read",
        policy=document("s3:GetObject" if changed else "s3:ListBucket"),
        tags={"round": "2" if changed else "1"},
        opts=options,
    )
    aws.iam.RolePolicyAttachment("attachment", role=made.name, policy_arn=policy.arn, opts=options)


def see_role(deployed: Any) -> list[Any]:
    iam = deployed.client("iam")
    [attached] = iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"]
    policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])[
        "PolicyVersion"
    ]
    tags = iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
    return [
        iam.get_role(RoleName="reader")["Role"]["Description"],
        version["Document"]["Statement"][0]["Action"],
        {item["Key"]: item["Value"] for item in tags},
    ]


def key(options: Options, changed: bool) -> None:
    made = aws.kms.Key(
        "key",
        description="changed" if changed else "made",
        enable_key_rotation=not changed,
        opts=options,
    )
    aws.kms.Alias("alias", name="alias/reports", target_key_id=made.key_id, opts=options)


def see_key(deployed: Any) -> list[Any]:
    kms = deployed.client("kms")
    shown = kms.describe_key(KeyId="alias/reports")["KeyMetadata"]
    status = kms.get_key_rotation_status(KeyId=shown["KeyId"])
    return [shown["Description"], status["KeyRotationEnabled"]]


def rule(options: Options, changed: bool) -> None:
    bus = aws.cloudwatch.EventBus("bus", name="reports", description="a bus", opts=options)
    aws.cloudwatch.EventBusPolicy(
        "policy",
        event_bus_name=bus.name,
        policy=document("events:PutEvents" if changed else "events:PutRule").replace(
            '"A"', '"B"' if changed else '"A"'
        ),
        opts=options,
    )
    made = aws.cloudwatch.EventRule(
        "rule",
        name="report",
        event_bus_name=bus.name,
        event_pattern=json.dumps({"source": ["other" if changed else "reports"]}),
        opts=options,
    )
    aws.cloudwatch.EventTarget(
        "target",
        rule=made.name,
        event_bus_name=bus.name,
        target_id="Target",
        arn="arn:aws:sqs:eu-west-1:111111111111:queue",
        input_transformer={
            "input_paths": {"id": "$.id"},
            "input_template": '{"new": <id>}' if changed else '{"id": <id>}',
        },
        opts=options,
    )


def see_rule(deployed: Any) -> list[Any]:
    events = deployed.client("events")
    named = {"EventBusName": "reports"}
    [target] = events.list_targets_by_rule(Rule="report", **named)["Targets"]
    shown = events.describe_rule(Name="report", **named)
    policy = json.loads(events.describe_event_bus(Name="reports")["Policy"])
    return [
        json.loads(shown["EventPattern"])["source"],
        target["InputTransformer"]["InputTemplate"],
        [item["Action"] for item in policy["Statement"]],
    ]


def table(options: Options, changed: bool) -> None:
    aws.dynamodb.Table(
        "table",
        name="locks",
        billing_mode="PAY_PER_REQUEST",
        attributes=[{"name": "id", "type": "S"}],
        hash_key="id",
        ttl={"attribute_name": "expires", "enabled": True},
        point_in_time_recovery={"enabled": not changed},
        server_side_encryption={"enabled": True, "kms_key_arn": "alias/aws/dynamodb"},
        opts=options,
    )


def see_table(deployed: Any) -> list[Any]:
    tables = deployed.client("dynamodb")
    backups = tables.describe_continuous_backups(TableName="locks")["ContinuousBackupsDescription"]
    shown = tables.describe_table(TableName="locks")["Table"]
    return [
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        shown["KeySchema"],
        shown["SSEDescription"]["SSEType"],
    ]


def group(options: Options, changed: bool) -> None:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.1.0.0/16", opts=options)
    port = 8443 if changed else 443
    aws.ec2.SecurityGroup(
        "group",
        name="workload",
        description="jobs",
        vpc_id=vpc.id,
        ingress=[],
        egress=[]
        if changed
        else [
            {
                "protocol": "tcp",
                "from_port": port,
                "to_port": port,
                "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12"],
            }
        ],
        opts=options,
    )


def see_group(deployed: Any) -> list[Any]:
    named = [{"Name": "group-name", "Values": ["workload"]}]
    shown = deployed.client("ec2").describe_security_groups(Filters=named)["SecurityGroups"]
    return [
        [rule["FromPort"], sorted(item["CidrIp"] for item in rule["IpRanges"])]
        for rule in shown[0]["IpPermissionsEgress"]
    ]


def repository(options: Options, changed: bool) -> None:
    made = aws.ecr.Repository(
        "repository",
        name="reports",
        image_tag_mutability="MUTABLE" if changed else "IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        opts=options,
    )
    aws.ecr.RepositoryPolicy(
        "policy",
        repository=made.name,
        policy=document("ecr:BatchGetImage" if changed else "ecr:GetDownloadUrlForLayer"),
        opts=options,
    )


def see_repository(deployed: Any) -> list[Any]:
    registry = deployed.client("ecr")
    [shown] = registry.describe_repositories(repositoryNames=["reports"])["repositories"]
    policy = registry.get_repository_policy(repositoryName="reports")["policyText"]
    return [shown["imageTagMutability"], json.loads(policy)["Statement"][0]["Action"]]


def budget(options: Options, changed: bool) -> None:
    aws.budgets.Budget(
        "budget",
        name="costs",
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount="20.0" if changed else "10.0",
        limit_unit="USD",
        cost_filters=[{"name": "LinkedAccount", "values": ["111111111111"]}],
        notifications=[
            {
                "notification_type": "ACTUAL",
                "comparison_operator": "GREATER_THAN",
                "threshold": 80,
                "threshold_type": "PERCENTAGE",
                "subscriber_email_addresses": ["a@example.com"],
            }
        ],
        opts=options,
    )


def see_budget(deployed: Any) -> list[Any]:
    budgets = deployed.client("budgets")
    shown = budgets.describe_budget(AccountId="111111111111", BudgetName="costs")["Budget"]
    told = budgets.describe_notifications_for_budget(AccountId="111111111111", BudgetName="costs")
    return [
        float(shown["BudgetLimit"]["Amount"]),
        shown["CostFilters"],
        told["Notifications"][0]["Threshold"],
    ]


def log(options: Options, changed: bool) -> None:
    days = 30 if changed else 7
    aws.cloudwatch.LogGroup("log", name="/reports/runs", retention_in_days=days, opts=options)


def see_log(deployed: Any) -> list[Any]:
    [shown] = deployed.client("logs").describe_log_groups(logGroupNamePrefix="/reports/runs")[
        "logGroups"
    ]
    return [shown["retentionInDays"]]


TCP = ["10.0.0.0/8", "172.16.0.0/12"]
HASH = [{"AttributeName": "id", "KeyType": "HASH"}]
CASES: dict[
    str, tuple[Callable[[Options, bool], None], Callable[[Any], list[Any]], list[Any], list[Any]]
] = {
    "bucket": (
        bucket_settings,
        see_bucket,
        ["AES256", "Enabled", False, 5, True],
        ["aws:kms", "Suspended", True, 7, False],
    ),
    "role": (
        role,
        see_role,
        ["made", "s3:ListBucket", {"round": "1", "team": "ml"}],
        ["changed", "s3:GetObject", {"round": "2", "team": "ml"}],
    ),
    "key": (key, see_key, ["made", True], ["changed", False]),
    "rule": (
        rule,
        see_rule,
        [["reports"], '{"id": <id>}', ["events:PutRule"]],
        [["other"], '{"new": <id>}', ["events:PutEvents"]],
    ),
    "table": (table, see_table, ["ENABLED", HASH, "KMS"], ["DISABLED", HASH, "KMS"]),
    "group": (group, see_group, [[443, TCP]], []),
    "repository": (
        repository,
        see_repository,
        ["IMMUTABLE", "ecr:GetDownloadUrlForLayer"],
        ["MUTABLE", "ecr:BatchGetImage"],
    ),
    "budget": (
        budget,
        see_budget,
        [10.0, {"LinkedAccount": ["111111111111"]}, 80.0],
        [20.0, {"LinkedAccount": ["111111111111"]}, 80.0],
    ),
    "log": (log, see_log, [7], [30]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_program_makes_is_what_the_service_shows(deployed: Any, case: str) -> None:
    program, see, made, changed = CASES[case]
    deployed.up(lambda options: program(options, False), team="ml")
    assert see(deployed) == made
    changes = deployed.up(lambda options: program(options, True), team="ml")
    assert (bool(changes.updated), changes.replaced, changes.created) == (True, [], [])
    assert see(deployed) == changed
    deployed.engine.destroy("stack")
    with pytest.raises(Exception):  # noqa: B017 - each service says in its own way that it is gone
        see(deployed)
