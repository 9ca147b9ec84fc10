"""Generated cases of policy evaluation, and other people's evaluators to compare with."""

import base64
import json
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.evaluate.caller import caller
from groundplan.blueprints.prove.evaluate.context import complete
from groundplan.blueprints.prove.model import (
    Decision,
    Policy,
    PolicyKind,
    PolicyStatement,
    Request,
)

ROOT = Path(__file__).parent.parent
HERE, THERE = "111111111111", "222222222222"
ROLES = tuple(
    f"arn:aws:iam::{account}:role/{name}"
    for account in (HERE, THERE)
    for name in ("reader", "writer")
)
SERVICES = ("events.amazonaws.com", "cloudwatch.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request and all policies that it meets."""

    kind: str
    principal: str
    action: str
    resource: str
    owner: str
    context: Mapping[str, str | tuple[str, ...]]
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] = ()
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_policy: Policy | None = None
    required: bool = False

    def decide(self) -> Decision:
        """Return our own decision."""
        return simulate(
            Request(
                principal=self.principal,
                action=self.action,
                resource=self.resource,
                context=self.context,
            ),
            Policies(
                identity=self.identity,
                boundary=self.boundary,
                session=self.session,
                service_control=self.service_control,
                resource=self.resource_policy,
                required=self.required,
            ),
            owner=self.owner,
        )

    def policies(self) -> Iterator[Policy]:
        """Yield all policies."""
        yield from self.identity
        yield from self.session
        for policy in (self.boundary, self.resource_policy):
            if policy is not None:
                yield policy
        for level in self.service_control:
            yield from level

    def statements(self) -> Iterator[PolicyStatement]:
        """Yield all statements."""
        for policy in self.policies():
            yield from policy.statements

    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield operator, key and values of all conditions."""
        for statement in self.statements():
            for operator, keys in statement.condition.items():
                for key, values in keys.items():
                    yield operator, key, values

    def to_json(self) -> dict[str, Any]:
        """Return the case for another program."""
        kind = caller(self.principal).kind
        return {
            "principal": self.principal,
            "service": self.principal if kind == "service" else None,
            "action": self.action,
            "resource": self.resource,
            "owner": self.owner,
            "context": {
                key: value if isinstance(value, str) else list(value)
                for key, value in self.context.items()
            },
            "identity": [document(policy) for policy in self.identity],
            "boundary": document(self.boundary) if self.boundary else None,
            "session": [document(policy) for policy in self.session],
            "serviceControl": [
                [document(policy) for policy in level] for level in self.service_control
            ],
            "resourcePolicy": document(self.resource_policy) if self.resource_policy else None,
            "required": self.required,
        }


def answer(decision: Decision) -> str:
    """Return a decision in the words of the other evaluators."""
    if decision.allowed:
        return "allowed"
    return "denied" if decision.statements else "not allowed"


def document(policy: Policy) -> dict[str, Any]:
    """Return a policy as IAM reads it."""
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(statement) for statement in policy.statements],
    }


def _statement(statement: PolicyStatement) -> dict[str, Any]:
    def principals(named: Mapping[str, tuple[str, ...]]) -> Any:
        if "*" in named:
            return "*"
        return {kind: list(names) for kind, names in named.items()}

    out: dict[str, Any] = {"Sid": statement.sid, "Effect": statement.effect}
    if statement.principals is not None:
        out["Principal"] = principals(statement.principals)
    if statement.not_principals is not None:
        out["NotPrincipal"] = principals(statement.not_principals)
    for name, values in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if values:
            out[name] = list(values)
    if statement.condition:
        out["Condition"] = {
            operator: {key: list(values) for key, values in keys.items()}
            for operator, keys in statement.condition.items()
        }
    return out


def ask(command: Sequence[str | Path], cases: Sequence[Case], *, cwd: Path = ROOT) -> list[str]:
    """Return the answers of another evaluator, run once for all cases."""
    done = subprocess.run(
        list(map(str, command)),
        input=json.dumps([case.to_json() for case in cases]),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[str] = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return answers


RESOURCES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "s3": (
        ("arn:aws:s3:::data/train/a.csv", "arn:aws:s3:::data/test/b.csv", "arn:aws:s3:::work/x"),
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    ),
    "kms": (
        (f"arn:aws:kms:eu-west-1:{HERE}:key/data", f"arn:aws:kms:eu-west-1:{HERE}:key/work"),
        ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"),
    ),
    "sqs": (
        (f"arn:aws:sqs:eu-west-1:{HERE}:dead-letters", f"arn:aws:sqs:eu-west-1:{HERE}:jobs"),
        ("sqs:SendMessage", "sqs:ReceiveMessage"),
    ),
    "sns": (
        (f"arn:aws:sns:eu-west-1:{HERE}:alarms", f"arn:aws:sns:eu-west-1:{HERE}:news"),
        ("sns:Publish", "sns:Subscribe"),
    ),
    "events": (
        (f"arn:aws:events:eu-west-1:{HERE}:event-bus/prod",),
        ("events:PutEvents",),
    ),
    "logs": (
        (f"arn:aws:logs:eu-west-1:{HERE}:log-group:/aws/sagemaker/TrainingJobs:log-stream:a",),
        ("logs:PutLogEvents", "logs:CreateLogStream"),
    ),
    "dynamodb": (
        (f"arn:aws:dynamodb:eu-west-1:{HERE}:table/locks",),
        ("dynamodb:GetItem", "dynamodb:UpdateItem"),
    ),
    "sagemaker": (
        (
            f"arn:aws:sagemaker:eu-west-1:{HERE}:model-package/churn/1",
            f"arn:aws:sagemaker:eu-west-1:{HERE}:endpoint/churn-prod",
        ),
        ("sagemaker:DescribeModelPackage", "sagemaker:CreateModel"),
    ),
}
"""Resources and actions by service."""
WITH_POLICY = ("s3", "sqs", "sns", "events", "sagemaker")
TRUSTED = "arn:aws:iam::111111111111:role/releaser"


@dataclass(frozen=True)
class Key:
    """A condition key: its type, the values it takes, and whether it holds a list."""

    name: str
    type: str
    values: tuple[str, ...]
    listed: bool = False
    patterns: tuple[str, ...] = ()
    given: float = 0.7
    wrong: tuple[str, ...] = field(default=())


KEYS = (
    Key("aws:SourceVpce", "String", ("vpce-1", "vpce-2"), patterns=("vpce-*", "vpce-?", "${*}")),
    Key("aws:PrincipalTag/team", "String", ("risk", "Risk", "sales"), patterns=("r*", "?isk")),
    Key(
        "aws:ResourceTag/scope",
        "String",
        ("prod", "staging"),
        patterns=("${aws:PrincipalTag/team}",),
    ),
    Key(
        "s3:prefix",
        "String",
        ("train/", "test/", "home/risk"),
        patterns=("t*/", "home/${aws:PrincipalTag/team, 'none'}", "${s3:prefix}"),
    ),
    Key(
        "kms:ViaService",
        "String",
        ("s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"),
        patterns=("s3.*.amazonaws.com",),
    ),
    Key(
        "kms:ResourceAliases",
        "String",
        ("alias/data", "alias/work", "alias/other"),
        listed=True,
        patterns=("alias/*",),
    ),
    Key("aws:TagKeys", "String", ("scope", "team", "Team"), listed=True, patterns=("*m",)),
    Key("s3:TlsVersion", "Numeric", ("1.1", "1.2", "1.3"), given=0.9),
    Key("s3:max-keys", "Numeric", ("10", "100", "1000", "10.0")),
    Key(
        "aws:CurrentTime",
        "Date",
        ("2026-11-21T10:00:00Z", "2026-11-21T12:00:00+02:00", "2027-01-01T00:00:00Z"),
        given=1,
    ),
    Key("aws:SecureTransport", "Bool", ("true", "false"), given=1),
    Key("kms:GrantIsForAWSResource", "Bool", ("true", "false", "True")),
    Key(
        "aws:SourceArn",
        "Arn",
        (
            f"arn:aws:events:eu-west-1:{HERE}:rule/bus/nightly",
            "arn:aws:s3:::data",
            f"arn:aws:sagemaker:eu-west-1:{HERE}:training-job/a",
        ),
        patterns=(
            f"arn:aws:events:eu-west-1:{HERE}:rule/*",
            "arn:aws:*:*:*:*",
            f"arn:aws:sagemaker:*:{HERE}:training-job/?",
        ),
    ),
    Key(
        "aws:PrincipalArn",
        "Arn",
        ROLES,
        patterns=(f"arn:aws:iam::{HERE}:role/*", "arn:aws:iam::*:role/reader"),
        given=0,
    ),
    Key(
        "aws:SourceIp",
        "IpAddress",
        ("10.0.1.7", "10.1.0.1", "203.0.113.9", "2001:db8::7"),
        patterns=("10.0.0.0/16", "203.0.113.0/24", "2001:db8::/32", "10.0.1.7/32"),
        given=0.9,
    ),
    Key(
        "aws:Blob",
        "Binary",
        tuple(base64.b64encode(text).decode() for text in (b"one", b"two")),
    ),
)
"""What conditions are about. ``aws:PrincipalArn`` follows from the principal."""
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "String": (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    "Numeric": tuple(
        f"Numeric{name}"
        for name in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    ),
    "Date": tuple(
        f"Date{name}"
        for name in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    ),
    "Bool": ("Bool",),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "IpAddress": ("IpAddress", "NotIpAddress"),
    "Binary": ("BinaryEquals",),
}
"""Every operator by the type of its keys; ``Null`` is for all of them."""
KINDS = (
    "identity",
    "boundary",
    "session",
    "service control",
    "resource",
    "cross-account",
    "key",
    "trust",
    "service",
    "everything",
)
"""Kinds of cases: which policies meet."""


def generate(kind: str, number: int, seed: int) -> list[Case]:
    """Return cases of a kind, always the same for a seed."""
    return [_Maker(random.Random(f"{kind}/{seed}/{i}"), kind).case() for i in range(number)]


class _Maker:
    """Makes one case."""

    def __init__(self, chance: random.Random, kind: str) -> None:
        self.chance = chance
        self.kind = kind
        service = {"key": "kms", "trust": "sts"}.get(kind) or chance.choice(
            WITH_POLICY
            if kind in ("resource", "cross-account", "service")
            else tuple(name for name in RESOURCES if name != "kms" or kind == "everything")
        )
        self.service = service
        if service == "sts":
            self.resources: tuple[str, ...] = (TRUSTED,)
            self.actions: tuple[str, ...] = ("sts:AssumeRole", "sts:TagSession")
        else:
            self.resources, self.actions = RESOURCES[service]
        self.resource = chance.choice(self.resources)
        self.action = chance.choice(self.actions)
        self.principal = self._principal()
        self.context = self._context()

    def case(self) -> Case:
        kind = self.kind
        whole = kind == "everything"
        service = kind == "service"
        with_resource = kind in ("resource", "cross-account", "key", "trust", "service") or (
            whole and self.service in (*WITH_POLICY, "kms")
        )
        required = self.service in ("kms", "sts")
        likely = kind in ("boundary", "session", "service control", "cross-account", "everything")
        policy: PolicyKind = "trust" if kind == "trust" else "resource"
        return Case(
            kind=kind,
            principal=self.principal,
            action=self.action,
            resource=self.resource,
            owner=HERE,
            context=self.context,
            identity=()
            if service
            else tuple(
                self._policy("identity", likely) for _ in range(self.chance.choice((0, 1, 1, 2)))
            ),
            boundary=self._policy("boundary", True)
            if kind == "boundary" or (not service and self.chance.random() < 0.3)
            else None,
            session=(self._policy("session", True),)
            if kind == "session" or (whole and self.chance.random() < 0.3)
            else (),
            service_control=tuple(
                tuple(
                    self._policy("service_control", True)
                    for _ in range(self.chance.choice((1, 1, 2)))
                )
                for _ in range(self.chance.choice((1, 2)))
            )
            if kind == "service control" or (whole and self.chance.random() < 0.5)
            else (),
            resource_policy=self._policy(policy, likely)
            if with_resource and (required or self.chance.random() < 0.95)
            else None,
            required=required and with_resource,
        )

    def _principal(self) -> str:
        if self.kind == "service":
            return self.chance.choice(SERVICES)
        account = THERE if self.kind == "cross-account" else HERE
        if self.kind in ("key", "trust", "everything") and self.chance.random() < 0.3:
            account = THERE
        name = self.chance.choice(("reader", "writer"))
        if self.chance.random() < 0.3:
            return f"arn:aws:sts::{account}:assumed-role/{name}/job"
        return f"arn:aws:iam::{account}:role/{name}"

    def _context(self) -> Mapping[str, str | tuple[str, ...]]:
        given: dict[str, str | tuple[str, ...]] = {}
        for key in KEYS:
            if self.chance.random() < key.given:
                if key.listed:
                    given[key.name] = tuple(
                        self.chance.sample(key.values, self.chance.choice((1, 1, 2)))
                    )
                else:
                    given[key.name] = self.chance.choice(key.values)
        filled = complete(
            given,
            caller=caller(self.principal),
            action=self.action,
            resource=self.resource,
            owner=HERE,
            region="eu-west-1",
        )
        shown = {name.lower(): name for name in given}
        listed = {key.name.lower() for key in KEYS if key.listed}
        return {
            shown.get(name, name): values if name in listed else values[0]
            for name, values in filled.items()
        }

    def _policy(self, kind: PolicyKind, likely: bool) -> Policy:
        number = self.chance.choice((1, 2, 2, 3))
        return Policy(
            kind=kind,
            name=kind,
            owner=self.resource,
            statements=tuple(self._make(kind, f"S{i}", likely and i == 0) for i in range(number)),
        )

    def _make(self, kind: PolicyKind, sid: str, likely: bool) -> PolicyStatement:
        chance = self.chance
        denies = not likely and chance.random() < 0.25
        named = self._actions(likely)
        not_actions = () if likely or chance.random() > 0.1 else named
        resources = self._resources(likely)
        not_resources = () if likely or chance.random() > 0.1 else resources
        has_resource = kind != "trust"
        principals = not_principals = None
        if kind in ("resource", "trust"):
            principals = self._principals(likely)
            if denies and chance.random() < 0.1:
                principals, not_principals = None, principals
        few = chance.random() < (0.6 if likely else 0.3)
        return PolicyStatement(
            sid=sid,
            effect="Deny" if denies else "Allow",
            actions=() if not_actions else named,
            not_actions=not_actions,
            resources=resources if has_resource and not not_resources else (),
            not_resources=not_resources if has_resource else (),
            principals=principals,
            not_principals=not_principals,
            condition={} if few else self._conditions(likely),
        )

    def _actions(self, likely: bool) -> tuple[str, ...]:
        prefix, name = self.action.split(":")
        patterns = (
            self.action,
            self.action,
            f"{prefix}:*",
            f"{prefix}:{name[:3]}*",
            f"{prefix}:*{name[-4:]}",
            f"{prefix}:?{name[1:]}",
            f"{prefix}:{name.lower()}",
            "*",
        )
        others = (*self.actions, "iam:PassRole", "ec2:*")
        picked = [self.chance.choice(patterns if likely or self.chance.random() < 0.6 else others)]
        if self.chance.random() < 0.3:
            picked.append(self.chance.choice(others))
        return tuple(dict.fromkeys(picked))

    def _resources(self, likely: bool) -> tuple[str, ...]:
        arn = self.resource
        head, tail = arn[:-4], arn[-4:]
        start, _, last = arn.rpartition(":")
        kind, slash, _ = last.partition("/")
        patterns = (
            arn,
            arn,
            "*",
            f"{head}*",
            f"{head}????",
            f"{start}:{kind}{slash}*",
            f"{start}:{kind}{slash}*{tail}",
            f"{head}${{aws:PrincipalTag/team}}",
            f"{start}:*",
        )
        others = (*self.resources, "arn:aws:s3:::other/*", f"{start}:{kind}{slash}none*")
        picked = [self.chance.choice(patterns if likely or self.chance.random() < 0.6 else others)]
        if self.chance.random() < 0.3:
            picked.append(self.chance.choice(others))
        return tuple(dict.fromkeys(picked))

    def _principals(self, likely: bool) -> Mapping[str, tuple[str, ...]]:
        chance = self.chance
        who = caller(self.principal)
        if who.kind == "service":
            name = who.arn if likely or chance.random() < 0.6 else chance.choice(SERVICES)
            return {"*": ("*",)} if chance.random() < 0.1 else {"Service": (name,)}
        of = who.account or HERE
        own = (
            f"arn:aws:iam::{of}:root",
            f"arn:aws:iam::{of}:root",
            of,
            who.role or who.arn,
            who.arn,
            "*",
        )
        others = (*ROLES, f"arn:aws:iam::{HERE}:root", f"arn:aws:iam::{THERE}:root")
        picked = [chance.choice(own if likely or chance.random() < 0.6 else others)]
        if chance.random() < 0.3:
            picked.append(chance.choice(others))
        if chance.random() < 0.05:
            return {"*": ("*",)}
        if chance.random() < 0.05:
            return {"Service": (SERVICES[0],)}
        return {"AWS": tuple(dict.fromkeys(picked))}

    def _conditions(self, likely: bool) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        chance = self.chance
        out: dict[str, dict[str, tuple[str, ...]]] = {}
        for _ in range(chance.choice((1, 1, 2))):
            key = chance.choice(KEYS)
            if chance.random() < 0.12:
                out.setdefault("Null", {})[key.name] = (chance.choice(("true", "false")),)
                continue
            operator = chance.choice(OPERATORS[key.type])
            wild = "Like" in operator or key.type in ("Arn", "IpAddress") or chance.random() < 0.15
            pool = (*key.values, *(key.patterns if wild else ()))
            given = self.context.get(key.name)
            values = chance.sample(pool, min(len(pool), chance.choice((1, 1, 2, 3))))
            if likely and isinstance(given, str) and chance.random() < 0.7:
                values[0] = given
            quantified = chance.random() < (0.9 if key.listed else 0.1)
            if quantified:
                operator = chance.choice(("ForAllValues:", "ForAnyValue:")) + operator
            if chance.random() < 0.25:
                operator += "IfExists"
            out.setdefault(operator, {})[key.name] = tuple(dict.fromkeys(values))
        return out
