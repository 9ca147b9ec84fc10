"""Definitions of SageMaker Pipelines, held against the shapes of the APIs that their steps call."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from groundplan.pipelines import (
    Pipeline,
    PipelineError,
    TrainingPipelineSettings,
    compile_for,
    training_pipeline,
)
from groundplan.pipelines.dag import ParameterSpec
from groundplan.pipelines.sagemaker import check_definition, definition
from groundplan.pipelines.settings import TuningSettings
from groundplan.pipelines.steps import (
    BatchTransform,
    Condition,
    FindChampion,
    MetricGate,
    Network,
    RegressionBound,
    TuningRange,
)
from groundplan.pipelines.values import TextOutput

MODEL = botocore.session.get_session().get_service_model("sagemaker")
# The call behind a step, and what SageMaker Pipelines adds to its arguments.
CALLS = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "x"}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "x"}),
    "Tuning": ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "x"}),
    "Model": ("CreateModel", {"ModelName": "x"}),
    "Transform": ("CreateTransformJob", {"TransformJobName": "x"}),
    "RegisterModel": ("CreateModelPackage", {}),
}
DUMMIES = {"string": "x", "integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True}
TELLING = ("savings", "record", "notify", "notify_reuse", "tell_failure", "emit_failure")


def argument_errors(document: dict[str, Any]) -> list[str]:
    """What botocore would refuse of the arguments of each step."""
    found = []
    for step in every(document["Steps"]):
        if step["Type"] in CALLS:
            operation, added = CALLS[step["Type"]]
            shape = MODEL.operation_model(operation).input_shape
            assert shape is not None
            arguments = {**dummies(step["Arguments"], shape), **added}
            report = ParamValidator().validate(arguments, shape)
            found += [f"{step['Name']}: {line}" for line in report.generate_report().splitlines()]
        else:
            assert step["Type"] in ("Condition", "Fail")
    return found


def dummies(value: Any, shape: Any) -> Any:
    """A value with typed dummies in the place of references."""
    if isinstance(value, dict) and set(value) in ({"Get"}, {"Std:Join"}):
        return DUMMIES[shape.type_name]
    if isinstance(value, dict) and shape.type_name in ("structure", "map"):
        members = (
            shape.members if shape.type_name == "structure" else dict.fromkeys(value, shape.value)
        )
        return {
            key: dummies(item, members[key]) if key in members else item
            for key, item in value.items()
        }
    if isinstance(value, list) and shape.type_name == "list":
        return [dummies(item, shape.member) for item in value]
    return value


def every(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from every(step["Arguments"].get(branch, []))


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in every(document["Steps"]) if step["Name"] == name)


@pytest.fixture
def plain(settings: TrainingPipelineSettings) -> Pipeline:
    """The training pipeline as far as SageMaker Pipelines can express it."""
    return training_pipeline(replace(settings, ladder=settings.ladder[:1])).without(*TELLING)


TUNED: dict[str, Any] = {
    "hyperparameters": (("label", "churned"),),
    "tuning": TuningSettings(
        metric="auc",
        goal="Maximize",
        ranges=(TuningRange(name="depth", kind="integer", min=2, max=8),),
        max_jobs=4,
        parallel_jobs=2,
    ),
}


def test_each_step_has_the_arguments_of_its_call(
    settings: TrainingPipelineSettings, plain: Pipeline
) -> None:
    one_rung = replace(settings, ladder=settings.ladder[1:], **TUNED)
    scoring = Pipeline(name="scoring", steps=(TRANSFORM,), timeout_seconds=60)
    tuned = training_pipeline(one_rung).without(*TELLING)

    documents = [definition(pipeline) for pipeline in (plain, tuned, scoring)]

    kinds = {step["Type"] for document in documents for step in every(document["Steps"])}
    assert kinds == {*CALLS, "Condition", "Fail"}
    assert [argument_errors(document) for document in documents] == [[], [], []]


def test_the_check_of_arguments_can_fail(plain: Pipeline) -> None:
    document = definition(plain)
    train = named(document, "train")["Arguments"]
    train["Bogus"] = 1
    train["ResourceConfig"]["InstanceCount"] = "two"
    del named(document, "quality")["Arguments"]["RoleArn"]

    assert [error.split(":")[0] for error in argument_errors(document)] == [
        "quality",
        "train",
        "train",
    ]


FOUND = FindChampion(id="found", model_package_group_arn="arn:group")
TRANSFORM = BatchTransform(
    id="score",
    job_prefix="churn-prod-churn",
    model_package_arn="arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/7",
    execution_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/scoring",
    input_uri="s3://churn-customers/current/score/",
    output_uri="s3://churn-prod-predictions/churn/",
    content_type="text/csv",
    instance_type="ml.m5.large",
    instance_count=1,
    volume_key=True,
    volume_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod-volumes",
    output_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod-work",
    max_runtime_seconds=3600,
    network=Network(subnet_ids=("${SubnetId0}",), security_group_ids=("${SecurityGroupId0}",)),
    tags=(),
)


def test_a_gate_holds_the_steps_behind_it_and_fails_the_run_otherwise(plain: Pipeline) -> None:
    document = definition(plain)

    when, data_gate, gate = document["Steps"]
    assert [step["Name"] for step in when["Arguments"]["IfSteps"]] == ["quality"]
    assert [step["Name"] for step in data_gate["Arguments"]["IfSteps"]] == ["train", "evaluate"]
    assert [step["Name"] for step in gate["Arguments"]["IfSteps"]] == ["register"]
    assert (data_gate["DependsOn"], gate["DependsOn"]) == (["quality"], ["train", "evaluate"])
    assert when["Arguments"]["ElseSteps"] == []
    [failed] = gate["Arguments"]["ElseSteps"]
    assert failed["Arguments"]["ErrorMessage"] == (
        "gate: the model is not good enough, it needs auc at least 0.8, log_loss at most 0.5"
    )
    assert gate["Arguments"]["Conditions"][0] == {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": {
            "Std:JsonGet": {
                "PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.report"},
                "Path": "metrics.auc",
            }
        },
        "RightValue": 0.8,
    }


def test_what_steps_would_find_out_is_told_by_parameters(plain: Pipeline) -> None:
    document = definition(plain)

    given = {item["Name"]: item.get("DefaultValue") for item in document["Parameters"]}
    assert given == {
        "code_version": None,
        "label": "churned",
        "learning_rate": "0.1",
        "image_digest": None,
        "image_uri": None,
        "dataset_version": None,
        "dataset_objects": None,
        "fingerprint_value": None,
        "known_known": "no",
        "incumbent_model_package_arn": "none",
        "SecurityGroupId0": None,
        "SubnetId0": None,
        "SubnetId1": None,
    }
    metadata = named(document, "register")["Arguments"]["CustomerMetadataProperties"]
    assert metadata["groundplan.dataset_version"] == {"Get": "Parameters.dataset_version"}
    assert "groundplan.savings_percent" not in metadata
    notes = compile_for("sagemaker", plain).notes
    assert "step register registers no groundplan.savings_percent, which nobody calculates" in notes


def test_a_report_is_where_its_property_file_is_looked_for(plain: Pipeline) -> None:
    arguments = named(definition(plain), "evaluate")["Arguments"]

    [output] = arguments["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"]["Std:Join"]["Values"] == [
        "s3://churn-artifacts/evaluations/churn/",
        {"Get": "Execution.PipelineExecutionId"},
    ]


def test_gates_behind_each_other_are_one_condition(plain: Pipeline) -> None:
    gate = next(step for step in plain.steps if isinstance(step, MetricGate))
    pipeline = plain.insert(replace(gate, id="second"), before=("register",))

    merged = named(definition(pipeline), "gate")["Arguments"]
    assert len(merged["Conditions"]) == 4
    [failed] = merged["ElseSteps"]
    assert "; second: the model is not good enough" in failed["Arguments"]["ErrorMessage"]


def refused(pipeline: Pipeline) -> str:
    with pytest.raises(PipelineError) as caught:
        definition(pipeline)
    return str(caught.value)


def test_fails_on_a_step_that_calls_an_api(settings: TrainingPipelineSettings) -> None:
    assert refused(training_pipeline(settings)) == (
        "steps[savings]: no such step in SageMaker Pipelines, got 'PublishMetrics'; "
        "compile without savings, record, notify, notify_reuse, tell_failure, emit_failure"
    )


def test_fails_on_steps_after_a_failure(settings: TrainingPipelineSettings) -> None:
    pipeline = training_pipeline(replace(settings, ladder=settings.ladder[:1]))

    assert refused(pipeline.without(*TELLING[:4])) == (
        "on_failure: SageMaker Pipelines has nothing that runs after a failure, "
        "got 'tell_failure, emit_failure'; compile without tell_failure, emit_failure, and let an "
        "EventBridge rule tell of executions that failed"
    )


def test_fails_on_a_ladder(settings: TrainingPipelineSettings) -> None:
    assert refused(training_pipeline(settings).without(*TELLING)) == (
        "steps[train].ladder: SageMaker Pipelines cannot go from one rung to the next, got 2; "
        "give one rung: in the spec, one type in training.instance and training.spot null, "
        "or training.spot.fallback none"
    )


def test_fails_on_a_failure_that_is_passed_over(plain: Pipeline) -> None:
    train = next(step for step in plain.steps if step.id == "data_gate")

    assert refused(plain.replace(replace(train, on_failure="continue"))) == (
        "steps[data_gate].on_failure: SageMaker Pipelines cannot pass over the failure of a step, "
        "got 'continue'; use fail, or compile without data_gate"
    )


def test_fails_on_steps_behind_those_that_may_be_skipped(
    settings: TrainingPipelineSettings,
) -> None:
    compared = (RegressionBound(metric="auc", goal="maximize", max_regression=0),)
    pipeline = training_pipeline(
        replace(settings, ladder=settings.ladder[:1], regressions=compared)
    ).without(*TELLING)

    assert refused(pipeline) == (
        "steps[gate].when: SageMaker Pipelines cannot go on behind steps that may be skipped, "
        "got 'gate'; give it all conditions of the step before it, or compile without gate or "
        "without those that may be skipped"
    )


def test_fails_on_a_tolerance(settings: TrainingPipelineSettings) -> None:
    compared = (RegressionBound(metric="auc", goal="maximize", max_regression=0.1),)
    pipeline = training_pipeline(
        replace(settings, ladder=settings.ladder[:1], regressions=compared)
    ).without(*TELLING, "gate")

    assert refused(pipeline) == (
        "steps[gate_champ].bounds[auc].max_regression: SageMaker Pipelines cannot add a tolerance "
        "to a metric, got 0.1; set max_regression of this gate to 0"
    )


def test_a_condition_may_be_negated() -> None:
    known = Condition(output=TextOutput("found", "known"), comparison="not_equals", value="no")
    pipeline = Pipeline(
        name="p", steps=(FOUND, replace(TRANSFORM, when=(known,))), timeout_seconds=60
    )

    assert definition(pipeline)["Steps"][0]["Arguments"]["Conditions"] == [
        {
            "Type": "Not",
            "Expression": {
                "Type": "Equals",
                "LeftValue": {"Get": "Parameters.found_known"},
                "RightValue": "no",
            },
        }
    ]


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (
            lambda d: named(d, "train").update(DependsOn=["nope"]),
            "Steps[train].DependsOn: names something that is not there, got 'nope'",
        ),
        (
            lambda d: named(d, "train").update(DependsOn=["data_gate"]),
            "Steps[train].DependsOn: no step may wait for a condition step, got 'data_gate'",
        ),
        (
            lambda d: named(d, "train")["Arguments"].update(RoleArn={"Get": "Parameters.Role"}),
            "Steps[train]: names something that is not there, got 'Role'",
        ),
        (
            lambda d: named(d, "train")["Arguments"].update(RoleArn={"Get": "Steps.nope.X"}),
            "Steps[train]: names something that is not there, got 'nope'",
        ),
        (
            lambda d: named(d, "train")["Arguments"].update(RoleArn={"Get": "Execution.Nope"}),
            "Steps[train]: names something that is not there, got 'Execution.Nope'",
        ),
        (
            lambda d: named(d, "evaluate").update(PropertyFiles=[]),
            "Steps[gate]: names something that is not there, got 'report'",
        ),
        (
            lambda d: named(d, "data_gate")["Arguments"]["IfSteps"].append(d["Steps"].pop()),
            "Steps[gate]: a condition step may not hold another one",
        ),
        (
            lambda d: named(d, "train").update(DependsOn=["evaluate"]),
            "Steps: steps wait for each other",
        ),
        (
            lambda d: named(d, "train").update(Name="quality"),
            "quality: no valid name, or used twice",
        ),
    ],
)
def test_fails_on_a_planted_mistake(plain: Pipeline, plant: Any, message: str) -> None:
    document = copy.deepcopy(definition(plain))
    check_definition(document)
    plant(document)

    with pytest.raises(PipelineError) as caught:
        check_definition(document)

    assert str(caught.value).startswith(message)


def test_fails_on_a_parameter_that_has_the_name_of_a_fact() -> None:
    taken = ParameterSpec(name="found_known", default="", description="")
    known = Condition(output=TextOutput("found", "known"), comparison="equals", value="yes")
    pipeline = Pipeline(
        name="p",
        parameters=(taken,),
        steps=(FOUND, replace(TRANSFORM, when=(known,))),
        timeout_seconds=60,
    )

    assert refused(pipeline) == (
        "parameters[found_known]: step found needs this name, got 'found_known'; rename it"
    )
