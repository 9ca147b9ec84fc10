import json
from typing import Any

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
BUS = "arn:aws:events:eu-west-1:222222222222:event-bus/default"


def _resource(type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{type}", "Properties": properties}


def _statement(action: str, resource: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Services",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": action,
                "Resource": resource,
            }
        ],
    }


def _notifications() -> dict[str, Any]:
    return {
        "Topic": _resource(
            "SNS::Topic",
            DisplayName="churn",
            KmsMasterKeyId=KEY,
            Tags=[{"Key": "project", "Value": "churn"}],
            TopicName="alerts",
        ),
        "TopicPolicy": _resource(
            "SNS::TopicPolicy",
            PolicyDocument=_statement("sns:Publish", {"Ref": "Topic"}),
            Topics=[{"Ref": "Topic"}],
        ),
        "Subscription": _resource(
            "SNS::Subscription",
            Endpoint={"Fn::GetAtt": ["Queue", "Arn"]},
            Protocol="sqs",
            RawMessageDelivery=True,
            TopicArn={"Ref": "Topic"},
        ),
        "Queue": _resource(
            "SQS::Queue",
            KmsMasterKeyId=KEY,
            MessageRetentionPeriod=1209600,
            QueueName="dead-letters",
            Tags=[{"Key": "project", "Value": "churn"}],
        ),
        "QueuePolicy": _resource(
            "SQS::QueuePolicy",
            PolicyDocument=_statement("sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]}),
            Queues=[{"Ref": "Queue"}],
        ),
    }


def test_a_topic_and_a_queue_have_key_policy_and_subscription(stacks: Any) -> None:
    stacks.create(_notifications())
    assert stacks.failures() == []
    sns, sqs = stacks.client("sns"), stacks.client("sqs")
    topic = stacks.physical_id("Topic")
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["KmsMasterKeyId"], attributes["DisplayName"]) == (KEY, "churn")
    assert json.loads(attributes["Policy"]) == _statement("sns:Publish", topic)
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [
        {"Key": "project", "Value": "churn"}
    ]
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    shown = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert shown["Attributes"]["RawMessageDelivery"] == "true"

    url = stacks.physical_id("Queue")
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (queue["KmsMasterKeyId"], queue["MessageRetentionPeriod"]) == (KEY, "1209600")
    assert json.loads(queue["Policy"]) == _statement("sqs:SendMessage", queue["QueueArn"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"project": "churn"}


def test_an_update_of_topic_and_queue(stacks: Any) -> None:
    template = _notifications()
    stacks.create(template)
    template["Topic"]["Properties"] |= {"DisplayName": "other", "Tags": []}
    template["Queue"]["Properties"] |= {"MessageRetentionPeriod": 60, "Tags": []}
    template["Subscription"]["Properties"]["RawMessageDelivery"] = False
    del template["TopicPolicy"], template["QueuePolicy"]
    stacks.update(template)
    assert stacks.failures() == []
    sns, sqs = stacks.client("sns"), stacks.client("sqs")
    topic, url = stacks.physical_id("Topic"), stacks.physical_id("Queue")
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "other"
    assert "__default_statement_ID" in attributes["Policy"]
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["MessageRetentionPeriod"] == "60"
    assert "Policy" not in queue
    assert sqs.list_queue_tags(QueueUrl=url).get("Tags", {}) == {}
    assert stacks.delete() == "DELETE_COMPLETE"
    assert sns.list_topics()["Topics"] == []
    assert "QueueUrls" not in sqs.list_queues()


def _events() -> dict[str, Any]:
    return {
        "Bus": _resource("Events::EventBus", Name="releases", KmsKeyIdentifier=KEY),
        "OpenBus": _resource(
            "Events::EventBusPolicy",
            EventBusName={"Ref": "Bus"},
            StatementId="FromTooling",
            Statement={
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
                "Action": "events:PutEvents",
                "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
            },
        ),
        "Rule": _resource(
            "Events::Rule",
            EventBusName={"Ref": "Bus"},
            EventPattern={"source": ["aws.sagemaker"]},
            Name="approved",
            State="ENABLED",
            Targets=[{"Arn": BUS, "Id": "bus", "RoleArn": "arn:aws:iam::111111111111:role/e"}],
        ),
        "Schedules": _resource("Scheduler::ScheduleGroup", Name="churn"),
        "Schedule": _resource(
            "Scheduler::Schedule",
            Description="trains",
            FlexibleTimeWindow={"Mode": "OFF"},
            GroupName={"Ref": "Schedules"},
            KmsKeyArn=KEY,
            Name="nightly",
            ScheduleExpression="cron(0 3 * * ? *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            State="ENABLED",
            Target={
                "Arn": "arn:aws:states:eu-west-1:111111111111:stateMachine:train",
                "RoleArn": "arn:aws:iam::111111111111:role/scheduler",
                "Input": "{}",
                "RetryPolicy": {"MaximumRetryAttempts": 3},
            },
        ),
    }


def test_rules_buses_and_schedules_are_as_the_template_says(stacks: Any) -> None:
    stacks.create(_events())
    assert stacks.failures() == []
    events, scheduler = stacks.client("events"), stacks.client("scheduler")
    assert stacks.physical_id("Rule") == "releases|approved"
    rule = events.describe_rule(Name="approved", EventBusName="releases")
    assert json.loads(rule["EventPattern"]) == {"source": ["aws.sagemaker"]}
    [target] = events.list_targets_by_rule(Rule="approved", EventBusName="releases")["Targets"]
    assert (target["Id"], target["Arn"]) == ("bus", BUS)
    bus = events.describe_event_bus(Name="releases")
    assert bus["KmsKeyIdentifier"] == KEY
    [statement] = json.loads(bus["Policy"])["Statement"]
    assert (statement["Sid"], statement["Resource"]) == ("FromTooling", bus["Arn"])
    schedule = scheduler.get_schedule(Name="nightly", GroupName="churn")
    assert schedule["KmsKeyArn"] == KEY
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 3


def test_an_update_of_rules_and_schedules(stacks: Any) -> None:
    template = _events()
    stacks.create(template)
    template["Rule"]["Properties"] |= {"State": "DISABLED", "Targets": []}
    template["Schedule"]["Properties"] |= {"State": "DISABLED"}
    del template["OpenBus"]
    stacks.update(template)
    assert stacks.failures() == []
    events, scheduler = stacks.client("events"), stacks.client("scheduler")
    assert events.describe_rule(Name="approved", EventBusName="releases")["State"] == "DISABLED"
    found = events.list_targets_by_rule(Rule="approved", EventBusName="releases")
    assert found["Targets"] == []
    assert "Policy" not in events.describe_event_bus(Name="releases")
    assert scheduler.get_schedule(Name="nightly", GroupName="churn")["State"] == "DISABLED"
    assert stacks.delete() == "DELETE_COMPLETE"
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
    assert scheduler.list_schedules()["Schedules"] == []
