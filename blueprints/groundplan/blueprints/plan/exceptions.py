"""Named exceptions to the rules of static checkers, each with its reason.

An acknowledgment is generated only from these: a wildcard that a duty explains, or a rule that a
unit does not follow on purpose.
"""

from dataclasses import dataclass

NO_NARROWER = "IAM defines no resource type for these actions, so only a wildcard is possible"
OBJECTS = "object, log stream and log group names are made at run time under this fixed prefix"
JOBS = "job, build and execution names are made at run time under this fixed prefix"
KEY_BY_ALIAS = "AWS assigns key ids at creation; kms:ResourceAliases limits this to the named keys"
BY_CONDITION = "AWS makes up these ids and names; conditions limit this to the project's own"
STACK_RESOURCES = "AWS appends ids to these names; the fixed prefix limits this to the project"

ACCESS_LOGS_BUCKET = "log delivery supports SSE-S3 only, and a log bucket cannot log to itself"
DEAD_LETTER_QUEUE = "the queue is itself a dead-letter queue"
DOCKER_BUILD = "building an image needs Docker, which needs a privileged build"
NO_REPLICATION = "data can be rebuilt or is versioned; a second region is a choice of the spec"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CheckException:
    """A finding of a static checker that is accepted on purpose."""

    rule: str
    """Rule id as the checker prints it."""

    reason: str
    """Why it is accepted."""
