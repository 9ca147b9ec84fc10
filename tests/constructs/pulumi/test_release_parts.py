"""Components that carry events and build images."""

import json
from collections.abc import Callable

import pulumi
import pytest
from tests_support import example_spec, found

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    EventBus,
    EventBusArgs,
    EventRule,
    EventRuleArgs,
    ImageBuild,
    ImageBuildArgs,
    UndeliveredEvents,
    UndeliveredEventsArgs,
)
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]


@pytest.fixture(scope="module")
def decided() -> Plan:
    return plan(example_spec("churn"), engine="pulumi")


def test_a_bus_admits_other_accounts_by_its_policy(run: Run, decided: Plan) -> None:
    bus = next(item for item in found(decided, EventBusPlan) if item.policy is not None)

    def program() -> None:
        made = EventBus("events", EventBusArgs(plan=bus))
        pulumi.export("name", made.name)
        pulumi.export("arn", made.arn)

    recording = run(program)
    [policy] = recording.of_type("aws:cloudwatch/eventBusPolicy:EventBusPolicy")
    assert json.loads(policy.inputs["policy"]) == bus.policy.to_json()
    assert policy.inputs["eventBusName"] == recording.outputs["name"] == bus.name
    assert recording.outputs["arn"].endswith(f":event-bus/{bus.name}")


def test_a_rule_delivers_or_keeps(run: Run, decided: Plan) -> None:
    rule = next(item for item in found(decided, EventRulePlan) if item.input_template)
    recording = run(lambda: EventRule("rule", EventRuleArgs(plan=rule)))
    [target] = recording.of_type("aws:cloudwatch/eventTarget:EventTarget")
    assert target.inputs["arn"] == rule.target_arn
    assert target.inputs["deadLetterConfig"] == {"arn": rule.dead_letter_queue_arn}
    assert target.inputs["roleArn"].endswith(f"/{rule.role.name}")
    assert target.inputs["inputTransformer"]["inputTemplate"] == rule.input_template
    assert any("rule-Role-Attachment1" in urn for urn in target.depends_on)
    [made] = recording.of_type("aws:cloudwatch/eventRule:EventRule")
    assert json.loads(made.inputs["eventPattern"]) == rule.event_pattern


def test_undelivered_events_are_kept_under_a_key(run: Run, decided: Plan) -> None:
    undelivered = next(found(decided, UndeliveredEventsPlan))
    recording = run(
        lambda: UndeliveredEvents("undelivered", UndeliveredEventsArgs(plan=undelivered))
    )
    [queue] = recording.of_type("aws:sqs/queue:Queue")
    assert queue.inputs == {
        "name": undelivered.name,
        "kmsMasterKeyId": undelivered.encryption_key_alias,
        "messageRetentionSeconds": 14 * 86_400,
    }
    [policy] = recording.of_type("aws:sqs/queuePolicy:QueuePolicy")
    assert policy.inputs["queueUrl"].endswith(f"/{undelivered.name}")


def test_a_build_is_of_a_source_that_outputs_name(run: Run, decided: Plan) -> None:
    build = next(found(decided, ImageBuildPlan))

    def program(key: str) -> None:
        args = ImageBuildArgs(
            plan=build,
            source_bucket=pulumi.Output.from_input("sources"),
            source_key=pulumi.Output.from_input(key),
        )
        pulumi.export("arn", ImageBuild("image", args).arn)

    def tag(key: str) -> tuple[str, str]:
        recording = run(lambda: program(key))
        [project] = recording.of_type("aws:codebuild/project:Project")
        assert recording.outputs["arn"].endswith(f"project/{build.name}")
        variables = project.inputs["environment"]["environmentVariables"]
        [found] = [item["value"] for item in variables if item["name"] == "IMAGE_TAG"]
        return project.inputs["source"]["location"], found

    first, second = tag("churn/1.zip"), tag("churn/2.zip")
    assert first[0] == "sources/churn/1.zip"
    assert first[1] != second[1] and len(first[1]) == 32


def test_fails_on_a_bucket_where_its_name_is_meant(run: Run, decided: Plan) -> None:
    build = next(found(decided, ImageBuildPlan))

    def wrong() -> None:
        bus = EventBus("bus", EventBusArgs(plan=next(found(decided, EventBusPlan))))
        args = ImageBuildArgs(plan=build, source_bucket=bus, source_key="a")  # type: ignore[arg-type]
        ImageBuild("image", args)

    with pytest.raises(ConstructError) as error:
        run(wrong)
    assert str(error.value) == (
        "image.source_bucket: must be a value, not a resource, got 'EventBus'; pass its output bucket"
    )
