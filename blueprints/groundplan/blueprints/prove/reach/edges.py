"""How one role becomes another, or makes it do its work."""

from collections.abc import Iterator, Mapping

from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.prove.attempts import attempts
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.kept import kept_by_plan
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.parts import every

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
    for action, arn, other in _started(case):
        if trial.allowed(role.arn, action, arn) is not None:
            yield other
    for bus, rules in _listening(case):
        if trial.allowed(role.arn, "events:PutEvents", bus) is not None:
            yield from (rule.role.arn for rule in rules if _takes(rule, role.account))


@kept_by_plan
def _started(case: Case) -> tuple[tuple[str, str, str], ...]:
    """Return what can be started: the action, the ARN, and the role that does the work."""
    stages = case.plan.stages
    return (
        *(("states:StartExecution", m.arn, m.role.arn) for m in every(stages, PipelinePlan)),
        *(("codebuild:StartBuild", b.arn, b.role.arn) for b in every(stages, ImageBuildPlan)),
    )


@kept_by_plan
def _listening(case: Case) -> tuple[tuple[str, tuple[EventRulePlan, ...]], ...]:
    """Return each bus with the rules on it."""
    rules = tuple(every(case.plan.stages, EventRulePlan))
    return tuple(
        (
            bus.arn,
            tuple(
                rule
                for rule in rules
                if rule.bus_name == bus.name and rule.arn.split(":")[4] == bus.arn.split(":")[4]
            ),
        )
        for bus in every(case.plan.stages, EventBusPlan)
    )


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
