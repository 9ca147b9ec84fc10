"""What Pulumi's engine does with a program that has been deployed before."""

from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pytest
from botocore.exceptions import ClientError

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.pulumi.provider import provider
from groundplan.stacks.rehearsal.pulumi import PulumiEngine, PulumiError

Options = pulumi.ResourceOptions


def queue(options: Options, seconds: int = 60, name: str = "reports", **more: Any) -> aws.sqs.Queue:
    merged = Options.merge(options, Options(**more))
    return aws.sqs.Queue("queue", name=name, message_retention_seconds=seconds, opts=merged)


def retention(deployed: Any, name: str = "reports") -> str | None:
    queues = deployed.client("sqs")
    try:
        url = queues.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError:
        return None
    shown = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return str(shown["MessageRetentionPeriod"])


def test_a_resource_is_made_with_what_the_one_before_it_was_given(deployed: Any) -> None:
    def program(options: Options) -> None:
        made = queue(options)
        aws.sqs.QueuePolicy("policy", queue_url=made.url, policy='{"Statement":[]}', opts=options)
        pulumi.export("arn", made.arn)

    changes = deployed.up(program)
    assert changes.created == ["queue", "policy"]
    assert deployed.outputs == {"arn": "arn:aws:sqs:eu-west-1:111111111111:reports"}


def test_nothing_is_called_when_nothing_has_changed(
    deployed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.up(queue)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a service was called")

    monkeypatch.setattr(type(deployed.emulator), "client", refuse)
    changes = deployed.up(queue)
    assert (changes.changed, changes.same) == ([], 1)


def test_a_changed_input_updates_in_place(deployed: Any) -> None:
    deployed.up(queue)
    changes = deployed.up(lambda options: queue(options, 120))
    assert changes.changed == changes.updated == ["queue"]
    assert retention(deployed) == "120"


def test_a_changed_default_tag_reaches_what_is_there(deployed: Any) -> None:
    deployed.up(queue, team="one")
    assert deployed.up(queue, team="two").updated == ["queue"]
    url = deployed.client("sqs").get_queue_url(QueueName="reports")["QueueUrl"]
    assert deployed.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"team": "two"}


def test_a_changed_name_replaces(deployed: Any) -> None:
    deployed.up(queue)
    changes = deployed.up(lambda options: queue(options, name="minutes"))
    assert changes.changed == changes.replaced == ["queue"]
    assert (retention(deployed), retention(deployed, "minutes")) == (None, "60")


def test_a_name_that_pulumi_gives_is_another_one_after_a_replacement(deployed: Any) -> None:
    names: list[str] = []

    def program(options: Options, description: str = "one", keep: bool = False) -> None:
        kept = Options.merge(options, Options(retain_on_delete=keep))
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=options)
        group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description=description, opts=kept)
        group.name.apply(names.append)

    def groups() -> set[str]:
        shown = deployed.client("ec2").describe_security_groups()["SecurityGroups"]
        return {item["Description"] for item in shown} & {"one", "two", "three"}

    deployed.up(program)
    assert deployed.up(lambda options: program(options, "two", True)).replaced == ["group"]
    assert groups() == {"two"}
    deployed.up(lambda options: program(options, "three"))
    assert groups() == {"two", "three"}, "what is retained stays when it is replaced"
    assert len(set(names)) == 3
    assert all(name.startswith("group-") and len(name) == len("group-1234567") for name in names)
    for item in deployed.client("ec2").describe_security_groups()["SecurityGroups"]:
        if item["Description"] == "two":
            deployed.client("ec2").delete_security_group(GroupId=item["GroupId"])


def test_what_leaves_the_program_is_deleted_unless_it_is_retained(deployed: Any) -> None:
    deployed.up(queue)
    assert deployed.up(lambda options: None).deleted == ["queue"]
    assert retention(deployed) is None
    deployed.up(lambda options: queue(options, retain_on_delete=True))
    assert deployed.up(lambda options: None).retained == ["queue"]
    assert retention(deployed) == "60"
    deployed.client("sqs").delete_queue(
        QueueUrl=deployed.client("sqs").get_queue_url(QueueName="reports")["QueueUrl"]
    )


def test_fails_when_a_protected_resource_would_go(deployed: Any) -> None:
    deployed.up(lambda options: queue(options, protect=True))
    with pytest.raises(PulumiError) as caught:
        deployed.up(lambda options: None)
    assert str(caught.value) == (
        "queue: protected, so it cannot be deleted; unprotect it first (pulumi state unprotect)"
    )
    with pytest.raises(PulumiError, match="queue: protected, so it cannot be replaced"):
        deployed.up(lambda options: queue(options, name="minutes", protect=True))
    with pytest.raises(PulumiError, match="queue: protected, so it cannot be deleted"):
        deployed.engine.destroy("stack")
    assert retention(deployed) == "60"


def test_fails_when_what_is_in_a_protected_component_would_all_go(deployed: Any) -> None:
    def program(options: Options, seconds: int | None = 60) -> None:
        whole = pulumi.ComponentResource("test:Stack", "whole", {}, Options(protect=True))
        if seconds is not None:
            queue(options, seconds, parent=whole, protect=False)

    deployed.up(program)
    with pytest.raises(PulumiError, match="whole: protected, so it cannot be deleted"):
        deployed.engine.destroy("stack")
    assert deployed.up(lambda options: program(options, None)).deleted == ["queue"]


def test_ignored_changes_are_no_changes_and_take_no_part_in_others(deployed: Any) -> None:
    def program(options: Options, seconds: int, description: str) -> None:
        ignoring = Options.merge(options, Options(ignore_changes=["threshold"]))
        aws.cloudwatch.MetricAlarm(
            "alarm",
            name="alarm",
            namespace="reports",
            metric_name="errors",
            statistic="Sum",
            comparison_operator="GreaterThanThreshold",
            threshold=seconds,
            period=60,
            evaluation_periods=1,
            alarm_description=description,
            opts=ignoring,
        )

    deployed.up(lambda options: program(options, 1, "first"))
    assert deployed.up(lambda options: program(options, 2, "first")).changed == []
    assert deployed.up(lambda options: program(options, 3, "second")).updated == ["alarm"]
    [shown] = deployed.client("cloudwatch").describe_alarms(AlarmNames=["alarm"])["MetricAlarms"]
    assert (shown["Threshold"], shown["AlarmDescription"]) == (1.0, "second")


def test_an_alias_keeps_what_has_another_name_now(deployed: Any) -> None:
    deployed.up(queue)

    def renamed(options: Options) -> None:
        former = Options.merge(options, Options(aliases=[pulumi.Alias(name="queue")]))
        aws.sqs.Queue("other", name="reports", message_retention_seconds=60, opts=former)

    changes = deployed.up(renamed)
    assert (changes.changed, changes.same) == ([], 1)


def test_a_deployment_that_fails_goes_on_from_what_it_has_made(deployed: Any) -> None:
    def program(options: Options, bucket: str) -> None:
        made = queue(options)
        after = Options.merge(options, Options(depends_on=[made]))
        aws.s3.BucketVersioning(
            "versioning", bucket=bucket, versioning_configuration={"status": "Enabled"}, opts=after
        )

    with pytest.raises(PulumiError) as caught:
        deployed.up(lambda options: program(options, "nowhere"))
    assert str(caught.value).startswith(
        "versioning (aws:s3/bucketVersioning:BucketVersioning): s3:PutBucketVersioning: "
    )
    assert deployed.up(queue).changed == []


def test_fails_when_a_type_or_an_input_is_not_emulated(deployed: Any) -> None:
    with pytest.raises(PulumiError) as caught:
        deployed.up(lambda options: aws.sns.PlatformApplication(
            "app", platform="GCM", platform_credential="x", opts=options
        ))  # fmt: skip
    assert str(caught.value) == (
        "app: aws:sns/platformApplication:PlatformApplication is not emulated"
    )
    with pytest.raises(PulumiError) as caught:
        deployed.up(lambda options: aws.sqs.Queue("queue", fifo_queue=True, opts=options))
    assert str(caught.value) == (
        "queue (aws:sqs/queue:Queue): aws:sqs/queue:Queue: not emulated: fifoQueue"
    )
    with pytest.raises(PulumiError, match="not emulated: prefixListIds"):
        deployed.up(lambda options: aws.ec2.SecurityGroup(
            "group",
            ingress=[{"protocol": "tcp", "from_port": 1, "to_port": 1, "prefix_list_ids": ["x"]}],
            opts=options,
        ))  # fmt: skip


def test_fails_when_a_nested_property_does_not_exist(deployed: Any) -> None:
    with pytest.raises(PulumiError, match="Unknown parameter"):
        deployed.up(lambda options: aws.scheduler.Schedule(
            "schedule",
            name="nightly",
            schedule_expression="rate(1 day)",
            flexible_time_window={"mode": "OFF"},
            target=cast(Any, {"arn": "arn:aws:sqs:::x", "role_arn": "x", "other": "x"}),
            opts=options,
        ))  # fmt: skip


def test_fails_without_an_explicit_provider(deployed: Any) -> None:
    with pytest.raises(PulumiError) as caught:
        deployed.up(lambda options: aws.sqs.Queue("queue", name="reports"))
    assert str(caught.value) == (
        "queue: must have an explicit provider, got the default one; give one to its component"
    )


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        (
            "arn:aws:iam::111111111111:role/nobody",
            "the provider cannot assume it, since there is no such role; deploy stage 0 first",
        ),
        (
            "arn:aws:iam::222222222222:role/deployer",
            "its account is none of the allowed ones, got 222222222222; use a role of 111111111111",
        ),
    ],
)
def test_fails_when_the_role_that_deploys_is_not_there(
    deployed: Any, role: str, reason: str
) -> None:
    place = Place(account="111111111111", region="eu-west-1")

    def program() -> None:
        account = provider("account", place, {}, role_arn=role)
        aws.sqs.Queue("queue", name="reports", opts=Options(provider=account))

    with pytest.raises(PulumiError) as caught:
        PulumiEngine(deployed.emulator).up("other", program, {})
    assert str(caught.value) == f"{role}: {reason}"


def test_resources_are_made_by_the_role_that_the_provider_assumes(deployed: Any) -> None:
    place = Place(account="111111111111", region="eu-west-1")
    made = deployed.client("iam").create_role(
        RoleName="deployer", Path="/stage-0/", AssumeRolePolicyDocument="{}"
    )["Role"]["Arn"]
    callers: list[tuple[str, str | None]] = []
    client = deployed.emulator.client

    def seen(service: str, account: str, region: str, role: str | None = None) -> Any:
        callers.append((service, role))
        return client(service, account, region, role)

    deployed.emulator.client = seen
    engine = PulumiEngine(deployed.emulator)

    def program() -> None:
        account = provider("account", place, {}, role_arn=made)
        aws.sqs.Queue("queue", name="reports", opts=Options(provider=account))

    try:
        engine.up("other", program, {})
        engine.destroy("other")
    finally:
        del deployed.emulator.client
    assert {role for service, role in callers if service == "sqs"} == {made}


def test_a_preview_makes_nothing(deployed: Any) -> None:
    found = deployed.engine.preview("stack", lambda: aws.sqs.Queue("queue", name="reports"), {})
    assert [item.name for item in found.registrations] == ["queue"]
    assert retention(deployed) is None
