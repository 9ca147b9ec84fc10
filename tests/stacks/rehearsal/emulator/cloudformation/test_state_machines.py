import json
from typing import Any

LOGS = "arn:aws:logs:eu-west-1:111111111111:log-group:/states:*"


def _machine(result: str, **properties: Any) -> dict[str, Any]:
    definition = {
        "StartAt": "Say",
        "QueryLanguage": "JSONata",
        "States": {"Say": {"Type": "Pass", "Output": {"said": "${What}"}, "End": True}},
    }
    return {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionString": json.dumps(definition),
                "DefinitionSubstitutions": {"What": result},
                "RoleArn": "arn:aws:iam::111111111111:role/states",
                "StateMachineName": "churn-training",
                **properties,
            },
        }
    }


def test_a_state_machine_has_its_definition_logging_and_tracing(stacks: Any) -> None:
    logging = {
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": LOGS}}],
        "IncludeExecutionData": False,
        "Level": "ERROR",
    }
    template = _machine(
        "first",
        LoggingConfiguration=logging,
        Tags=[{"Key": "project", "Value": "churn"}],
        TracingConfiguration={"Enabled": True},
    )
    stacks.create(template)
    assert stacks.failures() == []
    states = stacks.client("stepfunctions")
    arn = stacks.physical_id("Machine")
    found = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(found["definition"])["States"]["Say"]["Output"] == {"said": "first"}
    assert found["tracingConfiguration"] == {"enabled": True}
    assert found["loggingConfiguration"] == {
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": LOGS}}],
        "includeExecutionData": False,
        "level": "ERROR",
    }
    tags = states.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "project", "value": "churn"}]

    stacks.update(_machine("second"))
    assert stacks.failures() == []
    assert stacks.physical_id("Machine") == arn
    found = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(found["definition"])["States"]["Say"]["Output"] == {"said": "second"}
    assert found["tracingConfiguration"] == {"enabled": False}
    assert found["loggingConfiguration"]["level"] == "OFF"
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == []
    stacks.delete()
    assert states.list_state_machines()["stateMachines"] == []


def test_fails_on_a_placeholder_without_a_value(stacks: Any) -> None:
    template = _machine("first", DefinitionSubstitutions={"Other": "x"})
    assert stacks.create(template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failures()[0] == ("Machine", "DefinitionSubstitutions has no value for ${What}")
