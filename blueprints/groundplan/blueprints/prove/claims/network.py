"""Nothing that trains, scores or serves has a way to the internet, unless the spec asks for one."""

from collections import Counter
from collections.abc import Iterable, Iterator

from groundplan.blueprints.prove.attempts import attempts
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.networks import FOREIGN_BUCKET, attached, expected, isolated
from groundplan.blueprints.prove.words import counted

OUT = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
"""Actions by which data would leave through the gateway to S3, which has no other door."""
MODES = {
    "isolated": "a network of its own, whose only routes are local and to S3's gateway",
    "existing": "a network that somebody else made; its routes are theirs to answer for",
    "none": "no network of its own: services reach the internet, isolated containers do not",
}
"""What a network's mode means, for a reader."""


def check(case: Case) -> Verdict:
    """Check all networks, what attaches to them, and who passes their endpoints."""
    kinds: Counter[str] = Counter()
    findings: list[Finding] = []
    for kind, found in (*attached(case), *isolated(case)):
        kinds[kind] += 1
        findings += found
    roles = [role for role in case.world.roles if role.kind != "person"]
    findings += check_roles(case, roles)
    return Verdict(
        claim=CLAIM.id,
        checked=sum(kinds.values()) + len(roles) * len(OUT),
        evidence=tuple(_evidence(case, kinds, len(roles))),
        findings=tuple(findings),
    )


def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
    """Yield what roles may do with a bucket of somebody else's, wherever it is."""
    trial = attempts(case.world)
    for role in roles:
        if role.kind == "person":
            continue
        bucket = f"arn:{role.arn.split(':')[1]}:s3:::{FOREIGN_BUCKET}"
        for action in OUT:
            target = bucket if action == "s3:ListBucket" else f"{bucket}/*"
            attempt = trial.allowed(role.arn, action, target)
            if attempt is not None:
                yield Finding(
                    subject=role.arn,
                    where=attempt.by,
                    problem=f"takes data out: {attempt.text}",
                    fix="name the project's buckets in it",
                )


def _evidence(case: Case, kinds: Counter[str], roles: int) -> Iterator[str]:
    for _, wanted in expected(case):
        yield f"{wanted.environment.name}: {MODES[wanted.mode]}"
    yield (
        f"{counted(kinds['job'], 'request')} of jobs and models, "
        f"{counted(kinds['endpoint'], 'endpoint')}: each in its environment's network, its containers "
        "isolated, traffic between them encrypted; a job of AWS Batch has no public address instead"
    )
    if kinds["recording job"]:
        where = (
            "runs outside the network, as the spec asks"
            if case.spec.tracking.allow_internet
            else "is in its environment's network"
        )
        yield (
            f"{counted(kinds['recording job'], 'request')} of jobs that record runs in MLflow: each "
            f"{where}, has a network, and reads what training recorded and an evaluation's numbers, "
            "neither data nor models"
        )
    if kinds["endpoint policy"]:
        yield (
            f"{counted(kinds['endpoint policy'], 'endpoint policy')} let only principals of the "
            f"{'organisation' if case.spec.organization_id else 'accounts of the project'} pass, but for "
            "image layers, which AWS's registry signs for itself"
        )
    yield f"{counted(roles, 'role')} reach no bucket of somebody else's"
    yield "builds of images are outside of all networks, and reach the internet"


CLAIM = Claim(
    id="network",
    sentence="No training, processing, scoring or serving has a route to the internet unless the spec "
    "asks for it, and endpoints let nobody pass but the organisation or the project's accounts.",
    check=check,
    check_roles=check_roles,
)
