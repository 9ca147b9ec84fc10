import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pulumi
import pytest
from tests_support import example_spec, found

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan, plan_pipeline
from groundplan.blueprints.plan.ref import Json, Ref
from groundplan.blueprints.plan.role import plan_role, service_trust
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import Pipeline, PipelineArgs
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
SUBNET = Ref("Network", "subnet_0")


def planned(definition: Mapping[str, Json], **substitutions: Ref) -> PipelinePlan:
    role = plan_role(
        id="Role",
        role_name="nightly",
        place=PLACE,
        path="/reports/",
        description="Makes the report",
        trust=service_trust("states.amazonaws.com", PLACE, None),
        duties=[],
        permissions_boundary=None,
    )
    made = plan_pipeline(
        name="nightly",
        place=PLACE,
        definition=definition,
        role=role,
        log_group_arn=PLACE.arn("logs", "log-group:/reports/runs"),
        encryption_key_alias="alias/reports",
    )
    return replace(made, substitutions=tuple(sorted(substitutions.items())))


SIMPLE: Mapping[str, Json] = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def test_the_machine_logs_and_traces_without_data(run: Run) -> None:
    def program() -> None:
        pipeline = Pipeline("nightly", PipelineArgs(plan=planned(SIMPLE)))
        pulumi.export("arn", pipeline.arn)

    recording = run(program)
    [machine] = recording.of_type("aws:sfn/stateMachine:StateMachine")
    assert json.loads(machine.inputs["definition"])["StartAt"] == "Done"
    assert machine.inputs["loggingConfiguration"] == {
        "includeExecutionData": False,
        "level": "ALL",
        "logDestination": "arn:aws:logs:eu-west-1:111111111111:log-group:/reports/runs:*",
    }
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}
    assert machine.inputs["roleArn"] == "arn:aws:iam::111111111111:role/reports/nightly"
    assert recording.outputs["arn"] == PLACE.arn("states", "stateMachine:nightly")


def test_what_only_the_network_knows_is_filled_in(run: Run) -> None:
    definition: Mapping[str, Json] = {
        "StartAt": "Job",
        "States": {"Job": {"Type": "Pass", "End": True, "Output": "{% '${Subnet}' & '$kept' %}"}},
    }
    plan = planned(definition, Subnet=SUBNET)
    subnet = pulumi.Output.from_input('subnet-"1"')
    args = PipelineArgs(plan=plan, network={SUBNET: subnet})
    [machine] = run(lambda: Pipeline("nightly", args)).of_type("aws:sfn/stateMachine:StateMachine")
    filled = json.loads(machine.inputs["definition"])
    assert filled["States"]["Job"]["Output"] == "{% 'subnet-\"1\"' & '$kept' %}"


def test_fails_without_the_network_that_the_plan_refers_to(run: Run) -> None:
    plan = planned(SIMPLE, Subnet=SUBNET)
    with pytest.raises(ConstructError, match=r"nightly\.network: the plan refers to"):
        run(lambda: Pipeline("nightly", PipelineArgs(plan=plan)))


def test_schedules_start_it_and_keep_failed_starts(run: Run) -> None:
    plans = found(plan(example_spec("nightly"), engine="pulumi"), PipelinePlan)
    scheduled = next(item for item in plans if item.schedules)
    network = {ref: f"{ref}" for _, ref in scheduled.substitutions}
    recording = run(lambda: Pipeline("nightly", PipelineArgs(plan=scheduled, network=network)))
    names = {item.name for item in recording.registrations if item.custom}
    assert {
        "nightly-FailedStarts",
        "nightly-FailedStartsPolicy",
        "nightly-ScheduleGroup",
        "nightly-ScheduleRole-Resource",
        f"nightly-{scheduled.schedules[0].id}",
    } <= names
    [schedule] = recording.of_type("aws:scheduler/schedule:Schedule")
    target = schedule.inputs["target"]
    assert target["arn"].endswith(f"stateMachine:{scheduled.name}")
    assert target["deadLetterConfig"]["arn"].endswith(f":{scheduled.dead_letter_queue_name}")
    assert target["roleArn"].endswith(f"/{scheduled.schedule_role.name}")
    assert schedule.inputs["scheduleExpressionTimezone"] == scheduled.schedules[0].time_zone
