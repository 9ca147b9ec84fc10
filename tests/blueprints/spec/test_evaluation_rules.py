"""Gates, fairness and tuning."""

from collections.abc import Callable

import pytest

from groundplan.blueprints.spec import parse_spec
from groundplan.blueprints.spec.evaluation import comparison_goal

Errors = Callable[[str], list[str]]

SPEC = """\
project: churn
organization: acme
accounts: {{prod: "222222222222"}}
environments: [{{name: prod, account: prod, region: eu-west-1, stage: production}}]
datasets: [{{name: customers}}]
models:
  - name: churn
    training: {{dataset: customers, image: churn{training}}}
    evaluation: {{gates: [{gates}]{fairness}}}
"""


def spec(gates: str = "", fairness: str = "", training: str = "") -> str:
    return SPEC.format(
        gates=gates,
        fairness=f", fairness: {{{fairness}}}" if fairness else "",
        training=f", {training}" if training else "",
    )


def tuned(ranges: str, rest: str = "") -> str:
    return f"tuning: {{objective: {{metric: auc, goal: maximize}}, ranges: {{{ranges}}}{rest}}}"


def found(errors: Errors, text: str) -> list[str]:
    return [line.split(" ", 1)[1] for line in errors(text)]


AGAINST = "against: champion, max_regression: 0.01"


@pytest.mark.parametrize(
    "gates",
    [
        f"{{metric: auc, min: 0.7, {AGAINST}}}",
        f"{{metric: auc, min: 0.7}}, {{metric: auc, {AGAINST}, split: future}}",
        f"{{metric: auc, goal: maximize, {AGAINST}}}",
        f"{{metric: auc, min: 0.7}}, {{metric: auc, {AGAINST}}}",
        "{metric: auc, min: 0.7}, {metric: auc, min: 0.6, split: future}",
    ],
)
def test_gates_compare_with_bounds_and_with_the_champion(errors: Errors, gates: str) -> None:
    assert found(errors, spec(gates)) == []


@pytest.mark.parametrize(
    ("gates", "goal"),
    [
        (f"{{metric: m, {AGAINST}, min: 1}}", "maximize"),
        (f"{{metric: m, {AGAINST}}}, {{metric: m, max: 1, split: future}}", "minimize"),
        (f"{{metric: m, {AGAINST}, goal: minimize, min: 1}}", "minimize"),
    ],
)
def test_other_gates_say_which_values_are_good(gates: str, goal: str) -> None:
    parsed = parse_spec(spec(gates)).models[0].evaluation.gates

    assert comparison_goal(parsed[0], parsed) == goal


GATE = "models[0].evaluation.gates[0]"
NO_GOAL = "no gate says whether small or great values of m are good, got no goal; "
ADD_GOAL = "add 'goal: minimize' or 'goal: maximize'"


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        (f"{{metric: m, {AGAINST}}}", f"{GATE}: {NO_GOAL}{ADD_GOAL}"),
        (f"{{metric: m, {AGAINST}, min: 0, max: 1}}", f"{GATE}: {NO_GOAL}{ADD_GOAL}"),
        (
            "{metric: m, against: champion, min: 1}",
            (
                f"{GATE}.against: needs both against and max_regression, got 'champion'; "
                "add the other one"
            ),
        ),
        (
            "{metric: m, goal: minimize, max: 1}",
            (
                f"{GATE}.goal: means nothing without a comparison, got 'minimize'; remove it, or add "
                "'against' and 'max_regression'"
            ),
        ),
        (
            "{metric: m, max: 1}, {metric: m, min: 0}",
            (
                "models[0].evaluation.gates[1].metric: has bounds on the same data in another gate, "
                "got 'm'; merge the two gates"
            ),
        ),
        (
            f"{{metric: m, max: 1, {AGAINST}}}, {{metric: m, {AGAINST}}}",
            (
                "models[0].evaluation.gates[1].metric: has a comparison on the same data in another "
                "gate, got 'm'; merge the two gates"
            ),
        ),
    ],
)
def test_fails_on_a_gate_that_cannot_decide(errors: Errors, gates: str, message: str) -> None:
    assert found(errors, spec(gates)) == [message]


FAIR = "models[0].evaluation.fairness"


@pytest.mark.parametrize(
    ("fairness", "message"),
    [
        (
            "label: churned, facets: [country]",
            (
                f"{FAIR}: fairness needs a greatest gap, got only facets; add max_fpr_gap, max_fnr_gap "
                "or max_demographic_parity_gap"
            ),
        ),
        (
            "label: churned, facets: [country, country], max_fpr_gap: 0.1",
            f"{FAIR}.facets[1]: is there twice, got 'country'; remove one",
        ),
        (
            "label: churned, facets: [churned], max_fpr_gap: 0.1",
            (
                f"{FAIR}.facets[0]: is the label, which no group can be made of, got 'churned'; "
                "use another column"
            ),
        ),
    ],
)
def test_fails_on_fairness_that_says_nothing(errors: Errors, fairness: str, message: str) -> None:
    assert found(errors, spec(fairness=fairness)) == [message]


TUNING = "models[0].training.tuning"


@pytest.mark.parametrize(
    ("training", "message"),
    [
        (
            f"hyperparameters: {{rate: 1}}, {tuned('rate: {min: 0.1, max: 1}')}",
            (
                f"{TUNING}.ranges.rate: is a fixed hyperparameter too, got 'rate'; "
                "remove it from hyperparameters, or from ranges"
            ),
        ),
        (
            tuned("rate: {min: 1, max: 1}"),
            (
                f"{TUNING}.ranges.rate.min: must be less than max, which is 1, got 1; "
                "lower it, or make the hyperparameter a fixed one"
            ),
        ),
        (
            tuned("rate: {min: 0.0, max: 1.0, scale: log}"),
            (
                f"{TUNING}.ranges.rate.min: must be above 0 for scale log, got 0.0; "
                "raise it, or use scale linear"
            ),
        ),
        (
            tuned("rate: {min: 0.0, max: 1.0}", ", max_jobs: 2, parallel_jobs: 4"),
            f"{TUNING}.parallel_jobs: must be at most max_jobs, which is 2, got 4; lower it",
        ),
        (
            f"entrypoint: [python, other.py], {tuned('rate: {min: 0.0, max: 1.0}')}",
            (
                "models[0].training.entrypoint: means nothing with tuning, whose jobs run the image's "
                "own program train, got a list; remove it, and let the image's program train run the "
                "script"
            ),
        ),
        (
            tuned("rate: {min: low, max: 1.0}"),
            f"{TUNING}.ranges.rate.min: must be a number, got 'low'; write one without quotes",
        ),
    ],
)
def test_fails_on_tuning_that_cannot_work(errors: Errors, training: str, message: str) -> None:
    assert found(errors, spec(training=training)) == [message]


def test_whole_numbers_stay_whole() -> None:
    text = spec(training=tuned("a: {min: 1, max: 9}, b: {min: 1.0, max: 9.0}"))
    tuning = parse_spec(text).models[0].training.tuning

    assert tuning is not None
    assert [type(item.min) for item in tuning.ranges.values()] == [int, float]
