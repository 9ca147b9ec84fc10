import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.stacks.rehearsal.emulator import Emulator

HERE, THERE = "111111111111", "222222222222"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{HERE}:role/events"
_numbers = count()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as running:
        yield running


def _queue(emulator: Emulator, account: str = HERE) -> str:
    name = f"queue-{next(_numbers)}"
    emulator.client("sqs", account, REGION).create_queue(QueueName=name)
    return f"arn:aws:sqs:{REGION}:{account}:{name}"


def _messages(emulator: Emulator, arn: str) -> list[dict[str, Any]]:
    account, name = arn.split(":")[4:]
    queues = emulator.client("sqs", account, REGION)
    found = queues.receive_message(
        QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
    )
    return list(found.get("Messages", []))


def _bodies(emulator: Emulator, arn: str) -> list[Any]:
    return [json.loads(message["Body"]) for message in _messages(emulator, arn)]


def _rule(
    emulator: Emulator,
    pattern: dict[str, Any],
    *targets: dict[str, Any],
    account: str = HERE,
    bus: str = "default",
    state: str = "ENABLED",
) -> str:
    name = f"rule-{next(_numbers)}"
    events = emulator.client("events", account, REGION)
    arn: str = events.put_rule(
        Name=name, EventPattern=json.dumps(pattern), EventBusName=bus, State=state
    )["RuleArn"]
    numbered = [{"Id": str(index), **target} for index, target in enumerate(targets)]
    events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)
    return arn


def _bus(emulator: Emulator, account: str, *, open_to: str | None = None) -> str:
    name = f"bus-{next(_numbers)}"
    events = emulator.client("events", account, REGION)
    arn: str = events.create_event_bus(Name=name)["EventBusArn"]
    if open_to is not None:
        statement = {
            "Sid": "sender",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{open_to}:root"},
            "Action": "events:PutEvents",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        events.put_permission(EventBusName=name, Policy=policy)
    return arn


def _put(emulator: Emulator, source: str, detail: Any, bus: str = "default") -> dict[str, Any]:
    entry = {"Source": source, "DetailType": "Told", "Detail": json.dumps(detail)}
    answer: dict[str, Any] = emulator.client("events", HERE, REGION).put_events(
        Entries=[{**entry, "EventBusName": bus}]
    )
    return answer


def _refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_only_matching_and_enabled_rules_deliver(emulator: Emulator) -> None:
    wanted, other, off = (_queue(emulator) for _ in range(3))
    pattern = {"source": ["shop"], "detail": {"size": [{"numeric": [">", 3]}]}}
    _rule(emulator, pattern, {"Arn": wanted})
    _rule(emulator, {"source": ["shop"], "detail": {"colour": ["red"]}}, {"Arn": other})
    _rule(emulator, pattern, {"Arn": off}, state="DISABLED")

    _put(emulator, "shop", {"size": 4})
    _put(emulator, "shop", {"size": 2})

    [event] = _bodies(emulator, wanted)
    assert event["detail"] == {"size": 4}
    assert (event["account"], event["region"], event["detail-type"]) == (HERE, REGION, "Told")
    assert _bodies(emulator, other) == _bodies(emulator, off) == []


def test_event_goes_to_the_bus_of_another_account_and_starts_a_machine_there(
    emulator: Emulator,
) -> None:
    bus = _bus(emulator, THERE, open_to=HERE)
    _rule(emulator, {"source": ["registry"]}, {"Arn": bus, "RoleArn": ROLE})
    machines = emulator.client("stepfunctions", THERE, REGION)
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = machines.create_state_machine(
        name="release",
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{THERE}:role/machine",
    )["stateMachineArn"]
    template = {"InputPathsMap": {"arn": "$.detail.arn"}, "InputTemplate": '{"model": <arn>}'}
    _rule(
        emulator,
        {"account": [HERE]},
        {
            "Arn": machine,
            "RoleArn": f"arn:aws:iam::{THERE}:role/events",
            "InputTransformer": template,
        },
        account=THERE,
        bus=bus.rsplit("/", 1)[1],
    )

    _put(emulator, "registry", {"arn": "arn:model/1"})

    [execution] = machines.list_executions(stateMachineArn=machine)["executions"]
    deadline = time.monotonic() + 10
    described = machines.describe_execution(executionArn=execution["executionArn"])
    while described["status"] == "RUNNING" and time.monotonic() < deadline:
        described = machines.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"model": "arn:model/1"}
    assert described["status"] == "SUCCEEDED"


def test_event_is_not_passed_on_to_a_third_bus(emulator: Emulator) -> None:
    second, third = _bus(emulator, THERE, open_to=HERE), _bus(emulator, THERE, open_to=THERE)
    seen, unseen = _queue(emulator, THERE), _queue(emulator, THERE)
    names = [arn.rsplit("/", 1)[1] for arn in (second, third)]
    pattern = {"source": ["chain"]}
    _rule(emulator, pattern, {"Arn": second, "RoleArn": ROLE})
    role = f"arn:aws:iam::{THERE}:role/events"
    _rule(
        emulator,
        pattern,
        {"Arn": third, "RoleArn": role},
        {"Arn": seen},
        account=THERE,
        bus=names[0],
    )
    _rule(emulator, pattern, {"Arn": unseen}, account=THERE, bus=names[1])

    _put(emulator, "chain", {})

    assert len(_bodies(emulator, seen)) == 1
    assert _bodies(emulator, unseen) == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (
            {"Arn": f"arn:aws:states:{REGION}:{THERE}:stateMachine:far", "RoleArn": ROLE},
            "UNSUPPORTED_TARGET",
        ),
        (
            {"Arn": f"arn:aws:states:{REGION}:{HERE}:stateMachine:none", "RoleArn": ROLE},
            "StateMachineDoesNotExist",
        ),
        ({"Arn": f"arn:aws:states:{REGION}:{HERE}:stateMachine:none"}, "NO_PERMISSIONS"),
        (
            {"Arn": f"arn:aws:events:{REGION}:{THERE}:event-bus/default", "RoleArn": ROLE},
            "NO_PERMISSIONS",
        ),
        (
            {
                "Arn": f"arn:aws:sqs:{REGION}:{HERE}:none",
                "InputTransformer": {"InputTemplate": '{"a": <b>}'},
            },
            "INVALID_JSON",
        ),
    ],
)
def test_undeliverable_events_go_to_the_dead_letters(
    emulator: Emulator, target: dict[str, Any], code: str
) -> None:
    dead, source = _queue(emulator), f"dead-{next(_numbers)}"
    rule = _rule(emulator, {"source": [source]}, {**target, "DeadLetterConfig": {"Arn": dead}})

    _put(emulator, source, {"a": 1})

    [letter] = _messages(emulator, dead)
    about = {key: item["StringValue"] for key, item in letter["MessageAttributes"].items()}
    assert (about["RULE_ARN"], about["TARGET_ARN"], about["ERROR_CODE"]) == (
        rule,
        target["Arn"],
        code,
    )
    assert json.loads(letter["Body"])["detail"] == {"a": 1}
    assert emulator.undelivered()[-1].code == code


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"constant": 1}'}, {"constant": 1}),
        ({"InputPath": "$.detail"}, {"who": 'a "b"', "items": [{"n": 7}]}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"who": "$.detail.who", "n": "$.detail.items[0].n"},
                    "InputTemplate": '{"who": <who>, "text": "for <who>: <n>", "n": <n>}',
                }
            },
            {"who": 'a "b"', "text": 'for a "b": 7', "n": 7},
        ),
    ],
)
def test_target_gets_what_its_input_says(
    emulator: Emulator, target: dict[str, Any], expected: dict[str, Any]
) -> None:
    queue, source = _queue(emulator), f"input-{next(_numbers)}"
    _rule(emulator, {"source": [source]}, {"Arn": queue, **target})

    _put(emulator, source, {"who": 'a "b"', "items": [{"n": 7}]})

    assert _bodies(emulator, queue) == [expected]


def test_fails_to_put_events_that_aws_refuses(emulator: Emulator) -> None:
    closed = _bus(emulator, THERE)

    assert _put(emulator, "aws.s3", {})["Entries"][0]["ErrorCode"] == (
        "NotAuthorizedForSourceException"
    )
    assert _put(emulator, "mine", [1])["Entries"][0]["ErrorCode"] == "MalformedDetail"
    assert _refusal(lambda: _put(emulator, "mine", {}, closed)) == "AccessDeniedException"
    assert _refusal(lambda: _put(emulator, "mine", {}, "none")) == "ResourceNotFoundException"


def test_new_objects_are_told_where_the_bucket_says_so(emulator: Emulator) -> None:
    storage, queue = emulator.client("s3", HERE, REGION), _queue(emulator)
    for name in ("telling", "silent"):
        storage.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_bucket_notification_configuration(
        Bucket="telling", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"object": {"key": [{"prefix": "train/"}]}},
    }
    _rule(emulator, pattern, {"Arn": queue})

    for bucket in ("telling", "silent"):
        emulator.client("s3", THERE, REGION).put_object(Bucket=bucket, Key="train/a", Body=b"12")
        storage.put_object(Bucket=bucket, Key="other/a", Body=b"12")

    [event] = _bodies(emulator, queue)
    assert event["account"] == HERE
    assert event["detail"]["bucket"] == {"name": "telling"}
    assert event["detail"]["object"]["size"] == 2


def test_alarms_tell_their_new_state_and_their_topic(emulator: Emulator) -> None:
    told, topic_queue = _queue(emulator), _queue(emulator)
    topics, alarms = (emulator.client(name, HERE, REGION) for name in ("sns", "cloudwatch"))
    topic = topics.create_topic(Name="alarms")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic_queue)
    alarms.put_metric_alarm(
        AlarmName="drift",
        Namespace="groundplan",
        MetricName="drift",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}
    _rule(emulator, pattern, {"Arn": told})

    for state in ("OK", "ALARM", "ALARM"):
        alarms.set_alarm_state(AlarmName="drift", StateValue=state, StateReason="tried")

    [event] = _bodies(emulator, told)
    assert event["detail"]["alarmName"] == "drift"
    assert event["detail"]["previousState"] == {"value": "OK"}
    [message] = _bodies(emulator, topic_queue)
    assert message["Message"] == "tried"


def test_machines_put_events_onto_the_bus_of_their_own_account(emulator: Emulator) -> None:
    queue = _queue(emulator, THERE)
    _rule(emulator, {"source": ["machine"]}, {"Arn": queue}, account=THERE)
    entry = {"Source": "machine", "DetailType": "Done", "Detail": {"n": "{% 1 + 1 %}"}}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": [entry]},
        "End": True,
    }
    machines = emulator.client("stepfunctions", THERE, REGION)
    arn = machines.create_state_machine(
        name="teller",
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}),
        roleArn=f"arn:aws:iam::{THERE}:role/machine",
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=arn)["executionArn"]

    deadline = time.monotonic() + 10
    bodies: list[Any] = []
    while not bodies and time.monotonic() < deadline:
        bodies = _bodies(emulator, queue)

    assert bodies[0]["detail"] == {"n": 2}
    assert bodies[0]["resources"] == [arn, execution]


def test_rule_that_never_ends_is_stopped(emulator: Emulator, monkeypatch: Any) -> None:
    from groundplan.stacks.rehearsal.emulator.events import delivery

    monkeypatch.setattr(delivery, "MOST_DELIVERIES", 2)
    queue = _queue(emulator)
    _rule(emulator, {"source": ["loop"]}, {"Arn": queue})

    for _ in range(4):
        _put(emulator, "loop", {})

    assert len(_bodies(emulator, queue)) == 2
    assert emulator.undelivered()[-1].code == "LOOP"
