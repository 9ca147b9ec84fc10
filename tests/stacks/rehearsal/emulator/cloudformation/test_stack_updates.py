import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def _parameter(value: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": value},
        **attributes,
    }


def _topic(name: str | None = None, **attributes: Any) -> dict[str, Any]:
    properties = {} if name is None else {"TopicName": name}
    return {"Type": "AWS::SNS::Topic", "Properties": properties, **attributes}


def _value(stacks: Any, logical_id: str) -> str:
    name = stacks.physical_id(logical_id)
    return str(stacks.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def _topics(stacks: Any) -> list[str]:
    found = stacks.client("sns").list_topics()["Topics"]
    return sorted(topic["TopicArn"].rsplit(":", 1)[1] for topic in found)


VERSION = {"ModelVersion": {"Type": "String", "Default": "none"}}
IS_SERVED = {"Served": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelVersion"}, "none"]}]}}


def test_a_condition_makes_and_unmakes_resources(stacks: Any) -> None:
    resources = {"Live": _parameter({"Ref": "ModelVersion"}, Condition="Served"), "Topic": _topic()}
    sections = {"Parameters": VERSION, "Conditions": IS_SERVED}
    outputs = {"Live": {"Value": {"Ref": "Live"}, "Condition": "Served"}}
    stacks.create(resources, **sections, Outputs=outputs)
    assert stacks.logical_ids() == ["Topic"]
    assert stacks.describe()["Outputs"] == []

    stacks.update(None, parameters={"ModelVersion": "v1"})
    assert sorted(stacks.logical_ids()) == ["Live", "Topic"]
    assert _value(stacks, "Live") == "v1"
    assert stacks.describe()["Outputs"][0]["OutputValue"] == stacks.physical_id("Live")

    stacks.update(None, parameters={"ModelVersion": "none"})
    assert stacks.logical_ids() == ["Topic"]
    assert stacks.client("ssm").describe_parameters()["Parameters"] == []


def test_previous_values_and_the_previous_template_are_kept(stacks: Any) -> None:
    resources = {"Live": _parameter({"Fn::Sub": "${ModelVersion}/${Rollout}"})}
    declared = {**VERSION, "Rollout": {"Type": "String", "Default": "planned"}}
    stacks.create(resources, Parameters=declared, parameters={"ModelVersion": "v1"})
    stacks.update(None, parameters={"ModelVersion": None, "Rollout": "all_at_once"})
    assert _value(stacks, "Live") == "v1/all_at_once"
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update(None, parameters={"ModelVersion": None, "Rollout": None})
    stacks.update(None, parameters={"Rollout": None})
    assert _value(stacks, "Live") == "none/all_at_once"


def test_an_ssm_parameter_is_read_again(stacks: Any) -> None:
    ssm = stacks.client("ssm")
    ssm.put_parameter(Name="/cdk-bootstrap/x/version", Type="String", Value="31")
    declared = {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/x/version",
        }
    }
    stacks.create({"Copy": _parameter({"Ref": "BootstrapVersion"})}, Parameters=declared)
    ssm.put_parameter(Name="/cdk-bootstrap/x/version", Type="String", Value="33", Overwrite=True)
    stacks.update(None, parameters={"BootstrapVersion": None})
    assert _value(stacks, "Copy") == "33"
    assert stacks.describe()["Parameters"] == [
        {
            "ParameterKey": "BootstrapVersion",
            "ParameterValue": "/cdk-bootstrap/x/version",
            "ResolvedValue": "33",
        }
    ]


def test_a_replacement_reaches_what_refers_to_it(stacks: Any) -> None:
    reference = _parameter({"Fn::Join": ["/", ["to", {"Fn::GetAtt": ["Topic", "TopicName"]}]]})
    stacks.create({"Topic": _topic("first"), "Name": reference})
    stacks.update({"Topic": _topic("second"), "Name": reference})
    assert _value(stacks, "Name") == "to/second"
    assert _topics(stacks) == ["second"]


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_retained_resources_leave_the_stack_and_stay(stacks: Any, policy: str) -> None:
    kept = {"DeletionPolicy": policy, "UpdateReplacePolicy": "Retain"}
    stacks.create({"A": _topic("replaced", **kept), "B": _topic("removed", **kept), "C": _topic()})
    stacks.update({"A": _topic("new", **kept), "C": _topic()})
    assert sorted(stacks.logical_ids()) == ["A", "C"]
    assert stacks.delete() == "DELETE_COMPLETE"
    assert _topics(stacks) == ["new", "removed", "replaced"]


def test_a_custom_name_forbids_a_replacement(stacks: Any) -> None:
    fifo = {"TopicName": "x.fifo", "FifoTopic": True}
    stacks.create({"Topic": {"Type": "AWS::SNS::Topic", "Properties": fifo}, "Live": _parameter(1)})
    stacks.update({"Topic": _topic("x.fifo"), "Live": _parameter(2)})
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    [(logical_id, reason)] = stacks.failures()
    assert logical_id == "Topic"
    assert reason == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename x.fifo and update the stack again."
    )
    assert _value(stacks, "Live") == "1"


def test_fails_to_change_the_type_of_a_resource(stacks: Any) -> None:
    stacks.create({"Thing": _topic(), "Other": _topic()})
    stacks.update({"Thing": _parameter("x"), "Other": _topic()})
    assert stacks.failures() == [("Thing", "Update of resource type is not permitted.")]


BROKEN = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x", "TargetKeyId": "no"}}


def test_a_failed_create_leaves_nothing_but_what_is_retained(stacks: Any) -> None:
    resources = {
        "Gone": _topic("gone"),
        "Kept": _topic("kept", DeletionPolicy="Retain"),
        "Unmade": _topic("unmade", DeletionPolicy="RetainExceptOnCreate"),
        "Broken": {**BROKEN, "DependsOn": ["Gone", "Kept", "Unmade"]},
    }
    stack = stacks.create(resources)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "resource(s) failed: [Broken]" in stack["StackStatusReason"]
    assert _topics(stacks) == ["kept"]
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update({"Gone": _topic("gone")})
    assert stacks.delete() == "DELETE_COMPLETE"


def test_a_failed_update_restores_resources_parameters_and_template(stacks: Any) -> None:
    old = {
        "Live": _parameter({"Ref": "ModelVersion"}),
        "Topic": _topic("old"),
        "Removed": _topic("removed"),
    }
    stacks.create(old, Parameters=VERSION, parameters={"ModelVersion": "v1"})
    before = {logical_id: stacks.physical_id(logical_id) for logical_id in old}
    new = {
        "Live": _parameter({"Ref": "ModelVersion"}),
        "Topic": _topic("new"),
        "Added": _topic("added"),
        "Broken": {**BROKEN, "DependsOn": ["Live", "Topic", "Added"]},
    }
    stacks.update(new, Parameters=VERSION, parameters={"ModelVersion": "v2"})
    stack = stacks.describe()
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Parameters"] == [{"ParameterKey": "ModelVersion", "ParameterValue": "v1"}]
    assert {logical_id: stacks.physical_id(logical_id) for logical_id in old} == before
    assert _value(stacks, "Live") == "v1"
    assert _topics(stacks) == ["old", "removed"]
    body = stacks.cloudformation.get_template(StackName="stack")["TemplateBody"]
    assert sorted(body["Resources"]) == ["Live", "Removed", "Topic"]
    stacks.update(None, parameters={"ModelVersion": "v3"})
    assert _value(stacks, "Live") == "v3"


def test_a_protected_stack_is_not_deleted(stacks: Any) -> None:
    stacks.create({"Topic": _topic("t")}, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection"):
        stacks.cloudformation.delete_stack(StackName="stack")
    assert _topics(stacks) == ["t"]
    stacks.cloudformation.update_termination_protection(
        StackName="stack", EnableTerminationProtection=False
    )
    assert stacks.delete() == "DELETE_COMPLETE"


ANY: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "Update:*",
    "Principal": "*",
    "Resource": "*",
}
NO_LOSS: dict[str, Any] = {
    "Effect": "Deny",
    "Action": ["Update:Delete", "Update:Replace"],
    "Principal": "*",
    "Resource": "*",
    "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::Topic"]}},
}


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"Topic": _topic("new"), "Live": _parameter("x")}, "Update:Replace"),
        ({"Live": _parameter("x")}, "Update:Delete"),
    ],
)
def test_a_stack_policy_forbids_loss(stacks: Any, change: dict[str, Any], action: str) -> None:
    stacks.create({"Topic": _topic("t"), "Live": _parameter("x")})
    policy = json.dumps({"Statement": [ANY, NO_LOSS]})
    stacks.cloudformation.set_stack_policy(StackName="stack", StackPolicyBody=policy)
    found = stacks.cloudformation.get_stack_policy(StackName="stack")
    assert json.loads(found["StackPolicyBody"]) == json.loads(policy)
    stacks.update(change)
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Statement [#2] does not allow [{action}]" in stacks.describe()["StackStatusReason"]
    assert _topics(stacks) == ["t"]
    stacks.update({"Topic": _topic("t"), "Live": _parameter("y")})
    assert _value(stacks, "Live") == "y"


def test_a_stack_policy_allows_only_what_it_names(stacks: Any) -> None:
    stacks.create({"A": _parameter("x"), "B": _parameter("x")})
    policy = json.dumps({"Statement": {**ANY, "Resource": "LogicalResourceId/A"}})
    stacks.cloudformation.set_stack_policy(StackName="stack", StackPolicyBody=policy)
    stacks.update({"A": _parameter("y"), "B": _parameter("x")})
    assert _value(stacks, "A") == "y"
    stacks.update({"A": _parameter("y"), "B": _parameter("y")})
    assert _value(stacks, "B") == "x"


def test_an_export_in_use_is_kept(stacks: Any) -> None:
    outputs = {"Name": {"Value": {"Ref": "Live"}, "Export": {"Name": {"Fn::Sub": "x-name"}}}}
    stacks.create({"Live": _parameter("x")}, Outputs=outputs, name="owner")
    importer = {"Copy": _parameter({"Fn::ImportValue": "x-name"})}
    stacks.create(importer, name="user")
    assert stacks.client("ssm").get_parameter(Name=stacks.physical_id("Copy", "user"))
    assert stacks.delete("owner") == "DELETE_FAILED"
    assert stacks.describe("owner")["StackStatusReason"] == (
        "Export x-name cannot be deleted as it is in use by user"
    )
    stacks.delete("user")
    assert stacks.delete("owner") == "DELETE_COMPLETE"
    stack = stacks.create(importer, name="later")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stack["StackStatusReason"].endswith("No export named x-name found")


def test_a_stuck_rollback_is_continued_until_it_succeeds(stacks: Any) -> None:
    stacks.create({"Live": _parameter("v1")})
    broken = {"Live": _parameter("v2"), "Topic": _topic("not a name", DependsOn="Live")}
    stacks.emulator.faults.rollback_failures["stack"] = 2

    with pytest.raises(ClientError, match="rollback can not be continued"):
        stacks.cloudformation.continue_update_rollback(StackName="stack")
    assert stacks.update(broken)["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert _value(stacks, "Live") == "v2"
    with pytest.raises(ClientError, match="is in UPDATE_ROLLBACK_FAILED state"):
        stacks.update({"Live": _parameter("v3")})
    stacks.cloudformation.continue_update_rollback(StackName="stack")
    assert stacks.status() == "UPDATE_ROLLBACK_FAILED"
    stacks.cloudformation.continue_update_rollback(StackName="stack")

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert _value(stacks, "Live") == "v1"
    assert stacks.update({"Live": _parameter("v3")})["StackStatus"] == "UPDATE_COMPLETE"
