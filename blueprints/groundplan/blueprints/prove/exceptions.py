"""Every finding of a static checker that a project accepts, as its plan names them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from groundplan.blueprints.plan.exceptions import CheckException
from groundplan.blueprints.plan.project import Plan


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AcknowledgedException:
    """A finding that is accepted at one resource."""

    rule: str
    """Rule id as the checker prints it."""

    resource: str
    """Stage, stack and unit, joined by slashes; of stage 0 the account instead of the stack."""

    reason: str
    """Why it is accepted."""


def exceptions(plan: Plan) -> tuple[AcknowledgedException, ...]:
    """Return what is accepted at each resource of a project, each once, sorted.

    Stage 0 and the bootstrap are plain templates, which cdk-nag does not read.
    """
    found: set[AcknowledgedException] = set()
    for stage_0 in plan.stage_0:
        prefix = f"stage-0/{stage_0.place.account}"
        found |= {
            item
            for item in _accepted(stage_0, prefix)
            if CheckException(rule=item.rule, reason=item.reason).checker != "cdk-nag"
        }
    for stage in plan.stages:
        for stack in stage.stacks:
            head = stack.stack
            for field in fields(stack):
                part = getattr(stack, field.name)
                found |= set(_accepted(part, f"{head.scope}/{head.id}"))
    return tuple(sorted(found))


def _accepted(part: object, prefix: str, field: str = "") -> Iterator[AcknowledgedException]:
    """Yield what a part of a plan and all units in it accept."""
    if part is None or isinstance(part, (str, int, float)):
        return
    if isinstance(part, list | tuple):
        for item in part:
            yield from _accepted(item, prefix, field)
    elif isinstance(part, Mapping):
        yield from _accepted(tuple(part.values()), prefix)
    elif is_dataclass(part) and not isinstance(part, type):
        unit = getattr(part, "id", None)
        if isinstance(unit, str):
            prefix = f"{prefix}/{unit}"
        elif field and hasattr(part, "exceptions"):
            prefix = f"{prefix}/{field}"
        for item in getattr(part, "exceptions", ()):
            yield AcknowledgedException(rule=item.rule, resource=prefix, reason=item.reason)
        for member in fields(part):
            yield from _accepted(getattr(part, member.name), prefix, member.name)
