"""Everything that is kept is encrypted under the project's keys, and nothing is open to others."""

from collections import Counter
from collections.abc import Iterator

from groundplan.blueprints.plan.data_bucket import (
    CUSTOMER_KEY_HEADER,
    ENCRYPTION_HEADER,
    KEY_HEADER,
    DataBucketPlan,
)
from groundplan.blueprints.prove.at_rest import Exempt, Problem, at_rest
from groundplan.blueprints.prove.attempts import Values, attempts
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import Resource
from groundplan.blueprints.prove.outsiders import Outsider, outsiders
from groundplan.blueprints.prove.words import counted

BUCKET, QUEUE, TOPIC = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"
DATA_ACTIONS: dict[str, tuple[str, ...]] = {
    BUCKET: (
        "s3:DeleteObject", "s3:GetBucketPolicy", "s3:GetObject", "s3:GetObjectVersion",
        "s3:ListBucket", "s3:PutBucketPolicy", "s3:PutObject",
    ),
    TOPIC: ("sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes"),
    QUEUE: ("sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:SetQueueAttributes"),
    "AWS::KMS::Key": (
        "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
        "kms:PutKeyPolicy", "kms:ReEncryptFrom", "kms:ScheduleKeyDeletion",
    ),
    "AWS::ECR::Repository": (
        "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer", "ecr:PutImage",
        "ecr:SetRepositoryPolicy",
    ),
    "AWS::SageMaker::ModelPackageGroup": (
        "sagemaker:CreateModel", "sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages", "sagemaker:UpdateModelPackage",
    ),
    "AWS::Events::EventBus": ("events:PutEvents", "events:PutRule"),
}  # fmt: skip
"""What somebody would do to a resource, by its type."""
PLAIN = {
    BUCKET: ("s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    TOPIC: ("sns:Publish",),
    QUEUE: ("sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"),
}
"""Actions that must not be possible without TLS, on what also answers without it.

S3, SQS and SNS have endpoints without TLS; other services answer over TLS 1.2 or later only (AWS General
Reference, service endpoints, 2026-11-21).
"""
NAMED = ("data-state", "registry")
"""Stacks of the buckets whose writers have to name a key, or leave the headers out. Of checkpoints AWS
does not say what they ask for, and to a trail only CloudTrail writes, which names its key."""
OTHER_ACCOUNT = "arn:aws:kms:us-east-1:000000000000:key/somebody-elses"


def check(case: Case) -> Verdict:
    """Check every store of the plan, and every resource that has a policy."""
    kinds: Counter[str] = Counter()
    exempt: dict[str, Counter[str]] = {}
    findings = []
    for kind, outcomes in at_rest(case):
        kinds[kind] += 1
        for outcome in outcomes:
            match outcome:
                case Problem():
                    findings.append(
                        Finding(
                            subject=outcome.subject,
                            where=outcome.where,
                            problem=outcome.problem,
                            fix=outcome.fix,
                        )
                    )
                case Exempt():
                    exempt.setdefault(outcome.reason, Counter())[outcome.store] += 1
    held = [item for item in case.world.resources if item.kind in DATA_ACTIONS]
    foreign = [item for item in outsiders(case.plan) if item.account not in _accounts(case)]
    plain = [item for item in held if item.kind in PLAIN]
    buckets = [item for item in plain if item.kind == BUCKET]
    for resource in held:
        findings += _open(case, resource, foreign)
    for resource in plain:
        findings += _without_tls(case, resource)
    for resource in buckets:
        findings += _under_other_keys(case, resource)
    return Verdict(
        claim=CLAIM.id,
        checked=sum(kinds.values())
        + sum(len(DATA_ACTIONS[item.kind]) for item in held) * len(foreign)
        + sum(len(PLAIN[item.kind]) for item in plain)
        + len(buckets) * len(_REFUSED),
        evidence=tuple(_evidence(kinds, exempt, held)),
        findings=tuple(findings),
    )


def _evidence(
    kinds: Counter[str], exempt: dict[str, Counter[str]], held: list[Resource]
) -> Iterator[str]:
    others = sum(len(stores) for stores in exempt.values())
    yield f"{counted(sum(kinds.values()) - others, 'store')} under keys of the project"
    for reason, stores in exempt.items():
        yield f"{counted(len(stores), 'store')} otherwise: {reason}"
    of = Counter(item.kind for item in held)
    plain = ", ".join(
        counted(of[kind], noun)
        for kind, noun in ((BUCKET, "bucket"), (QUEUE, "queue"), (TOPIC, "topic"))
    )
    yield f"{plain} refuse requests without TLS, buckets those with TLS below 1.2 as well"
    yield (
        f"{counted(len(held), 'resource')} with a policy of their own or none refuse anybody, and an "
        "administrator of a foreign account"
    )
    yield (
        f"{counted(_keyed(held), 'bucket')} refuse uploads under another key, S3's own or a "
        "customer's; those of datasets and models also under an AWS managed key"
    )


def _accounts(case: Case) -> frozenset[str]:
    return frozenset(place.account for place in case.plan.places())


def _keyed(buckets: list[Resource]) -> int:
    return sum(
        isinstance(item.unit, DataBucketPlan) and item.unit.encryption_key is not None
        for item in buckets
    )


def _open(case: Case, resource: Resource, foreign: list[Outsider]) -> Iterator[Finding]:
    """Nobody without a part in the project does anything to what it owns."""
    trial = attempts(case.world)
    for outsider in foreign:
        for action in DATA_ACTIONS[resource.kind]:
            attempt = trial.allowed(outsider.principal, action, _target(resource, action))
            if attempt is not None:
                yield Finding(
                    subject=resource.arn,
                    where=attempt.by,
                    problem=f"open to {outsider.description}: {attempt.text}",
                    fix="name the principals, and limit them by aws:PrincipalArn",
                )


def _without_tls(case: Case, resource: Resource) -> Iterator[Finding]:
    """Not even the account's own administrator gets through without TLS."""
    wanted: list[tuple[Values, str, str]] = [
        ({"aws:SecureTransport": "false"}, "without TLS", "Bool aws:SecureTransport false")
    ]
    if resource.kind == BUCKET:
        old = {"s3:TlsVersion": "1.1"}
        wanted.append((old, "with TLS 1.1", "NumericLessThan s3:TlsVersion 1.2"))
    for context, how, condition in wanted:
        for action in PLAIN[resource.kind]:
            attempt = attempts(case.world).exactly(
                _administrator(resource), action, _target(resource, action), context
            )
            if attempt is not None:
                yield Finding(
                    subject=resource.arn,
                    where=f"resource policy of {resource.arn}",
                    problem=f"answers {how}: {attempt.text}",
                    fix=f"deny {action} to everybody under {condition}",
                )


def _under_other_keys(case: Case, resource: Resource) -> Iterator[Finding]:
    """No write chooses another encryption than the bucket's."""
    unit = resource.unit
    if not isinstance(unit, DataBucketPlan) or unit.encryption_key is None:
        return
    for words, context, always in _REFUSED:
        if not always and resource.stack not in NAMED:
            continue
        attempt = attempts(case.world).exactly(
            _administrator(resource), "s3:PutObject", f"{resource.arn}/x", context
        )
        if attempt is not None:
            yield Finding(
                subject=resource.arn,
                where=f"resource policy of {resource.arn}",
                problem=f"admits an upload {words}: {attempt.text}",
                fix="deny s3:PutObject to everybody under these headers",
            )


def _administrator(resource: Resource) -> str:
    partition = resource.arn.split(":")[1]
    return f"arn:{partition}:iam::{resource.account}:role/administrator"


def _target(resource: Resource, action: str) -> str:
    if resource.kind == BUCKET and "Object" in action:
        return f"{resource.arn}/x"
    if resource.kind == "AWS::SageMaker::ModelPackageGroup":
        return resource.arn.replace(":model-package-group/", ":model-package/") + "/1"
    return resource.arn


_REFUSED: tuple[tuple[str, Values, bool], ...] = (
    (
        "under another key",
        {ENCRYPTION_HEADER: "aws:kms", KEY_HEADER: OTHER_ACCOUNT},
        True,
    ),
    ("under S3's own key", {ENCRYPTION_HEADER: "AES256"}, True),
    ("under a key of the customer's", {CUSTOMER_KEY_HEADER: "AES256"}, True),
    ("under the AWS managed key", {ENCRYPTION_HEADER: "aws:kms"}, False),
)
"""Headers of an upload that ask for another encryption than the bucket's, and whether every bucket
refuses them. Source: Amazon S3 API Reference, PutObject (2026-11-21)."""

CLAIM = Claim(
    id="data-protection",
    sentence="Everything that is kept is encrypted under a key of the project, nothing answers without "
    "TLS, no public path leads to it, and no foreign principal reaches it.",
    check=check,
)
