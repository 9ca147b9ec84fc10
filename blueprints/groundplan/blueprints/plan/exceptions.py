"""Named exceptions to the rules of static checkers, each with its reason.

An acknowledgment is generated only from these: a wildcard that a duty explains, or a rule that a
unit does not follow on purpose. They are few, since each is read by whoever reviews the project.
"""

from dataclasses import dataclass

NO_NARROWER = "IAM defines no resource type for these actions, so only a wildcard is possible"
AT_RUN_TIME = "these names are made or completed at run time; the fixed prefix is the project's own"
OBJECTS = AT_RUN_TIME
JOBS = AT_RUN_TIME
STACK_RESOURCES = AT_RUN_TIME
BY_CONDITION = (
    "AWS assigns these ids and names; conditions, as kms:ResourceAliases, limit this to the project"
)
KEY_BY_ALIAS = BY_CONDITION
BOUNDARY = "a boundary grants nothing; the policies under it name actions and resources"

ACCESS_LOGS_BUCKET = (
    "log delivery supports SSE-S3 only, a log bucket cannot log to itself, and the buckets of the "
    "bootstrap and of pipelines are there before any log bucket"
)
OWN_TRAIL = "its own trail tells who reads it; access logs of it would need one bucket more"
DEAD_LETTER_QUEUE = "the queue is itself a dead-letter queue"
BUILD_FROM_S3 = (
    "the source of a build is in S3, read with the build's own role, not in a repository"
)
NO_REPLICATION = (
    "data can be rebuilt, is versioned, or expires by itself; a second region and a backup plan are "
    "the organisation's choice"
)
NO_SUCH_SETTING = (
    "AWS has no such setting: a template cannot change a VPC's default security group, which nothing "
    "uses, and local NVMe storage, encrypted by its hardware, takes no volume key"
)

COMPLIANCE_PACKS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")
"""Packs of cdk-nag that share rules under names of their own."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CheckException:
    """A finding of a static checker that is accepted on purpose."""

    rule: str
    """Rule id as the checker prints it."""

    reason: str
    """Why it is accepted."""

    @property
    def checker(self) -> str:
        """Program whose rule it is: ``cdk-nag``, ``checkov`` or ``cloudsplaining``."""
        if self.rule.startswith("CKV"):
            return "checkov"
        return "cloudsplaining" if self.rule.startswith("cloudsplaining-") else "cdk-nag"


def accept(reason: str, *rules: str) -> tuple[CheckException, ...]:
    """Return an exception for each rule."""
    return tuple(CheckException(rule=rule, reason=reason) for rule in rules)


def in_packs(rule: str, *packs: str) -> tuple[str, ...]:
    """Return the ids that a rule has in ``packs``, by default in all :data:`COMPLIANCE_PACKS`."""
    return tuple(f"{pack}-{rule}" for pack in packs or COMPLIANCE_PACKS)


def template_metadata(exceptions: tuple[CheckException, ...]) -> dict[str, object]:
    """Return what a resource's ``Metadata`` says to the checkers that read templates.

    The form is checkov's (its documentation "Suppressing and skipping policies", 2026-10); findings of
    cloudsplaining, which reads no templates, are kept in the same form beside them.
    """
    by_checker: dict[str, object] = {}
    for checker in ("checkov", "cloudsplaining"):
        own = sorted({item for item in exceptions if item.checker == checker})
        if own:
            by_checker[checker] = {
                "skip": [{"id": item.rule, "comment": item.reason} for item in own]
            }
    return by_checker
