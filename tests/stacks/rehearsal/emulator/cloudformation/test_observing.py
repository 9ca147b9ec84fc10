from typing import Any

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:alerts"


def _resource(type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{type}", "Properties": properties}


def _alarms() -> dict[str, Any]:
    return {
        "Errors": _resource(
            "CloudWatch::Alarm",
            ActionsEnabled=True,
            AlarmActions=[TOPIC],
            AlarmDescription="5xx of the new config",
            AlarmName="churn-5xx",
            ComparisonOperator="GreaterThanThreshold",
            DatapointsToAlarm=2,
            Dimensions=[{"Name": "EndpointName", "Value": "churn"}],
            EvaluationPeriods=3,
            MetricName="Invocation5XXErrors",
            Namespace="AWS/SageMaker",
            Period=60,
            Statistic="Sum",
            Tags=[{"Key": "project", "Value": "churn"}],
            Threshold=0.5,
            TreatMissingData="notBreaching",
        ),
        "Latency": _resource(
            "CloudWatch::Alarm",
            AlarmName="churn-latency",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Metrics=[
                {
                    "Id": "latency",
                    "MetricStat": {
                        "Metric": {
                            "Dimensions": [{"Name": "EndpointName", "Value": "churn"}],
                            "MetricName": "ModelLatency",
                            "Namespace": "AWS/SageMaker",
                        },
                        "Period": 60,
                        "Stat": "p99",
                    },
                    "ReturnData": True,
                }
            ],
            Threshold="200000",
        ),
        "Any": _resource(
            "CloudWatch::CompositeAlarm",
            AlarmActions=[TOPIC],
            AlarmName="churn-unhealthy",
            AlarmRule={"Fn::Sub": 'ALARM("${Errors}") OR ALARM("${Latency}")'},
        ),
    }


def test_alarms_are_as_the_template_says(stacks: Any) -> None:
    stacks.create(_alarms())
    assert stacks.failures() == []
    cloudwatch = stacks.client("cloudwatch")
    alarms = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    errors = alarms["churn-5xx"]
    assert errors["AlarmActions"] == [TOPIC]
    assert errors["Threshold"] == 0.5
    assert (errors["DatapointsToAlarm"], errors["EvaluationPeriods"]) == (2, 3)
    assert errors["TreatMissingData"] == "notBreaching"
    [metric] = alarms["churn-latency"]["Metrics"]
    assert metric["MetricStat"]["Stat"] == "p99"
    [composite] = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert composite["AlarmRule"] == 'ALARM("churn-5xx") OR ALARM("churn-latency")'
    tags = cloudwatch.list_tags_for_resource(ResourceARN=errors["AlarmArn"])["Tags"]
    assert tags == [{"Key": "project", "Value": "churn"}]

    template = _alarms()
    template["Errors"]["Properties"] |= {"Threshold": 3, "Tags": [{"Key": "a", "Value": "b"}]}
    template["Any"]["Properties"]["AlarmRule"] = "TRUE"
    stacks.update(template)
    assert stacks.failures() == []
    [errors] = cloudwatch.describe_alarms(AlarmNames=["churn-5xx"])["MetricAlarms"]
    assert errors["Threshold"] == 3
    tags = cloudwatch.list_tags_for_resource(ResourceARN=errors["AlarmArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    stacks.delete()
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_a_log_group_has_key_retention_and_tags(stacks: Any) -> None:
    def group(**properties: Any) -> dict[str, Any]:
        return {"Group": _resource("Logs::LogGroup", LogGroupName="/churn", **properties)}

    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}}}
    tags = [{"Key": "project", "Value": "churn"}]
    stacks.create(group(KmsKeyId=KEY, RetentionInDays="365", Tags=tags), Outputs=outputs)
    assert stacks.failures() == []
    logs = stacks.client("logs")
    [found] = logs.describe_log_groups(logGroupNamePrefix="/churn")["logGroups"]
    assert (found["kmsKeyId"], found["retentionInDays"]) == (KEY, 365)
    assert stacks.describe()["Outputs"][0]["OutputValue"] == found["arn"]
    assert logs.list_tags_log_group(logGroupName="/churn")["tags"] == {"project": "churn"}

    stacks.update(group(RetentionInDays=30, KmsKeyId=KEY.replace("0123", "4567")))
    assert stacks.failures() == []
    [found] = logs.describe_log_groups(logGroupNamePrefix="/churn")["logGroups"]
    assert (found["kmsKeyId"], found["retentionInDays"]) == (KEY.replace("0123", "4567"), 30)
    assert logs.list_tags_log_group(logGroupName="/churn")["tags"] == {}
    stacks.delete()
    assert logs.describe_log_groups(logGroupNamePrefix="/churn")["logGroups"] == []


def test_a_parameter_is_written_anew(stacks: Any) -> None:
    def parameter(value: str, **tags: str) -> dict[str, Any]:
        name = "/groundplan/churn/live"
        properties = {"Name": name, "Type": "String", "Value": value, "Tags": tags}
        return {"Live": _resource("SSM::Parameter", Description="what is live", **properties)}

    stacks.create(parameter("none", project="churn"))
    stacks.update(parameter("v1", stage="test"))
    assert stacks.failures() == []
    ssm = stacks.client("ssm")
    found = ssm.get_parameter(Name="/groundplan/churn/live")["Parameter"]
    assert (found["Value"], found["Version"]) == ("v1", 2)
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/groundplan/churn/live")
    assert tags["TagList"] == [{"Key": "stage", "Value": "test"}]
    stacks.delete()
    assert ssm.describe_parameters()["Parameters"] == []


def test_a_budget_has_its_limit_and_notifications(stacks: Any) -> None:
    def budget(amount: int) -> dict[str, Any]:
        return {
            "Budget": _resource(
                "Budgets::Budget",
                Budget={
                    "BudgetName": "churn",
                    "BudgetType": "COST",
                    "BudgetLimit": {"Amount": amount, "Unit": "USD"},
                    "TimeUnit": "MONTHLY",
                },
                NotificationsWithSubscribers=[
                    {
                        "Notification": {
                            "ComparisonOperator": "GREATER_THAN",
                            "NotificationType": "ACTUAL",
                            "Threshold": 80,
                        },
                        "Subscribers": [{"Address": "a@example.com", "SubscriptionType": "EMAIL"}],
                    }
                ],
            )
        }

    stacks.create(budget(500))
    assert stacks.failures() == []
    budgets = stacks.client("budgets")
    account = {"AccountId": stacks.account}
    found = budgets.describe_budget(BudgetName="churn", **account)["Budget"]
    assert found["BudgetLimit"]["Amount"] == "500"
    [notification] = budgets.describe_notifications_for_budget(BudgetName="churn", **account)[
        "Notifications"
    ]
    assert notification["Threshold"] == 80
    stacks.update(budget(900))
    found = budgets.describe_budget(BudgetName="churn", **account)["Budget"]
    assert found["BudgetLimit"]["Amount"] == "900"
    stacks.delete()
    assert budgets.describe_budgets(**account)["Budgets"] == []
