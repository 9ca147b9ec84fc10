"""Gates against the champion and between groups."""

from typing import Any

import pytest

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import (
    ChampionGate,
    FairnessBound,
    FairnessGate,
    ProcessingJob,
    RegressionBound,
    Step,
)
from groundplan.pipelines.steps.jobs import Job, Network
from groundplan.pipelines.values import ObjectOutput


def job(step_id: str) -> ProcessingJob:
    return ProcessingJob(
        id=step_id,
        job=Job(
            job_prefix="p",
            image="image",
            role_arn="arn:aws:iam::333333333333:role/processing",
            entrypoint=("python",),
            inputs=(),
            output_uri=f"s3://churn-work/{step_id}/",
            output_kms_key_id="k",
            volume_kms_key_id="k",
            volume_gib=1,
            max_runtime_seconds=60,
            network=Network(),
            tags=(),
        ),
        instance_type="ml.m5.large",
        volume_key=False,
        report="report.json",
    )


def problems(machine: Any, gate: Step, **reports: Any) -> str:
    """What the gate finds wrong, or an empty text."""
    steps = tuple(job(name) for name in reports)
    output = machine(
        definition(Pipeline(name="p", steps=(*steps, gate), timeout_seconds=60)),
        {
            "createProcessingJob": lambda request: request,
            "getObject": lambda request: {"Body": reports[request["Key"].split("/")[0]]},
        },
    ).run()
    assert not output or output["Error"] in ("WorseThanChampion", "UnfairModel")
    return str(output.get("Cause", "")).partition(": ")[2].partition(": ")[2]


@pytest.mark.parametrize(
    ("goal", "new", "old", "found"),
    [
        ("maximize", 0.85, 0.9, ""),
        ("maximize", 0.95, 0.9, ""),
        (
            "maximize",
            0.84,
            0.9,
            (
                "the champion is better: metric m is 0.84, the champion has 0.9, and may be better "
                "by 0.05"
            ),
        ),
        ("minimize", 0.95, 0.9, ""),
        ("minimize", 0.1, 0.9, ""),
        (
            "minimize",
            0.96,
            0.9,
            (
                "the champion is better: metric m is 0.96, the champion has 0.9, and may be better "
                "by 0.05"
            ),
        ),
        (
            "minimize",
            None,
            0.9,
            "the champion is better: metric m is missing or no number",
        ),
        (
            "minimize",
            0.9,
            None,
            "the champion is better: metric m of the champion is missing or no number",
        ),
    ],
)
def test_a_model_may_be_a_little_worse_than_the_champion(
    machine: Any, goal: Any, new: float | None, old: float | None, found: str
) -> None:
    gate = ChampionGate(
        id="gate",
        report=ObjectOutput("new", "report"),
        champion=ObjectOutput("old", "report"),
        bounds=(RegressionBound(metric="m", goal=goal, max_regression=0.05),),
    )

    def report(value: float | None) -> dict[str, Any]:
        return {"metrics": {"other": 1} if value is None else {"m": value}}

    assert problems(machine, gate, new=report(new), old=report(old)) == found


FAIRNESS = FairnessGate(
    id="gate",
    report=ObjectOutput("new", "report"),
    bounds=(
        FairnessBound(facet="country", measure="fpr_gap", max=0.1),
        FairnessBound(facet="country", measure="fnr_gap", max=0.1),
        FairnessBound(facet="age group", measure="demographic_parity_gap", max=0.2),
    ),
)
START = "the model treats groups differently: "


@pytest.mark.parametrize(
    ("fairness", "found"),
    [
        (
            {
                "country": {"fpr_gap": 0.1, "fnr_gap": 0.02},
                "age group": {"demographic_parity_gap": 0.2},
            },
            "",
        ),
        (
            {
                "country": {"fpr_gap": 0.11, "fnr_gap": 0.02},
                "age group": {"demographic_parity_gap": 0.3},
            },
            START + "fpr_gap of facet country is 0.11, above its maximum 0.1; "
            "demographic_parity_gap of facet age group is 0.3, above its maximum 0.2",
        ),
        (
            {
                "country": {
                    "problems": {
                        "fpr_gap": "there is no column country",
                        "fnr_gap": "there is no column country",
                    }
                },
            },
            START + "facet country: there is no column country; "
            "demographic_parity_gap of facet age group is missing or no number",
        ),
        (
            None,
            START + "fpr_gap of facet country is missing or no number; "
            "fnr_gap of facet country is missing or no number; "
            "demographic_parity_gap of facet age group is missing or no number",
        ),
    ],
)
def test_gaps_between_groups_have_bounds(machine: Any, fairness: Any, found: str) -> None:
    report = {"metrics": {}} if fairness is None else {"metrics": {}, "fairness": fairness}

    assert problems(machine, FAIRNESS, new=report) == found
