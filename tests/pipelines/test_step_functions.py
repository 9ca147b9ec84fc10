import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest
from jsonata import Jsonata

from groundplan.pipelines import (
    Pipeline,
    PipelineError,
    Rung,
    TrainingPipelineSettings,
    api_calls,
    definition,
    definition_json,
    placeholders,
    training_pipeline,
)
from groundplan.pipelines.step_functions.compiler import COMPILERS
from groundplan.pipelines.step_functions.jsonata import render, split_s3_uri
from groundplan.pipelines.step_functions.rungs import poll_seconds
from groundplan.pipelines.steps import (
    Condition,
    Fingerprint,
    ResolveDataset,
    ServiceCall,
    Step,
    TrainingJob,
)
from groundplan.pipelines.values import Execution, Join, NumberOutput, TextOutput


def targets(state: dict[str, Any]) -> list[str]:
    rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return [rule[key] for rule in rules for key in ("Next", "Default") if key in rule]


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_every_state_is_reachable_and_every_target_exists(
    settings: TrainingPipelineSettings,
) -> None:
    machine = definition(training_pipeline(settings))
    states, reached, waiting = machine["States"], set(), [machine["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += targets(states[name])

    assert reached == set(states)
    assert max(map(len, states)) <= 80


def test_every_task_is_retried_caught_and_timed(settings: TrainingPipelineSettings) -> None:
    states = definition(training_pipeline(settings))["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}

    assert tasks
    for name, task in tasks.items():
        assert task["Retry"] and task["TimeoutSeconds"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    ends = {state["Type"] for state in states.values() if not targets(state)}
    assert ends == {"Succeed", "Fail"}


def test_every_expression_parses(settings: TrainingPipelineSettings) -> None:
    texts = strings(definition(training_pipeline(settings)))
    expressions = [text for text in texts if text.startswith("{%")]

    assert len(expressions) > 50
    for text in expressions:
        assert text.endswith("%}")
        Jsonata(text[2:-2])


def test_only_processing_jobs_are_waited_for_by_step_functions(
    settings: TrainingPipelineSettings,
) -> None:
    states = definition(training_pipeline(settings))["States"]
    waiting = {state["Resource"] for state in states.values() if ".sync" in str(state)}

    assert waiting == {"arn:aws:states:::sagemaker:createProcessingJob.sync"}


def test_lists_the_actions_that_the_role_needs(settings: TrainingPipelineSettings) -> None:
    assert api_calls(training_pipeline(settings)) == (
        "cloudwatch:PutMetricData",
        "ecr:DescribeImages",
        "events:DescribeRule",
        "events:PutEvents",
        "events:PutRule",
        "events:PutTargets",
        "iam:PassRole",
        "kms:Decrypt",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackage",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListModelPackages",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
        "sns:Publish",
    )


def test_names_the_substitutions(settings: TrainingPipelineSettings) -> None:
    assert placeholders(training_pipeline(settings)) == (
        "SecurityGroupId0",
        "SubnetId0",
        "SubnetId1",
    )
    nowhere = replace(settings, subnet_ids=(), security_group_ids=())
    assert placeholders(training_pipeline(nowhere)) == ()
    assert "VpcConfig" not in definition_json(training_pipeline(nowhere))


def test_the_definition_follows_the_partition(settings: TrainingPipelineSettings) -> None:
    china = replace(settings, partition="aws-cn", region="cn-north-1")
    text = definition_json(training_pipeline(china))

    assert "arn:aws:states" not in text
    assert "arn:aws-cn:states:::sagemaker:createTrainingJob" in text
    assert "dkr.ecr.cn-north-1.amazonaws.com.cn/" in text


def test_a_long_ladder_stays_within_the_limits(settings: TrainingPipelineSettings) -> None:
    rungs = tuple(
        Rung(instance_type=f"ml.m5.{size}xlarge", spot=True, volume_key=True)
        for size in range(1, 21)
    )
    weeks = replace(settings, ladder=rungs, max_wait_seconds=28 * 86_400)
    built = training_pipeline(weeks)
    [train] = [step for step in built.steps if isinstance(step, TrainingJob)]

    assert len(definition_json(built)) < 250_000
    assert len(rungs) * weeks.max_wait_seconds / poll_seconds(train) * 9 <= 20_000


def test_the_definition_is_the_same_in_every_process(settings: TrainingPipelineSettings) -> None:
    program = (
        "import sys; from groundplan.pipelines import *; import groundplan.pipelines as p; "
        f"s = {settings!r}; sys.stdout.write(p.definition_json(p.training_pipeline(s)))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }

    assert texts == {definition_json(training_pipeline(settings))}


@pytest.mark.parametrize(
    "text", ["plain", "{% $states.input %}", "{%", "^[A-Z]${2}x", 'quo"te', "${subnet}", "back\\"]
)
def test_a_literal_stays_what_it_is(evaluate: Any, text: str) -> None:
    rendered = render(text)

    assert isinstance(rendered, str) and "${" not in rendered
    value = evaluate(rendered[2:-2], {}) if rendered.startswith("{%") else rendered
    assert value == text


def test_renders_values_of_a_run(evaluate: Any) -> None:
    states = {"context": {"Execution": {"Id": "arn:run"}}}
    name = Join(("s3://bucket/", TextOutput("image", "digest"), "/", Execution("short_id"), "/"))
    rendered = str(render(name))

    value = evaluate(rendered[2:-2], {"image": {"digest": "sha256:0"}, "states": states})
    assert value == f"s3://bucket/sha256:0/{sha256(b'arn:run').hexdigest()[:16]}/"
    assert render("${SubnetId0}") == "${SubnetId0}"


def test_fails_on_a_uri_without_a_literal_bucket() -> None:
    with pytest.raises(PipelineError) as caught:
        split_s3_uri("steps[x].uri", "https://bucket/key")

    assert str(caught.value) == (
        "steps[x].uri: no S3 URI with a literal bucket, got 'https://bucket/key'; "
        "use s3://BUCKET/KEY"
    )


def test_a_step_whose_condition_is_false_is_skipped(machine: Any) -> None:
    size = ResolveDataset(id="size", uri="s3://bucket/prefix/")
    many = Condition(output=NumberOutput("size", "objects"), comparison="at_least", value=2)
    skipped = Fingerprint(id="many", parts=(), when=(many,))
    last = Fingerprint(id="last", parts=())
    pipeline = Pipeline(name="p", steps=(size, skipped, last), timeout_seconds=60)

    def objects(count: int) -> list[str]:
        found = [{"Key": str(key), "IsLatest": True} for key in range(count)]
        run = machine(definition(pipeline), {"listObjectVersions": lambda _: {"Versions": found}})
        run.run()
        return list(run.path)

    assert "Many" in objects(2)
    assert "Many" not in objects(1)


def test_a_failure_may_be_passed_over(machine: Any, service_error: Any) -> None:
    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise service_error("Sns.NotFoundException")

    def call(policy: Any) -> dict[str, Any]:
        step = ServiceCall(
            id="notify",
            service="sns",
            action="publish",
            arguments=(("TopicArn", "arn:topic"), ("Message", Execution("id"))),
            on_failure=policy,
        )
        pipeline = Pipeline(
            name="p", steps=(step,), outputs=(("end", "reached"),), timeout_seconds=60
        )
        return dict(machine(definition(pipeline), {"publish": refuse}).run())

    assert call("continue") == {"end": "reached"}
    assert call("fail") == {
        "Error": "NotifyFailed",
        "Cause": "step notify: Sns.NotFoundException: ",
    }


def test_a_service_call_keeps_what_it_is_asked_for(machine: Any) -> None:
    step = ServiceCall(
        id="notify",
        service="sns",
        action="publish",
        arguments=(("TopicArn", "arn:topic"), ("Message", "hello")),
        results=(("message", "text", "MessageId"),),
    )
    pipeline = Pipeline(
        name="p",
        steps=(step,),
        outputs=(("message", TextOutput("notify", "message")),),
        timeout_seconds=60,
    )

    run = machine(definition(pipeline), {"publish": lambda _: {"MessageId": "m-1"}})
    assert run.run() == {"message": "m-1"}
    assert api_calls(pipeline) == ("sns:Publish",)


def test_fails_on_a_step_that_it_has_no_states_for() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Approval(Step):
        """A kind of step that the compiler has not learned."""

    pipeline = Pipeline(name="p", steps=(Approval(id="approve"),), timeout_seconds=60)

    with pytest.raises(PipelineError) as caught:
        definition(pipeline)

    known = ", ".join(sorted(kind.__name__ for kind in COMPILERS))
    assert "QualityGate, " in known
    assert str(caught.value) == (
        f"steps[approve]: no such step in Step Functions, got 'Approval'; use one of {known}"
    )


def test_fails_on_a_step_that_would_hide_a_function() -> None:
    pipeline = Pipeline(name="p", steps=(Fingerprint(id="count", parts=()),), timeout_seconds=60)

    with pytest.raises(PipelineError) as caught:
        definition(pipeline)

    assert str(caught.value) == (
        "steps[count].id: is the name of a function of JSONata, got 'count'; rename the step"
    )


def test_the_text_is_compact_json(settings: TrainingPipelineSettings) -> None:
    pipeline = training_pipeline(settings)

    assert json.loads(definition_json(pipeline)) == definition(pipeline)
