from typing import Any

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _document(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(action: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": "train",
            "Path": "/groundplan/churn/",
            "Description": "what training does",
            "PolicyDocument": _document(action),
            **properties,
        },
    }


def _role(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "training",
            "Path": "/groundplan/churn/",
            "AssumeRolePolicyDocument": TRUST,
            **properties,
        },
    }


BOUNDARY = "arn:aws:iam::111111111111:policy/groundplan-stage-0/churn/boundary"


def test_a_role_has_boundary_policies_and_tags(stacks: Any) -> None:
    role = _role(
        Description="trains",
        ManagedPolicyArns=[{"Ref": "Policy"}],
        MaxSessionDuration=7200,
        PermissionsBoundary=BOUNDARY,
        Policies=[{"PolicyName": "inline", "PolicyDocument": _document("s3:GetObject")}],
        Tags=[{"Key": "project", "Value": "churn"}],
    )
    stacks.create(
        {"Role": role, "Policy": _policy("s3:ListBucket")},
        Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    )
    assert stacks.failures() == []
    iam = stacks.client("iam")
    found = iam.get_role(RoleName="training")["Role"]
    arn = f"arn:aws:iam::{stacks.account}:role/groundplan/churn/training"
    assert stacks.describe()["Outputs"] == [{"OutputKey": "Arn", "OutputValue": arn}]
    assert found["Arn"] == arn
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert (found["Description"], found["MaxSessionDuration"]) == ("trains", 7200)
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert found["Tags"] == [{"Key": "project", "Value": "churn"}]
    attached = iam.list_attached_role_policies(RoleName="training")["AttachedPolicies"]
    assert [item["PolicyArn"] for item in attached] == [stacks.physical_id("Policy")]
    assert iam.list_role_policies(RoleName="training")["PolicyNames"] == ["inline"]


def test_a_managed_policy_has_a_new_version_for_each_update(stacks: Any) -> None:
    stacks.create({"Policy": _policy("s3:A", Roles=[{"Ref": "Role"}]), "Role": _role()})
    iam = stacks.client("iam")
    arn = stacks.physical_id("Policy")
    assert arn == f"arn:aws:iam::{stacks.account}:policy/groundplan/churn/train"
    for number in range(1, 8):
        stacks.update(
            {"Policy": _policy(f"s3:A{number}", Roles=[{"Ref": "Role"}]), "Role": _role()}
        )
    assert stacks.status() == "UPDATE_COMPLETE"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert sorted(item["VersionId"] for item in versions) == ["v4", "v5", "v6", "v7", "v8"]
    [default] = [item["VersionId"] for item in versions if item["IsDefaultVersion"]]
    current = iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]
    assert current["Document"]["Statement"][0]["Action"] == "s3:A7"
    assert stacks.delete() == "DELETE_COMPLETE"
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_roles(PathPrefix="/groundplan/")["Roles"] == []


def test_an_update_of_a_role_leaves_nothing_behind(stacks: Any) -> None:
    inline = {"PolicyName": "inline", "PolicyDocument": _document("s3:GetObject")}
    stacks.create(
        {
            "Role": _role(
                Policies=[inline],
                PermissionsBoundary=BOUNDARY,
                ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
            )
        }
    )
    other = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Sid": "New"}]}  # type: ignore[dict-item]
    stacks.update(
        {
            "Role": _role(
                AssumeRolePolicyDocument=other, Description="new", Tags=[{"Key": "b", "Value": "3"}]
            )
        }
    )
    assert stacks.failures() == []
    iam = stacks.client("iam")
    found = iam.get_role(RoleName="training")["Role"]
    assert found["AssumeRolePolicyDocument"] == other
    assert found["Description"] == "new"
    assert "PermissionsBoundary" not in found
    assert found["Tags"] == [{"Key": "b", "Value": "3"}]
    assert iam.list_role_policies(RoleName="training")["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName="training")["AttachedPolicies"] == []


def test_a_policy_that_is_no_managed_one_lives_in_its_roles(stacks: Any) -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "copy",
            "PolicyDocument": _document("s3:GetObject"),
            "Roles": [{"Ref": "Role"}],
        },
    }
    stacks.create({"Policy": policy, "Role": _role()})
    iam = stacks.client("iam")
    assert iam.list_role_policies(RoleName="training")["PolicyNames"] == ["copy"]
    stacks.update({"Role": _role()})
    assert iam.list_role_policies(RoleName="training")["PolicyNames"] == []


def test_an_identity_provider_has_its_clients_and_thumbprints(stacks: Any) -> None:
    def provider(print: str) -> dict[str, Any]:
        return {
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": {
                "Url": "https://token.actions.githubusercontent.com",
                "ClientIdList": ["sts.amazonaws.com"],
                "ThumbprintList": [print],
                "Tags": [{"Key": "a", "Value": print}],
            },
        }

    stacks.create({"Provider": provider("a" * 40)})
    stacks.update({"Provider": provider("b" * 40)})
    iam = stacks.client("iam")
    arn = stacks.physical_id("Provider")
    assert arn.endswith(":oidc-provider/token.actions.githubusercontent.com")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    assert found["ThumbprintList"] == ["b" * 40]
    assert found["Tags"] == [{"Key": "a", "Value": "b" * 40}]
    stacks.delete()
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_fails_without_the_capability_for_named_roles(stacks: Any) -> None:
    iam = stacks.client("iam")
    cloudformation = stacks.cloudformation
    try:
        stacks.create({"Role": _role()}, Capabilities=["CAPABILITY_IAM"])
    except cloudformation.exceptions.ClientError as error:
        message = str(error)
    assert message.endswith("Requires capabilities : [CAPABILITY_NAMED_IAM]")
    assert iam.list_roles(PathPrefix="/groundplan/")["Roles"] == []
