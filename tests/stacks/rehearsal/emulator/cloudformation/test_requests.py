"""Requests that are refused, change sets, and what the CDK CLI follows."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Type": "AWS::SNS::Topic"}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"A": {"Type": "AWS::SageMaker::Domain"}, "B": {"Type": "Custom::S3AutoDelete"}},
            "Unrecognized resource types: [AWS::SageMaker::Domain, Custom::S3AutoDelete]",
        ),
        ({"A": {"Properties": {}}}, "[/Resources/A] has no Type."),
        ({"A": {**TOPIC, "CreationPolicy": {}}}, "not emulated: CreationPolicy of A"),
        (
            {"A": {**TOPIC, "DeletionPolicy": "Snapshot"}},
            "DeletionPolicy is not emulated: Snapshot",
        ),
        (
            {"A": {**TOPIC, "DependsOn": "B"}, "B": {**TOPIC, "DependsOn": ["A"]}},
            "Circular dependency between resources: [A, B]",
        ),
        ({}, "At least one Resources member must be defined."),
    ],
)
def test_fails_on_a_template_before_anything_is_made(
    stacks: Any, resources: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        stacks.create(resources)
    assert str(caught.value).endswith(message)
    assert stacks.cloudformation.describe_stacks()["Stacks"] == []


def test_fails_on_a_section_or_option_that_would_be_ignored(stacks: Any) -> None:
    with pytest.raises(ClientError, match="Template section is not emulated: Transform"):
        stacks.create({"A": TOPIC}, Transform="AWS::Serverless-2016-10-31")
    with pytest.raises(ClientError, match="CreateStack: not emulated: TimeoutInMinutes"):
        stacks.create({"A": TOPIC}, TimeoutInMinutes=5)
    with pytest.raises(ClientError, match=r"not emulated: DeploymentConfig\.DisableRollback"):
        stacks.create({"A": TOPIC}, DeploymentConfig={"DisableRollback": True})


def test_fails_on_a_stack_policy_that_would_not_be_evaluated(stacks: Any) -> None:
    statement = {"Effect": "Deny", "Action": "Update:*", "NotResource": "LogicalResourceId/A"}
    policy = json.dumps({"Statement": [statement]})
    with pytest.raises(ClientError, match="Stack policy element is not emulated"):
        stacks.create({"A": TOPIC}, StackPolicyBody=policy)
    with pytest.raises(ClientError, match="Error validating stack policy"):
        stacks.create({"A": TOPIC}, StackPolicyBody="{")


def test_yaml_templates_have_short_intrinsics(stacks: Any) -> None:
    body = """
    Parameters:
      Suffix: {Type: String, Default: 2026-11-21}
    Resources:
      Topic:
        Type: AWS::SNS::Topic
        Properties:
          TopicName: !Sub 'alerts-${Suffix}'
      Live:
        Type: AWS::SSM::Parameter
        Properties:
          Name: /live
          Type: String
          Value: !Join ['|', [!Ref Topic, !GetAtt Topic.TopicName]]
    """
    stacks.cloudformation.create_stack(StackName="stack", TemplateBody=body)
    assert stacks.failures() == []
    value = stacks.client("ssm").get_parameter(Name="/live")["Parameter"]["Value"]
    assert value.split("|")[1] == "alerts-2026-11-21"
    assert stacks.cloudformation.get_template(StackName="stack")["TemplateBody"] == body


def _body(**topics: str) -> str:
    resources = {
        key: {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
        for key, name in topics.items()
    }
    outputs = {"Names": {"Value": {"Fn::Sub": "/".join(f"${{{key}}}" for key in sorted(topics))}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def _change_set(stacks: Any, name: str, body: str, kind: str, **more: Any) -> dict[str, Any]:
    request = {"StackName": "stack", "ChangeSetName": name}
    stacks.cloudformation.create_change_set(
        **request, TemplateBody=body, ChangeSetType=kind, **more
    )
    return dict(stacks.cloudformation.describe_change_set(**request))


def _changes(shown: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    changes = [change["ResourceChange"] for change in shown["Changes"]]
    return [
        (item["Action"], item["LogicalResourceId"], item.get("Replacement")) for item in changes
    ]


def test_a_change_set_shows_and_does_what_would_change(stacks: Any) -> None:
    shown = _change_set(stacks, "first", _body(A="a", B="b"), "CREATE")
    assert (shown["Status"], stacks.status()) == ("CREATE_COMPLETE", "REVIEW_IN_PROGRESS")
    assert _changes(shown) == [("Add", "A", None), ("Add", "B", None)]
    assert stacks.client("sns").list_topics()["Topics"] == []
    execute = {"StackName": "stack", "ChangeSetName": "first"}
    stacks.cloudformation.execute_change_set(**execute)
    assert stacks.status() == "CREATE_COMPLETE"
    [output] = stacks.describe()["Outputs"]
    assert output["OutputValue"].count(":a/arn:") == 1
    with pytest.raises(ClientError, match="cannot be executed in its current status"):
        stacks.cloudformation.execute_change_set(**execute)

    shown = _change_set(stacks, "second", _body(A="new", C="c"), "UPDATE")
    assert _changes(shown) == [
        ("Modify", "A", "True"),
        ("Add", "C", None),
        ("Remove", "B", None),
    ]
    stacks.cloudformation.execute_change_set(StackName="stack", ChangeSetName="second")
    assert stacks.status() == "UPDATE_COMPLETE"
    assert sorted(stacks.logical_ids()) == ["A", "C"]

    shown = _change_set(stacks, "third", _body(A="new", C="c"), "UPDATE")
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"].startswith("The submitted information didn't contain changes.")
    third = {"StackName": "stack", "ChangeSetName": "third"}
    stacks.cloudformation.delete_change_set(**third)
    stacks.cloudformation.delete_change_set(**third)
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        stacks.cloudformation.describe_change_set(**third)


def test_what_was_retained_is_imported_by_its_name(stacks: Any) -> None:
    resource = {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Retain",
        "Properties": {"LogGroupName": "/kept", "RetentionInDays": 30},
    }
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}}}
    stacks.create({"Group": resource}, Outputs=outputs)
    arn = stacks.describe()["Outputs"][0]["OutputValue"]
    stacks.delete()
    body = json.dumps({"Resources": {"Group": resource}, "Outputs": outputs})
    _change_set(stacks, "again", body, "CREATE", ImportExistingResources=True)
    stacks.cloudformation.execute_change_set(StackName="stack", ChangeSetName="again")
    assert stacks.status() == "CREATE_COMPLETE"
    assert stacks.describe()["Outputs"][0]["OutputValue"] == arn
    assert stacks.physical_id("Group") == "/kept"


def test_events_tell_what_happened_newest_first(stacks: Any) -> None:
    stacks.create({"A": TOPIC}, ClientRequestToken="token")
    events = stacks.cloudformation.describe_stack_events(StackName="stack")["StackEvents"]
    assert [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events] == [
        ("stack", "CREATE_COMPLETE"),
        ("A", "CREATE_COMPLETE"),
        ("A", "CREATE_IN_PROGRESS"),
        ("stack", "CREATE_IN_PROGRESS"),
    ]
    assert {event["ClientRequestToken"] for event in events} == {"token"}
    assert len({event["EventId"] for event in events}) == 4


def test_a_deleted_stack_is_found_by_its_id_only(stacks: Any) -> None:
    id = stacks.create({"A": TOPIC}, Description="what it is")["StackId"]
    stacks.delete()
    assert stacks.describe(id)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="Stack with id stack does not exist"):
        stacks.describe()
    assert stacks.create({"A": TOPIC})["StackId"] != id
    listed = stacks.cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])
    [summary] = listed["StackSummaries"]
    assert (summary["StackId"], summary["TemplateDescription"]) == (id, "what it is")
