"""The policies of an example, enforced by somebody else's code.

ministack (AUTH=true) holds the roles, boundaries, trusts, buckets, keys, queues, topics, tables, log
groups, buses, repositories and parameters of `examples/churn`. Every role is assumed by its own trust;
whatever our evaluator says it may do must not be refused, and whatever it says is forbidden must be.
docs/prove-enforced.md says what this cannot show.
"""

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from enforced_world import CALLS, MADE, Attempt, Server, serving
from tests_support import ROOT, example_spec

from groundplan.blueprints.plan import plan
from groundplan.blueprints.prove.evaluate import evaluate, why
from groundplan.blueprints.prove.model import PolicyStatement, Request, Role, World
from groundplan.blueprints.prove.world import world

PYTHON = ROOT / ".venv-iam" / "bin" / "python"
SCRIPT = ROOT / "tests" / "blueprints" / "prove" / "serve_ministack.py"
REGION = "eu-west-1"
FORBIDDEN_OF_AN_ACTION = 60
TYPES: Mapping[str, str] = {
    "s3": "AWS::S3::Bucket",
    "kms": "AWS::KMS::Key",
    "sqs": "AWS::SQS::Queue",
    "sns": "AWS::SNS::Topic",
    "dynamodb": "AWS::DynamoDB::Table",
    "logs": "AWS::Logs::LogGroup",
    "events": "AWS::Events::EventBus",
    "ecr": "AWS::ECR::Repository",
    "ssm": "AWS::SSM::Parameter",
    "states": "AWS::StepFunctions::StateMachine",
    "codebuild": "AWS::CodeBuild::Project",
}
DESTROYING = ("Delete", "Disable", "Schedule")
"""How actions begin that are only asked for where they are forbidden."""
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
WITHOUT_RESOURCE = ("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData")
SUPPLIED = frozenset(
    {
        "aws:principalarn",
        "aws:principalorgid",
        "aws:resourceorgid",
        "aws:requestedregion",
        "kms:resourcealiases",
    }
)
"""Keys that are facts of caller and resource, and not of the request."""
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="needs ministack: run `make environments` to get .venv-iam"
    ),
]


@cache
def _world() -> World:
    spec = example_spec("churn")
    return world(spec, plan(spec))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("ministack") / "log"
    with serving(PYTHON, SCRIPT, REGION, log) as made:
        made.deploy(_world())
        for role in _roles():
            _assume(made, role)
        yield made


def _roles() -> list[Role]:
    """Roles of the project, those first that others are assumed by."""
    return sorted(
        (role for role in _world().roles if role.trust is not None),
        key=lambda role: (role.kind != "ci", role.arn),
    )


def _assume(server: Server, role: Role) -> None:
    """Assume a role in the way that its trust admits, and in no other."""
    assert role.trust is not None
    (statement,) = role.trust.statements
    context = _satisfying(statement)
    kinds = set(statement.principals or {})
    server.as_root(role.account)
    if statement.condition:
        assert not server.assume(role.arn), f"{role.arn}: anybody of the account assumes it"
    if kinds == {"Federated"}:
        token = _token(context)
        server.as_root(role.account, **context)
        assert server.assume_with_token(role.arn, token), role.arn
        sub = next(key for key in context if key.endswith(":sub"))
        server.as_root(role.account, **{**context, sub: "repo:else/where:ref:refs/heads/main"})
        assert not server.assume_with_token(role.arn, token), role.arn
    elif kinds == {"Service"}:
        # the root of the account stands for the service, which no emulator lets call
        server.as_root(role.account, **context)
        assert server.assume(role.arn), role.arn
        for key in context:
            server.as_root(role.account, **{**context, key: "other"})
            assert not server.assume(role.arn), (role.arn, key)
    else:
        (assumer,) = statement.condition["ArnEquals"]["aws:PrincipalArn"]
        server.as_role(assumer)
        assert server.assume(role.arn), role.arn


def _token(context: Mapping[str, str]) -> str:
    claims = {key.rpartition(":")[2]: value for key, value in context.items()}
    claims["iss"] = "https://token.actions.githubusercontent.com"
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def _satisfying(statement: PolicyStatement) -> dict[str, str]:
    """Return keys of a request under which a statement's positive conditions hold."""
    return {
        key: values[0].replace("*", "x")
        for operator, keys in statement.condition.items()
        if operator in ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool")
        for key, values in keys.items()
        if key.lower() not in SUPPLIED and not key.startswith("aws:ResourceTag/")
    }


def _resources(action: str) -> list[str]:
    """Return the resources of an action: what was made, and objects below every prefix in use."""
    if action in WITHOUT_RESOURCE:
        return ["*"]
    service = action.partition(":")[0]
    if service == "iam":
        return [role.arn for role in _roles()]
    kind = TYPES[service]
    arns = [item.arn for item in _world().resources if item.kind == kind and kind in MADE]
    if action in OBJECTS:
        prefixes = {
            resource
            for policy in _world().policies()
            if policy.kind in ("identity", "resource")
            for statement in policy.statements
            for resource in statement.resources
            if resource.startswith("arn:aws:s3:::") and "/" in resource and "${" not in resource
        }
        found = {item.replace("*", "x") for item in prefixes if item.partition("/")[0] in arns}
        return sorted(found)
    if service == "logs":
        suffix = ":*" if action in ("logs:DescribeLogStreams", "logs:DeleteLogGroup") else ""
        return [f"{arn}{suffix or ':log-stream:job'}" for arn in arns]
    return arns


def _contexts(action: str) -> list[dict[str, str]]:
    """Return every context in which some policy allows an action, and the plain one."""
    found: list[dict[str, str]] = [{}]
    found += [
        _satisfying(statement)
        for policy in _world().policies()
        if policy.kind in ("identity", "resource")
        for statement in policy.statements
        if statement.effect == "Allow" and action in statement.actions
    ]
    if action in OBJECTS:
        found.append({"aws:SecureTransport": "false"})
    return [dict(item) for item in dict.fromkeys(tuple(sorted(item.items())) for item in found)]


def _attempts(action: str) -> Iterator[Attempt]:
    """Yield every call of an action that the server can be asked to decide."""
    for resource in _resources(action):
        for role in _roles():
            # across accounts the server knows buckets only
            if resource.split(":")[4:5] not in ([], [""], [role.account]):
                continue
            for context in _contexts(action):
                yield Attempt(role.arn, action, resource, context)


def _request(attempt: Attempt) -> Request:
    return Request(
        principal=attempt.role,
        action=attempt.action,
        resource=attempt.resource,
        context=attempt.context,
    )


@pytest.mark.parametrize("action", CALLS)
def test_it_refuses_what_is_forbidden_and_nothing_else(server: Server, action: str) -> None:
    allowed, forbidden = [], []
    for attempt in _attempts(action):
        decision = evaluate(_request(attempt), _world())
        if decision.allowed and not action.partition(":")[2].startswith(DESTROYING):
            allowed.append(attempt)
        elif not decision.allowed:
            forbidden.append(attempt)
    random.Random(action).shuffle(forbidden)
    forbidden = forbidden[:FORBIDDEN_OF_AN_ACTION]
    wrong = [
        f"refused: {why(_request(item), _world())}" for item in allowed if server.refuses(item)
    ]
    wrong += [
        f"done: {why(_request(item), _world())}" for item in forbidden if not server.refuses(item)
    ]
    print(action, len(allowed), len(forbidden), len(wrong))
    assert not wrong, "\n".join([str(Counter(w.partition(":")[0] for w in wrong)), *wrong[:3]])


def test_a_permission_too_wide_shows(server: Server) -> None:
    """What the comparison rests on: a call is refused for want of permission only."""
    role = next(item for item in _roles() if item.arn.endswith("churn-prod-churn-training"))
    bucket = next(arn for arn in _resources("s3:ListBucket") if "churn-prod-work" in arn)
    attempt = Attempt(role.arn, "s3:GetObject", f"{bucket}/elsewhere/x", {})
    assert server.refuses(attempt)
    server.as_root(role.account)
    policy = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/*"}
    name = role.arn.rpartition("/")[2]
    iam = server.client("iam")
    text = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_role_policy(RoleName=name, PolicyName="wide", PolicyDocument=text)
    assert not server.refuses(attempt)
    server.as_root(role.account)
    iam.delete_role_policy(RoleName=name, PolicyName="wide")
    assert server.refuses(attempt)
