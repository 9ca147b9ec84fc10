"""What the spec says of gates, groups and tuning reaches the training pipeline."""

import json

import pytest
from tests_support import example_spec, settings_of

from groundplan.blueprints.plan.evaluation import (
    fairness_settings,
    regression_bounds,
    tuning_settings,
)
from groundplan.blueprints.plan.project import Plan, plan
from groundplan.blueprints.plan.stacks import TrainingStackPlan
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines.settings import TuningSettings
from groundplan.pipelines.steps import (
    FairnessBound,
    MetricBound,
    RegressionBound,
    TuningRange,
)

TUNING = {
    "objective": {"metric": "train_log_loss", "goal": "minimize"},
    "ranges": {
        "max_leaf_nodes": {"min": 7, "max": 31},
        "learning_rate": {"min": 0.01, "max": 0.3, "scale": "log"},
    },
    "max_jobs": 6,
    "parallel_jobs": 3,
}


def edited(**training: object) -> ProjectSpec:
    whole = example_spec("churn").model_dump(mode="json", exclude_defaults=True)
    whole["models"][0]["training"] |= training
    return ProjectSpec.model_validate(whole)


def machine(decided: Plan) -> tuple[dict[str, object], TrainingStackPlan]:
    [stack] = (item for item in decided.stacks() if isinstance(item, TrainingStackPlan))
    return json.loads(stack.models[0].pipeline.definition)["States"], stack


def test_gates_are_sorted_by_data_and_by_what_they_compare_with() -> None:
    settings = settings_of(example_spec("churn"), "churn")

    assert settings.bounds == (
        MetricBound(metric="auc", min=0.75),
        MetricBound(metric="brier", max=0.2),
    )
    assert settings.future_bounds == (MetricBound(metric="auc", min=0.7),)
    assert settings.regressions == (
        RegressionBound(metric="auc", goal="maximize", max_regression=0.02),
    )
    assert settings.future_regressions == ()
    assert settings.fairness is not None
    assert (settings.fairness.label, settings.fairness.positive) == ("churned", "1")
    assert settings.fairness.bounds == (
        FairnessBound(facet="country", measure="fpr_gap", max=0.1),
        FairnessBound(facet="country", measure="demographic_parity_gap", max=0.15),
    )


def test_a_metric_with_an_upper_bound_must_not_rise_above_the_champions() -> None:
    whole = example_spec("churn").model_dump(mode="json", exclude_defaults=True)
    whole["models"][0]["evaluation"]["gates"] = [
        {"metric": "brier", "max": 0.2, "against": "champion", "max_regression": 0.01}
    ]
    model = ProjectSpec.model_validate(whole).models[0]

    assert regression_bounds(model, "held_out") == (
        RegressionBound(metric="brier", goal="minimize", max_regression=0.01),
    )
    assert regression_bounds(model, "future") == ()


@pytest.mark.parametrize(
    ("positive", "text"), [("yes", "yes"), (1, "1"), (True, "true"), (0.5, "0.5")]
)
def test_the_positive_label_is_the_text_of_a_cell(positive: object, text: str) -> None:
    whole = example_spec("churn").model_dump(mode="json", exclude_defaults=True)
    whole["models"][0]["evaluation"]["fairness"]["positive"] = positive
    found = fairness_settings(ProjectSpec.model_validate(whole).models[0].evaluation.fairness)

    assert found is not None and found.positive == text


def test_whole_bounds_make_an_integer() -> None:
    assert tuning_settings(edited(tuning=TUNING).models[0].training.tuning) == TuningSettings(
        metric="train_log_loss",
        goal="Minimize",
        ranges=(
            TuningRange(
                name="learning_rate", kind="continuous", min=0.01, max=0.3, scaling="Logarithmic"
            ),
            TuningRange(name="max_leaf_nodes", kind="integer", min=7, max=31),
        ),
        max_jobs=6,
        parallel_jobs=3,
    )


@pytest.mark.parametrize("tuned", [False, True])
def test_a_tuned_model_is_planned_whole(tuned: bool) -> None:
    states, stack = machine(plan(edited(tuning=TUNING) if tuned else example_spec("churn")))

    created = "sagemaker:create" + ("HyperParameterTuningJob" if tuned else "TrainingJob")
    assert created in json.dumps(states["Train 1 create"])
    actions = {action for duty in stack.models[0].pipeline.role.duties for action in duty.actions}
    assert ("sagemaker:CreateHyperParameterTuningJob" in actions) is tuned
    assert ("sagemaker:CreateTrainingJob" in actions) is not tuned


def test_evaluations_lie_beside_the_models(churn: Plan) -> None:
    _, stack = machine(churn)
    role = stack.models[0].training.processing_role
    [written] = (duty for duty in role.duties if duty.id == "WriteEvaluations")

    assert written.resources == (
        "arn:aws:s3:::churn-tooling-artifacts-111111111111/evaluations/churn/*",
    )
