"""State machines, what starts them, and the locks that keep them apart."""

from collections.abc import Iterator

from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import StagePlan
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.prove.protected.facts import Facts, Protected, rows

CHANGE = tuple(
    f"states:{action}"
    for action in ("CreateStateMachine", "DeleteStateMachine", "UpdateStateMachine")
)
START = ("states:StartExecution", "states:StartSyncExecution", "states:RedriveExecution")
RULE = tuple(
    f"events:{action}"
    for action in (
        "DeleteRule", "DisableRule", "EnableRule", "PutRule", "PutTargets", "RemoveTargets",
    )
)  # fmt: skip
SCHEDULE = tuple(
    f"scheduler:{action}" for action in ("CreateSchedule", "DeleteSchedule", "UpdateSchedule")
)
BUS = ("events:DeleteEventBus", "events:PutPermission", "events:RemovePermission")
LOCK = ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
TABLE = tuple(
    f"dynamodb:{action}"
    for action in ("DeleteTable", "PutResourcePolicy", "UpdateTable", "UpdateTimeToLive")
)
BUILD = tuple(f"codebuild:{action}" for action in ("DeleteProject", "UpdateProject"))


def pipelines(facts: Facts) -> Iterator[Protected]:
    """Yield what is protected of each pipeline, rule, bus, table of locks and build."""
    rules = list(every(facts.case.plan.stages, EventRulePlan))
    for stage in facts.case.plan.stages:
        for machine in every(stage, PipelinePlan):
            yield from _machine(facts, stage, machine, rules)
        for rule in every(stage, EventRulePlan):
            yield from _deployed(facts, stage.place, f"changes rule {rule.name}", RULE, rule.arn)
        for bus in every(stage, EventBusPlan):
            yield from _bus(facts, stage.place, bus, rules)
        for table in every(stage, LockTablePlan):
            yield from _locks(facts, stage.place, table)
        for build in every(stage, ImageBuildPlan):
            yield from _build(facts, stage.place, build)


def _machine(
    facts: Facts, stage: StagePlan, machine: PipelinePlan, rules: list[EventRulePlan]
) -> Iterator[Protected]:
    place = stage.place
    yield from _deployed(facts, place, f"alters pipeline {machine.name}", CHANGE, machine.arn)
    starters = [rule.role.arn for rule in rules if rule.target_arn == machine.arn]
    if machine.schedule_role is not None:
        starters.append(machine.schedule_role.arn)
    yield from rows(
        facts, kind="start", what=f"starts {machine.name}", actions=START, resource=machine.arn,
        account=place.account, may=starters, names=(machine.arn,),
    )  # fmt: skip
    for item in machine.schedules:
        arn = place.arn("scheduler", f"schedule/{item.group_name}/{item.name}")
        what = f"changes when {machine.name} starts"
        yield from _deployed(facts, place, what, SCHEDULE, arn)


def _bus(
    facts: Facts, place: Place, bus: EventBusPlan, rules: list[EventRulePlan]
) -> Iterator[Protected]:
    yield from _deployed(facts, place, f"opens bus {bus.name}", BUS, bus.arn)
    yield from rows(
        facts, kind="start", what=f"puts events on bus {bus.name}", actions=["events:PutEvents"],
        resource=bus.arn, account=place.account,
        may=[rule.role.arn for rule in rules if rule.target_arn == bus.arn], names=(bus.arn,),
        known=True,
    )  # fmt: skip


def _locks(facts: Facts, place: Place, table: LockTablePlan) -> Iterator[Protected]:
    yield from rows(
        facts, kind="lock", what=f"changes locks in {table.name}", actions=LOCK,
        resource=table.arn, account=place.account, names=(table.name,),
    )  # fmt: skip
    yield from _deployed(facts, place, f"changes table {table.name}", TABLE, table.arn, "lock")


def _build(facts: Facts, place: Place, build: ImageBuildPlan) -> Iterator[Protected]:
    yield from _deployed(
        facts, place, f"changes the build of {build.name}", BUILD, build.arn, "version"
    )
    yield from _deployed(
        facts, place, f"changes what starts {build.name}", RULE,
        place.arn("events", f"rule/{build.rule_name}"),
    )  # fmt: skip
    yield from rows(
        facts, kind="start", what=f"starts {build.name}", actions=["codebuild:StartBuild"],
        resource=build.arn, account=place.account, may=[build.trigger_role.arn],
    )  # fmt: skip


def _deployed(
    facts: Facts,
    place: Place,
    what: str,
    actions: tuple[str, ...],
    resource: str,
    kind: str = "pipeline",
) -> Iterator[Protected]:
    """Yield what only CloudFormation changes."""
    yield from rows(
        facts, kind=kind, what=what, actions=actions, resource=resource, account=place.account,
        may=[facts.deployment(place)],
    )  # fmt: skip
