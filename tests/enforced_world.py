"""A world of policies, made real on a server that enforces them."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from evaluator_cases import document

from groundplan.blueprints.prove.model import Policy, Resource, Role, World

REFUSALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "403",
}
Context = Mapping[str, str]
Params = Callable[[str, Context], dict[str, Any]]


def _name(arn: str) -> str:
    return re.split("[:/]", arn.split(":", 5)[5], maxsplit=1)[-1]


def _bucket(arn: str) -> dict[str, Any]:
    return {"Bucket": arn.split(":::")[1].partition("/")[0]}


def _object(arn: str, _: Context) -> dict[str, Any]:
    return {**_bucket(arn), "Key": arn.partition("/")[2]}


def _listing(arn: str, context: Context) -> dict[str, Any]:
    return {**_bucket(arn), **({"Prefix": context["s3:prefix"]} if "s3:prefix" in context else {})}


def _queue(arn: str, _: Context) -> dict[str, Any]:
    return {"QueueUrl": f"http://localhost/{arn.split(':')[4]}/{arn.split(':')[5]}"}


def _stream(arn: str, _: Context) -> dict[str, Any]:
    return {"logGroupName": _group(arn), "logStreamName": "job"}


def _group(arn: str) -> str:
    return arn.split(":log-group:")[1].split(":")[0]


LOCK = {"name": {"S": "x"}}
EVENT = {"Source": "test", "DetailType": "test", "Detail": "{}"}
IMAGE = [{"imageTag": "1"}]
CALLS: Mapping[str, tuple[str, Params]] = {
    "s3:GetObject": ("get_object", _object),
    "s3:PutObject": ("put_object", lambda arn, c: {**_object(arn, c), "Body": b"x"}),
    "s3:DeleteObject": ("delete_object", _object),
    "s3:ListBucket": ("list_objects_v2", _listing),
    "s3:GetBucketPolicy": ("get_bucket_policy", lambda arn, _: _bucket(arn)),
    "s3:DeleteBucketPolicy": ("delete_bucket_policy", lambda arn, _: _bucket(arn)),
    "s3:DeleteBucket": ("delete_bucket", lambda arn, _: _bucket(arn)),
    "dynamodb:PutItem": ("put_item", lambda arn, _: {"TableName": _name(arn), "Item": LOCK}),
    "dynamodb:GetItem": ("get_item", lambda arn, _: {"TableName": _name(arn), "Key": LOCK}),
    "dynamodb:DeleteItem": ("delete_item", lambda arn, _: {"TableName": _name(arn), "Key": LOCK}),
    "dynamodb:DescribeTable": ("describe_table", lambda arn, _: {"TableName": _name(arn)}),
    "dynamodb:DeleteTable": ("delete_table", lambda arn, _: {"TableName": _name(arn)}),
    "sqs:SendMessage": ("send_message", lambda arn, c: {**_queue(arn, c), "MessageBody": "x"}),
    "sqs:ReceiveMessage": ("receive_message", _queue),
    "sqs:GetQueueAttributes": ("get_queue_attributes", _queue),
    "sqs:DeleteQueue": ("delete_queue", _queue),
    "sns:Publish": ("publish", lambda arn, _: {"TopicArn": arn, "Message": "x"}),
    "sns:GetTopicAttributes": ("get_topic_attributes", lambda arn, _: {"TopicArn": arn}),
    "sns:DeleteTopic": ("delete_topic", lambda arn, _: {"TopicArn": arn}),
    "logs:CreateLogStream": ("create_log_stream", _stream),
    "logs:PutLogEvents": ("put_log_events", lambda arn, c: {**_stream(arn, c), "logEvents": []}),
    "logs:DescribeLogStreams": (
        "describe_log_streams",
        lambda arn, _: {"logGroupName": _group(arn)},
    ),
    "logs:DeleteLogGroup": ("delete_log_group", lambda arn, _: {"logGroupName": _group(arn)}),
    "events:PutEvents": (
        "put_events",
        lambda arn, _: {"Entries": [{**EVENT, "EventBusName": arn}]},
    ),
    "ecr:GetAuthorizationToken": ("get_authorization_token", lambda _, __: {}),
    "ecr:BatchGetImage": (
        "batch_get_image",
        lambda arn, _: {"repositoryName": _name(arn), "imageIds": IMAGE},
    ),
    "ecr:DescribeImages": ("describe_images", lambda arn, _: {"repositoryName": _name(arn)}),
    "ecr:PutImage": (
        "put_image",
        lambda arn, _: {"repositoryName": _name(arn), "imageManifest": "{}"},
    ),
    "ecr:InitiateLayerUpload": (
        "initiate_layer_upload",
        lambda arn, _: {"repositoryName": _name(arn)},
    ),
    "ecr:DeleteRepository": ("delete_repository", lambda arn, _: {"repositoryName": _name(arn)}),
    "kms:Decrypt": ("decrypt", lambda arn, _: {"KeyId": arn, "CiphertextBlob": b"x"}),
    "kms:GenerateDataKey": (
        "generate_data_key",
        lambda arn, _: {"KeyId": arn, "KeySpec": "AES_256"},
    ),
    "kms:CreateGrant": (
        "create_grant",
        lambda arn, _: {"KeyId": arn, "GranteePrincipal": arn, "Operations": ["Decrypt"]},
    ),
    "kms:DescribeKey": ("describe_key", lambda arn, _: {"KeyId": arn}),
    "kms:GetKeyPolicy": (
        "get_key_policy",
        lambda arn, _: {"KeyId": arn, "PolicyName": "default"},
    ),
    "kms:DisableKey": ("disable_key", lambda arn, _: {"KeyId": arn}),
    "kms:ScheduleKeyDeletion": ("schedule_key_deletion", lambda arn, _: {"KeyId": arn}),
    "ssm:GetParameter": ("get_parameter", lambda arn, _: {"Name": f"/{_name(arn)}"}),
    "ssm:PutParameter": (
        "put_parameter",
        lambda arn, _: {"Name": f"/{_name(arn)}", "Value": "x", "Overwrite": True},
    ),
    "cloudwatch:PutMetricData": (
        "put_metric_data",
        lambda _, c: {"Namespace": c.get("cloudwatch:namespace", "other"), "MetricData": []},
    ),
    "states:StartExecution": ("start_execution", lambda arn, _: {"stateMachineArn": arn}),
    "states:DescribeStateMachine": (
        "describe_state_machine",
        lambda arn, _: {"stateMachineArn": arn},
    ),
    "states:DeleteStateMachine": ("delete_state_machine", lambda arn, _: {"stateMachineArn": arn}),
    "codebuild:StartBuild": ("start_build", lambda arn, _: {"projectName": _name(arn)}),
    "codebuild:DeleteProject": ("delete_project", lambda arn, _: {"name": _name(arn)}),
    "iam:GetRole": ("get_role", lambda arn, _: {"RoleName": arn.rpartition("/")[2]}),
    "iam:DeleteRole": ("delete_role", lambda arn, _: {"RoleName": arn.rpartition("/")[2]}),
}
"""How each action is called, by the ARN of its resource and the request's own condition keys."""
CLIENTS = {"states": "stepfunctions"}
"""Names of clients that are not the prefix of their actions."""


class _Current(Credentials):
    """Credentials that change, so that all callers share the clients."""

    def __init__(self) -> None:
        super().__init__("test", "test")

    def become(self, access_key: str, secret_key: str = "x", token: str | None = None) -> None:
        self.access_key, self.secret_key, self.token = access_key, secret_key, token


@dataclass(frozen=True)
class Attempt:
    """A call of a role."""

    role: str
    action: str
    resource: str
    context: Mapping[str, str]


class Server:
    """A server that holds a world."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._clients: dict[str, Any] = {}
        self._current = _Current()
        session = botocore.session.get_session()
        session._credentials = self._current  # type: ignore[attr-defined]
        self._session = boto3.Session(botocore_session=session)
        self._context: Context = {}
        self._sessions: dict[str, tuple[str, str, str]] = {}
        self._organizations: Mapping[str, str] = {}
        self.some_role: dict[str, str] = {}
        """A role of each account: what machines and projects are made with."""
        self.keys: dict[str, str] = {}
        """ARNs of keys by their stand-ins."""

    def client(self, service: str) -> Any:
        """Return the client of a service, for whoever is the caller at the time."""
        if service not in self._clients:
            make: Any = self._session.client
            made = make(
                service,
                endpoint_url=self._endpoint,
                region_name=self._region,
                config=Config(
                    retries={"max_attempts": 0},
                    s3={"addressing_style": "path"},
                    parameter_validation=False,
                ),
            )
            made.meta.events.register("before-sign", self._add_context)
            self._clients[service] = made
        return self._clients[service]

    def as_root(self, account: str, **context: str) -> None:
        """Call as the root of an account, which also stands for a service that calls."""
        self._current.become(account)
        self._context = context | self._organization(account)

    def as_role(self, role: str, **context: str) -> None:
        """Call as a session of a role that was assumed before."""
        self._current.become(*self._sessions[role])
        self._context = context | self._organization(role.split(":")[4])

    def assume(self, role: str) -> bool:
        """Assume a role as the current caller; return whether its trust allows it."""
        return self._assume(role, "assume_role")

    def assume_with_token(self, role: str, token: str) -> bool:
        """Assume a role with an identity provider's token."""
        return self._assume(role, "assume_role_with_web_identity", WebIdentityToken=token)

    def refuses(self, attempt: Attempt) -> bool:
        """Return whether a call is refused for want of permission."""
        prefix = attempt.action.partition(":")[0]
        service = CLIENTS.get(prefix, prefix)
        operation, params = CALLS[attempt.action]
        self.as_role(attempt.role, **attempt.context)
        arn = self.keys.get(attempt.resource, attempt.resource)
        return _refused(lambda: self._call(service, operation, params(arn, attempt.context)))

    def _organization(self, account: str) -> dict[str, str]:
        organization = self._organizations.get(account, "")
        return {"aws:PrincipalOrgID": organization, "aws:ResourceOrgID": organization}

    def _call(self, service: str, operation: str, params: Mapping[str, Any]) -> Any:
        return getattr(self.client(service), operation)(**params)

    def _assume(self, role: str, operation: str, **more: str) -> bool:
        params = {"RoleArn": role, "RoleSessionName": "job", **more}
        try:
            found = self._call("sts", operation, params)["Credentials"]
        except ClientError as error:
            assert error.response["Error"]["Code"] in REFUSALS, error
            return False
        self._sessions[role] = (
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
        )
        return True

    def _add_context(self, request: Any, **_: Any) -> None:
        given = {key.lower(): value for key, value in self._context.items()}
        if given.pop("aws:securetransport", "true") == "true":
            request.headers["x-forwarded-proto"] = "https"
        request.headers["x-context"] = json.dumps(given)

    def deploy(self, world: World) -> None:
        """Make the world's resources and roles."""
        self._organizations = world.organizations
        self._make([item for item in world.resources if item.kind == "AWS::KMS::Key"])
        made: set[str] = set()
        for role in world.roles:
            if role.trust is None:
                continue
            self.as_root(role.account)
            if role.boundary is not None and role.boundary.owner + role.boundary.name not in made:
                made.add(role.boundary.owner + role.boundary.name)
                self._make_policy(role.boundary.name, role.boundary)
            self._make_role(role)
        self._make([item for item in world.resources if item.kind != "AWS::KMS::Key"])

    def _make(self, resources: Iterable[Resource]) -> None:
        for resource in resources:
            if resource.kind in _MAKERS:
                self.as_root(resource.account)
                _MAKERS[resource.kind](self, resource)

    def _make_policy(self, name: str, policy: Policy) -> str:
        made = self.client("iam").create_policy(PolicyName=name, PolicyDocument=self.text(policy))
        arn: str = made["Policy"]["Arn"]
        return arn

    def _make_role(self, role: Role) -> None:
        assert role.trust is not None
        iam = self.client("iam")
        path, _, name = role.arn.split(":role", 1)[1].rpartition("/")
        bounded = {}
        if role.boundary is not None:
            arn = f"arn:aws:iam::{role.account}:policy/{role.boundary.name}"
            bounded["PermissionsBoundary"] = arn
        iam.create_role(
            RoleName=name,
            Path=f"{path}/",
            AssumeRolePolicyDocument=self.text(role.trust),
            **bounded,
        )
        self.some_role[role.account] = role.arn
        for number, policy in enumerate(role.policies, start=1):
            arn = self._make_policy(f"{name}-{number}", policy)
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def text(self, policy: Policy) -> str:
        """Return a policy with the keys' real ARNs."""
        text = json.dumps(document(policy))
        for stand_in, arn in self.keys.items():
            text = text.replace(f'"{stand_in}"', f'"{arn}"')
        return text


@contextmanager
def serving(python: Path, script: Path, region: str, log: Path) -> Iterator[Server]:
    """Start the server as a process on a free port of this machine, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": region,
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [python, script], env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, port, log)
            yield Server(f"http://127.0.0.1:{port}", region)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server does not answer: {log.read_text()}")


def _refused(call: Callable[[], Any]) -> bool:
    try:
        answer = call()
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSALS
    except BotoCoreError:
        return False
    failed = answer.get("Entries", [{}])[0].get("ErrorCode") if "FailedEntryCount" in answer else ""
    return failed in REFUSALS


def _make_key(server: Server, key: Resource) -> None:
    kms = server.client("kms")
    more = {} if key.policy is None else {"Policy": server.text(key.policy)}
    made = kms.create_key(BypassPolicyLockoutSafetyCheck=True, **more)["KeyMetadata"]
    server.keys[key.arn] = made["Arn"]
    for alias in key.aliases:
        kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])


def _make_bucket(server: Server, bucket: Resource) -> None:
    s3 = server.client("s3")
    name = _bucket(bucket.arn)
    s3.create_bucket(**name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    if bucket.policy is not None:
        s3.put_bucket_policy(**name, Policy=server.text(bucket.policy))


def _make_queue(server: Server, queue: Resource) -> None:
    attributes = {} if queue.policy is None else {"Policy": server.text(queue.policy)}
    server.client("sqs").create_queue(QueueName=queue.arn.split(":")[5], Attributes=attributes)


def _make_topic(server: Server, topic: Resource) -> None:
    attributes = {} if topic.policy is None else {"Policy": server.text(topic.policy)}
    server.client("sns").create_topic(Name=topic.arn.split(":")[5], Attributes=attributes)


def _make_table(server: Server, table: Resource) -> None:
    server.client("dynamodb").create_table(
        TableName=_name(table.arn),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )


def _make_log_group(server: Server, group: Resource) -> None:
    server.client("logs").create_log_group(logGroupName=_group(group.arn))


def _make_bus(server: Server, bus: Resource) -> None:
    events = server.client("events")
    events.create_event_bus(Name=_name(bus.arn))
    if bus.policy is not None:
        events.put_permission(EventBusName=_name(bus.arn), Policy=server.text(bus.policy))


def _make_repository(server: Server, repository: Resource) -> None:
    ecr = server.client("ecr")
    ecr.create_repository(repositoryName=_name(repository.arn))
    if repository.policy is not None:
        ecr.set_repository_policy(
            repositoryName=_name(repository.arn), policyText=server.text(repository.policy)
        )


def _make_parameter(server: Server, parameter: Resource) -> None:
    server.client("ssm").put_parameter(Name=f"/{_name(parameter.arn)}", Value="none", Type="String")


def _make_machine(server: Server, machine: Resource) -> None:
    server.client("stepfunctions").create_state_machine(
        name=machine.arn.split(":")[6],
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn=server.some_role[machine.account],
    )


def _make_project(server: Server, project: Resource) -> None:
    server.client("codebuild").create_project(
        name=_name(project.arn),
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "x",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=server.some_role[project.account],
    )


_MAKERS: Mapping[str, Callable[[Server, Resource], None]] = {
    "AWS::KMS::Key": _make_key,
    "AWS::S3::Bucket": _make_bucket,
    "AWS::SQS::Queue": _make_queue,
    "AWS::SNS::Topic": _make_topic,
    "AWS::DynamoDB::Table": _make_table,
    "AWS::Logs::LogGroup": _make_log_group,
    "AWS::Events::EventBus": _make_bus,
    "AWS::ECR::Repository": _make_repository,
    "AWS::SSM::Parameter": _make_parameter,
    "AWS::StepFunctions::StateMachine": _make_machine,
    "AWS::CodeBuild::Project": _make_project,
}
MADE = frozenset(_MAKERS)
"""Kinds of resources that are made."""
