"""How one role becomes another, or makes it do its work."""

from collections.abc import Iterator, Mapping

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.prove.attempts import attempts
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.model import Role

DEPLOYS = ("cloudformation:UpdateStack", "cloudformation:ExecuteChangeSet")
"""Actions by which a stack's own role carries out what the caller says, without being passed."""


def becomes(case: Case, role: Role) -> Iterator[str]:
    """Yield the roles in whose name a role can do whatever it wants.

    It assumes them, hands them to a service that runs what it says, or updates a stack that has a role
    of its own.
    """
    trial = attempts(case.world)
    for other in case.world.roles:
        if other.arn == role.arn or other.trust is None:
            continue
        if trial.allowed(role.arn, "sts:AssumeRole", other.arn) is not None or any(
            trial.allowed(role.arn, "iam:PassRole", other.arn, {"iam:PassedToService": service})
            for service in _services(other)
        ):
            yield other.arn
    for stack in case.plan.stacks():
        own = stack.stack.execution_role_arn
        if isinstance(stack, ServingStackPlan) and own is not None and own != role.arn:
            template = stack.stack.place.arn("cloudformation", f"stack/{stack.stack.name}/*")
            if any(trial.allowed(role.arn, action, template) for action in DEPLOYS):
                yield own


def starts(case: Case, role: Role) -> Iterator[str]:
    """Yield the roles that a role makes do the work which they are there for, and nothing else."""
    trial = attempts(case.world)
    for machine in every(case.plan.stages, PipelinePlan):
        if trial.allowed(role.arn, "states:StartExecution", machine.arn) is not None:
            yield machine.role.arn
    for build in every(case.plan.stages, ImageBuildPlan):
        if trial.allowed(role.arn, "codebuild:StartBuild", build.arn) is not None:
            yield build.role.arn
    rules = list(every(case.plan.stages, EventRulePlan))
    for bus in every(case.plan.stages, EventBusPlan):
        if trial.allowed(role.arn, "events:PutEvents", bus.arn) is not None:
            account = bus.arn.split(":")[4]
            for rule in rules:
                here = rule.bus_name == bus.name and rule.arn.split(":")[4] == account
                if here and _takes(rule, role.account):
                    yield rule.role.arn


def _takes(rule: EventRulePlan, account: str) -> bool:
    """Return whether a rule takes events of an account, which AWS writes into them itself."""
    pattern = rule.event_pattern
    accounts = pattern.get("account") if isinstance(pattern, Mapping) else None
    return accounts is None or (isinstance(accounts, (list, tuple)) and account in accounts)


def _services(role: Role) -> tuple[str, ...]:
    if role.trust is None:
        return ()
    return tuple(
        service
        for statement in role.trust.statements
        for service in (statement.principals or {}).get("Service", ())
    )
