"""What stage 0 lets deployments and the project's roles do, asked as IAM would be asked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0
from groundplan.blueprints.spec import DeliverySpec

PLACE = Place(account="111111111111", region="eu-west-1")
IAM = "arn:aws:iam::111111111111"
HERE = "eu-west-1:111111111111"
OURS = {"aws:ResourceTag/groundplan:scope": "churn-prod"}
BOUNDARY = f"{IAM}:policy/groundplan-stage-0/churn/churn-boundary"


def planned(**changes: Any) -> Stage0Plan:
    options: dict[str, Any] = {
        "project": "churn",
        "place": PLACE,
        "scopes": ("tooling", "data", "prod"),
        "endpoints": (("prod", "churn"), ("prod", "fraud")),
        "organization_id": "o-a1b2c3d4e5",
        "delivery": DeliverySpec(repository="acme/churn", repository_id=12, owner_id=34),
    }
    return plan_stage_0(**(options | changes))


def matches(operator: str, got: object, wanted: Sequence[str]) -> bool:
    base = operator.partition(":")[2] if operator.startswith("ForAnyValue:") else operator
    if base == "Null":
        return (got is None) == (wanted[0] == "true")
    values = [] if got is None else got if isinstance(got, list) else [str(got)]
    found = any(fnmatchcase(value, item) for value in values for item in wanted)
    if base in ("StringEquals", "ArnEquals", "Bool"):
        return any(value in wanted for value in values)
    if base in ("StringLike", "ArnLike"):
        return found
    if base in ("StringNotEquals", "ArnNotLike"):
        return not found
    raise AssertionError(f"the tests do not know {operator}")


def holds(statement: Statement, context: Mapping[str, object]) -> bool:
    return all(
        matches(operator, context.get(key), [wanted] if isinstance(wanted, str) else wanted)
        for operator, keys in to_json(statement.condition).items()
        for key, wanted in keys.items()
    )


def says(
    documents: Iterable[PolicyDocument],
    effect: str,
    action: str,
    resource: str,
    context: Mapping[str, object],
) -> bool:
    return any(
        statement.effect == effect
        and any(fnmatchcase(action, item) for item in statement.actions)
        and any(fnmatchcase(resource, str(item)) for item in statement.resources)
        and holds(statement, context)
        for document in documents
        for statement in document.statements
    )


def may(
    documents: Sequence[PolicyDocument],
    bound: PolicyDocument,
    action: str,
    resource: str,
    **context: object,
) -> bool:
    seen = {"aws:RequestedRegion": "eu-west-1", **context}
    return (
        says(documents, "Allow", action, resource, seen)
        and says([bound], "Allow", action, resource, seen)
        and not says([*documents, bound], "Deny", action, resource, seen)
    )


def deployment_may(action: str, resource: str, context: Mapping[str, object] | None = None) -> bool:
    plan = planned()
    documents = [policy.document for policy in plan.deployment_policies]
    return may(
        documents, plan.deployment_boundary.document, action, resource, **dict(context or {})
    )


def serving_may(action: str, resource: str, context: Mapping[str, object] | None = None) -> bool:
    plan = planned()
    role = plan.serving_roles[0]
    documents = [policy.document for policy in role.policies]
    return may(
        documents, plan.deployment_boundary.document, action, resource, **dict(context or {})
    )


ROLE = f"{IAM}:role/groundplan/churn/churn-prod-churn-training"
OWN_POLICY = f"{IAM}:policy/groundplan/churn/churn-prod-churn-training-1"
KEY = f"arn:aws:kms:{HERE}:key/1"
VPC = f"arn:aws:ec2:{HERE}:vpc/vpc-1"
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}

DEPLOYMENT_MAY: list[tuple[str, str, Mapping[str, object]]] = [
    ("iam:CreateRole", ROLE, BOUNDED),
    ("iam:AttachRolePolicy", ROLE, {**BOUNDED, "iam:PolicyARN": OWN_POLICY}),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "states.amazonaws.com"}),
    ("iam:CreatePolicy", OWN_POLICY, {}),
    ("kms:CreateKey", "*", {"aws:RequestTag/groundplan:scope": "churn-prod"}),
    ("kms:TagResource", KEY, {"aws:RequestTag/groundplan:scope": "churn-prod"}),
    ("kms:ScheduleKeyDeletion", KEY, OURS),
    ("kms:CreateAlias", f"arn:aws:kms:{HERE}:alias/churn-prod", {}),
    ("s3:CreateBucket", "arn:aws:s3:::churn-prod-work-111111111111", {}),
    ("ec2:DeleteVpc", VPC, OURS),
    ("ec2:CreateTags", VPC, OURS),
    ("states:CreateStateMachine", f"arn:aws:states:{HERE}:stateMachine:churn-prod-churn-train", {}),
    ("ecr:CreateRepository", f"arn:aws:ecr:{HERE}:repository/churn/train", {}),
]
DEPLOYMENT_MAY_NOT: list[tuple[str, str, Mapping[str, object]]] = [
    ("iam:CreateRole", ROLE, {}),
    ("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": f"{IAM}:policy/other"}),
    ("iam:CreateRole", f"{IAM}:role/elsewhere", BOUNDED),
    ("iam:PutRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": OWN_POLICY}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED),
    ("iam:PutRolePolicy", ROLE, BOUNDED),
    (
        "iam:AttachRolePolicy",
        ROLE,
        {**BOUNDED, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    (
        "iam:AttachRolePolicy",
        f"{IAM}:role/groundplan-stage-0/churn/churn-deployer",
        {**BOUNDED, "iam:PolicyARN": OWN_POLICY},
    ),
    ("iam:CreatePolicyVersion", BOUNDARY, {}),
    ("iam:DeletePolicy", f"{IAM}:policy/groundplan-stage-0/churn/churn-deployment-1", {}),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/cdk-gp88b2072e-deploy-role", {}),
    ("iam:CreateUser", f"{IAM}:user/x", {}),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("iam:PassRole", f"{IAM}:role/Administrator", {"iam:PassedToService": "states.amazonaws.com"}),
    ("kms:CreateKey", "*", {}),
    (
        "kms:TagResource",
        KEY,
        {"aws:RequestTag/groundplan:scope": "churn-prod", "kms:ResourceAliases": ["alias/other"]},
    ),
    ("kms:ScheduleKeyDeletion", KEY, {"aws:ResourceTag/groundplan:scope": "other-prod"}),
    ("kms:ScheduleKeyDeletion", KEY, {}),
    ("kms:Decrypt", KEY, OURS),
    ("s3:DeleteBucket", "arn:aws:s3:::other-prod-work-111111111111", {}),
    ("s3:GetObject", "arn:aws:s3:::churn-prod-work-111111111111/x", {}),
    ("s3:PutBucketPolicy", "arn:aws:s3:::cdk-gp88b2072e-assets-111111111111-eu-west-1", {}),
    ("ec2:DeleteVpc", VPC, {}),
    ("ec2:CreateTags", VPC, {"aws:RequestTag/groundplan:scope": "churn-prod"}),
    ("ec2:DeleteVpc", VPC, {**OURS, "aws:RequestedRegion": "us-east-1"}),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/TrainingJobs", {}),
    (
        "cloudwatch:DeleteAlarms",
        f"arn:aws:cloudwatch:{HERE}:alarm:groundplan-stage-0-churn-key-loss",
        {},
    ),
    ("sns:DeleteTopic", f"arn:aws:sns:{HERE}:groundplan-stage-0-churn", {}),
    ("s3:PutBucketPolicy", "arn:aws:s3:::groundplan-stage-0-churn-trail-111111111111", {}),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{HERE}:log-group:/groundplan-stage-0/churn/trail", {}),
    ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{HERE}:trail/groundplan-stage-0-churn", {}),
    ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/churn-prod-churn", {}),
    ("cloudformation:UpdateStack", f"arn:aws:cloudformation:{HERE}:stack/churn-prod-state/1", {}),
]


@pytest.mark.parametrize(("action", "resource", "context"), DEPLOYMENT_MAY)
def test_deployments_may(action: str, resource: str, context: Mapping[str, object]) -> None:
    assert deployment_may(action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), DEPLOYMENT_MAY_NOT)
def test_deployments_may_not(action: str, resource: str, context: Mapping[str, object]) -> None:
    assert not deployment_may(action, resource, context)


MINE = {"aws:ResourceTag/groundplan:endpoint": "churn-prod-churn"}
MODEL = f"arn:aws:sagemaker:{HERE}:model/model-x1y2"
CONFIG = f"arn:aws:sagemaker:{HERE}:endpoint-config/config-x1y2"
ENDPOINT = f"arn:aws:sagemaker:{HERE}:endpoint/churn-prod-churn"
TARGET = f"arn:aws:application-autoscaling:{HERE}:scalable-target/1"
VARIANTS = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}
ALARM = f"arn:aws:cloudwatch:{HERE}:alarm:churn-prod-churn-errors"
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}
SERVING_MAY: list[tuple[str, str, Mapping[str, object]]] = [
    (
        "sagemaker:CreateModel",
        MODEL,
        {"aws:RequestTag/groundplan:endpoint": "churn-prod-churn"},
    ),
    ("sagemaker:DeleteModel", MODEL, {**MINE}),
    ("sagemaker:UpdateEndpoint", ENDPOINT, {}),
    ("sagemaker:UpdateEndpoint", CONFIG, {**MINE}),
    ("sagemaker:DescribeModelPackage", f"arn:aws:sagemaker:{HERE}:model-package/churn-churn/3", {}),
    ("iam:PassRole", f"{IAM}:role/groundplan/churn/churn-prod-churn-serving", {**TO_SAGEMAKER}),
    (
        "kms:CreateGrant",
        KEY,
        {"kms:ResourceAliases": ["alias/churn-prod"], "kms:GrantIsForAWSResource": "true"},
    ),
    ("application-autoscaling:DeregisterScalableTarget", TARGET, {**MINE, **VARIANTS}),
    ("cloudwatch:DescribeAlarms", ALARM, {}),
]
SERVING_MAY_NOT: list[tuple[str, str, Mapping[str, object]]] = [
    ("sagemaker:CreateModel", MODEL, {}),
    ("sagemaker:CreateModel", MODEL, {"aws:RequestTag/groundplan:endpoint": "churn-prod-fraud"}),
    (
        "sagemaker:DeleteModel",
        MODEL,
        {"aws:ResourceTag/groundplan:endpoint": "churn-prod-fraud"},
    ),
    ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/churn-prod-fraud", {}),
    ("sagemaker:UpdateEndpoint", CONFIG, {}),
    ("sagemaker:DescribeModelPackage", f"arn:aws:sagemaker:{HERE}:model-package/churn-fraud/3", {}),
    ("iam:PassRole", f"{IAM}:role/groundplan/churn/churn-prod-fraud-serving", {**TO_SAGEMAKER}),
    ("iam:CreateRole", ROLE, BOUNDED),
    ("kms:CreateGrant", KEY, {"kms:ResourceAliases": ["alias/churn-prod"]}),
    ("application-autoscaling:DeregisterScalableTarget", TARGET, {**MINE}),
    ("application-autoscaling:DeregisterScalableTarget", TARGET, {**VARIANTS}),
]


@pytest.mark.parametrize(("action", "resource", "context"), SERVING_MAY)
def test_the_role_of_an_endpoint_may(
    action: str, resource: str, context: Mapping[str, object]
) -> None:
    assert serving_may(action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), SERVING_MAY_NOT)
def test_the_role_of_an_endpoint_may_not(
    action: str, resource: str, context: Mapping[str, object]
) -> None:
    assert not serving_may(action, resource, context)


def direct_may(action: str, resource: str, context: Mapping[str, object]) -> bool:
    """Return whether the role that Pulumi deploys with may do something."""
    plan = planned(engine="pulumi")
    role = plan.deployment_role
    assert role is not None
    documents = [policy.document for policy in role.policies]
    return may(documents, plan.deployment_boundary.document, action, resource, **dict(context))


@pytest.mark.parametrize(("action", "resource", "context"), [*DEPLOYMENT_MAY, *SERVING_MAY])
def test_pulumis_role_may(action: str, resource: str, context: Mapping[str, object]) -> None:
    # Keys are told by the tag of their stage, also those of volumes.
    of_key = OURS if action == "kms:CreateGrant" else {}
    assert direct_may(action, resource, {**context, **of_key})


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        *(item for item in DEPLOYMENT_MAY_NOT if item[0] != "sagemaker:CreateEndpoint"),
        ("sagemaker:CreateModel", MODEL, {}),
        ("sagemaker:UpdateEndpoint", CONFIG, {}),
        ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/other-prod-churn", {}),
        ("iam:PassRole", f"{IAM}:role/groundplan/churn/churn-prod-training", {**TO_SAGEMAKER}),
        ("s3:DeleteObject", "arn:aws:s3:::churn-tooling-artifacts-111111111111/models/x", {}),
        ("iam:TagPolicy", BOUNDARY, {}),
        ("sts:AssumeRole", f"{IAM}:role/groundplan-stage-0/churn/churn-deployer", {}),
    ],
)
def test_pulumis_role_may_not(action: str, resource: str, context: Mapping[str, object]) -> None:
    assert not direct_may(action, resource, context)


def test_only_cloudformation_assumes_the_role_of_an_endpoint_for_its_stack() -> None:
    (statement,) = planned().serving_roles[0].trust.statements
    assert statement.principals == {"Service": "cloudformation.amazonaws.com"}
    stack = f"arn:aws:cloudformation:{HERE}:stack/churn-prod-serving-churn/*"
    assert statement.condition == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": stack},
    }


CLAIM = "token.actions.githubusercontent.com"


def deployer(**changes: Any) -> RolePlan:
    role = planned(**changes).deployer
    assert role is not None
    return role


def claims(**changes: str) -> dict[str, object]:
    token = {
        "aud": "sts.amazonaws.com",
        "sub": "repo:acme/churn:environment:prod",
        "ref": "refs/heads/main",
        "repository_id": "12",
        "repository_owner_id": "34",
    }
    return {f"{CLAIM}:{key}": value for key, value in {**token, **changes}.items()}


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        ({}, True),
        ({"sub": "repo:acme@34/churn@12:environment:prod"}, True),
        ({"sub": "repo:acme/churn:environment:other"}, False),
        ({"sub": "repo:acme/churn:ref:refs/heads/main"}, False),
        ({"sub": "repo:acme/churn:pull_request"}, False),
        ({"ref": "refs/pull/7/merge"}, False),
        ({"sub": "repo:acme/churn2:environment:prod"}, False),
        ({"repository_id": "99"}, False),
        ({"repository_owner_id": "99"}, False),
        ({"aud": "https://github.com/acme"}, False),
    ],
)
def test_the_deployer_trusts_one_branch_of_one_repository(
    changes: dict[str, str], trusted: bool
) -> None:
    (statement,) = deployer().trust.statements
    assert statement.principals == {"Federated": f"{IAM}:oidc-provider/{CLAIM}"}
    assert holds(statement, claims(**changes)) is trusted


def test_without_ids_only_the_classic_subject_is_trusted() -> None:
    role = deployer(delivery=DeliverySpec(repository="acme/churn"))
    (statement,) = role.trust.statements
    assert holds(statement, claims())
    assert not holds(statement, claims(sub="repo:acme@34/churn@12:environment:prod"))


@pytest.mark.parametrize(
    ("environment", "trusted"), [("tooling", True), ("prod", True), ("data", False), ("x", False)]
)
def test_with_pulumi_one_job_deploys_tooling_and_data(environment: str, trusted: bool) -> None:
    role = deployer(engine="pulumi", scopes=("data", "prod"))
    (statement,) = role.trust.statements
    for form in ("acme/churn", "acme@34/churn@12"):
        sub = f"repo:{form}:environment:{environment}"
        assert holds(statement, claims(sub=sub)) is trusted


GITLAB = DeliverySpec(ci="gitlab", repository="acme/ml/churn")


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        ({}, True),
        ({"sub": "project_path:acme/ml/churn:ref_type:branch:ref:feature"}, False),
        ({"sub": "project_path:acme/ml/churn:ref_type:tag:ref:main"}, False),
        ({"sub": "project_path:acme/ml/churn-fork:ref_type:branch:ref:main"}, False),
        ({"sub": "project_path:other/ml/churn:ref_type:branch:ref:main"}, False),
        ({"aud": "https://gitlab.example"}, False),
    ],
)
def test_the_deployer_trusts_one_branch_of_one_project_of_gitlab(
    changes: dict[str, str], trusted: bool
) -> None:
    (statement,) = deployer(delivery=GITLAB).trust.statements
    assert statement.principals == {"Federated": f"{IAM}:oidc-provider/gitlab.com"}
    token = {
        "aud": "https://gitlab.com",
        "sub": "project_path:acme/ml/churn:ref_type:branch:ref:main",
        **changes,
    }
    context = {f"gitlab.com:{key}": value for key, value in token.items()}
    assert holds(statement, context) is trusted


def test_gitlab_may_be_ones_own_and_ask_for_a_protected_environment() -> None:
    delivery = DeliverySpec(
        ci="gitlab",
        repository="acme/churn",
        url="https://git.acme.example",
        audience="aws",
        subject_claims=("ref_protected", "environment_protected"),
    )
    plan = planned(delivery=delivery)
    assert plan.identity_provider is not None
    assert (plan.identity_provider.url, plan.identity_provider.audience) == (
        "https://git.acme.example",
        "aws",
    )
    (statement,) = deployer(delivery=delivery).trust.statements
    subject = "project_path:acme/churn:ref_type:branch:ref:main:ref_protected:true"
    assert statement.condition["StringEquals"] == {
        "git.acme.example:aud": "aws",
        "git.acme.example:sub": f"{subject}:environment_protected:true",
    }


def test_without_ci_the_accounts_own_roles_deploy_but_none_of_the_project() -> None:
    plan = planned(delivery=None)
    assert plan.deployer is None
    assert plan.oidc_provider is None
    condition = Statement(sid="X", actions=(), condition=plan.deployer_condition)
    organization = {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}

    def deploys(principal: str) -> bool:
        return holds(condition, {"aws:PrincipalArn": principal, **organization})

    assert deploys(f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1")
    assert not deploys(ROLE)
    assert not deploys(f"{IAM}:role/groundplan-stage-0/churn/x")
    assert not deploys(f"{IAM}:user/somebody")
    assert not deploys(f"{IAM}:root")


def test_the_boundary_has_no_iam_write_and_stays_in_the_allowed_regions() -> None:
    boundary = planned(allowed_regions=("eu-west-1", "eu-central-1")).boundary
    assert boundary is not None
    allowed = [duty for duty in boundary.duties for action in duty.actions if "iam:" in action]
    assert [duty.actions for duty in allowed] == [("iam:PassRole",)]
    bucket = "arn:aws:s3:::churn-data-x/y"
    seen = {"aws:ResourceOrgID": "o-a1b2c3d4e5"}
    for region, expected in (("eu-central-1", True), ("us-east-1", False)):
        context = {**seen, "aws:RequestedRegion": region}
        assert may([boundary.document], boundary.document, "s3:GetObject", bucket, **context) is (
            expected
        )


def test_a_boundary_of_the_organisation_takes_the_place_of_the_own() -> None:
    plan = planned(permissions_boundary="arn:aws:iam::*:policy/acme-boundary")
    assert plan.boundary is None
    assert plan.boundary_arn == f"{IAM}:policy/acme-boundary"
    documents = [policy.document for policy in plan.deployment_policies]
    bound = plan.deployment_boundary.document
    theirs = {"iam:PermissionsBoundary": plan.boundary_arn}
    assert may(documents, bound, "iam:CreateRole", ROLE, **theirs)
    assert not may(documents, bound, "iam:CreateRole", ROLE, **BOUNDED)


@pytest.mark.parametrize(
    ("scopes", "absent"),
    [
        (("data",), r"^(ec2|iam|states|ecr|logs|codebuild|sns|sqs|sagemaker):"),
        (("tooling",), r"^(dynamodb|ec2|states|scheduler):|:CreateEventBus$"),
        (("prod",), r"^(ecr|codebuild|sagemaker):"),
    ],
)
def test_an_account_gets_only_what_its_stages_need(scopes: tuple[str, ...], absent: str) -> None:
    plan = planned(scopes=scopes, endpoints=())
    actions = [action for item in plan.deployment_duties for action in item.duty.actions]
    assert actions
    assert [action for action in actions if re.match(absent, action)] == []


def test_policies_of_the_largest_single_account_fit() -> None:
    plan = planned(
        project="a" * 24,
        scopes=("tooling", "data", *(f"environment-{index:04}" for index in range(4))),
        endpoints=(),
    )
    assert len(plan.deployment_policies) <= 10
    assert max(policy.document.size() for policy in plan.deployment_policies) <= 6144


def test_fails_when_an_account_holds_too_many_environments() -> None:
    with pytest.raises(PlanError) as caught:
        planned(scopes=[f"environment-{index:04}" for index in range(60)], endpoints=())

    assert str(caught.value).startswith("project: ")
    assert "a managed policy of churn-deployment" in str(caught.value)


def test_names_that_were_cut_are_reached() -> None:
    from groundplan.blueprints.plan.names import name

    project, scope = "a" * 24, "data-" + "k" * 24
    plan = planned(project=project, scopes=(scope,), endpoints=(), delivery=None)
    bucket = name("bucket", project, scope, "a-dataset-of-a-long-name", "111111111111")
    documents = [policy.document for policy in plan.deployment_policies]
    limit = plan.deployment_boundary.document
    assert may(documents, limit, "s3:CreateBucket", f"arn:aws:s3:::{bucket}")
