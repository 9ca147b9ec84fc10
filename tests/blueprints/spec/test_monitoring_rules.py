"""Rules of monitoring: each mistake in it is named with its remedy."""

from collections.abc import Callable

import pytest

Edited = Callable[..., list[str]]
SERVING = "    serving:\n      instance: ml.m5.large\n      capture: {percent: 10}\n"
MODEL = "spot: null}"
TRIGGERS = "  triggers:\n"


def watched(monitoring: str, serving: str = SERVING) -> tuple[str, str]:
    return MODEL, f"{MODEL}\n{serving}    monitoring: {monitoring}"


@pytest.mark.parametrize(
    ("edits", "messages"),
    [
        ([watched("{}")], []),
        (
            [watched("{}", serving="")],
            [
                (
                    "models[1].monitoring: is set for a model without a realtime endpoint, got "
                    "monitoring; remove it, or add 'serving' to the model"
                )
            ],
        ),
        (
            [watched("{}", SERVING.replace("      capture: {percent: 10}\n", ""))],
            [
                (
                    "models[1].monitoring: watches captured requests, and none are captured in prod, "
                    "got no capture; add 'capture: {percent: 10}' to the model's serving"
                )
            ],
        ),
        (
            [watched("{checks: [quality, data_drift, data_drift]}")],
            [
                (
                    "models[1].monitoring.checks[0]: needs labels, got 'quality'; say under "
                    "monitoring.labels where they arrive, or remove the check"
                ),
                "models[1].monitoring.checks[2]: is there twice, got 'data_drift'; remove one",
            ],
        ),
        (
            [watched("{checks: [fairness]}")],
            [
                (
                    "models[1].monitoring.checks[0]: needs facets and their greatest gaps, got "
                    "'fairness'; add evaluation.fairness to the model, or remove the check"
                )
            ],
        ),
        (
            [watched("{labels: {dataset: frame, column: plate}}")],
            [
                (
                    "models[1].monitoring.labels.dataset: not one of the spec's datasets, got 'frame'; "
                    "use 'frames'"
                )
            ],
        ),
        ([watched("{labels: {dataset: frames, column: plate}}")], []),
        (
            [watched("{environments: [prod, staging], labels: {dataset: frames, column: plate}}")],
            [
                (
                    "models[1].monitoring.labels.dataset: the model is watched in staging, which may "
                    "not read this dataset, got 'frames'; add 'staging' to the dataset's readers, or "
                    "watch the model elsewhere"
                )
            ],
        ),
        (
            [watched("{environments: [live]}")],
            [
                (
                    "models[1].monitoring.environments[0]: not one of the spec's environments, got "
                    "'live'; use 'dev' or 'prod' or 'staging'"
                )
            ],
        ),
        (
            [watched("{on_drift: retrain}")],
            [
                (
                    "models[1].monitoring.on_drift: nothing starts training on drift, got 'retrain'; "
                    "add {kind: drift} to pipelines.triggers, or use 'notify'"
                )
            ],
        ),
        (
            [watched("{provider: model_monitor}")],
            [
                (
                    "models[1].monitoring.checks: Model Monitor checks data_drift only, got "
                    "'data_drift, prediction_drift'; use [data_drift], or the provider 'evidently'"
                )
            ],
        ),
        ([watched("{provider: model_monitor, checks: [data_drift]}")], []),
        (
            [
                watched(
                    "{provider: model_monitor, checks: [data_drift], min_rows: 50, schedule: weekly}"
                )
            ],
            [
                (
                    "models[1].monitoring.min_rows: is not an option of Model Monitor, got "
                    "min_rows; remove it, or use the provider 'evidently'"
                ),
                (
                    "models[1].monitoring.schedule: Model Monitor runs every hour or every day, got "
                    "'weekly'; use 'hourly' or 'daily', or the provider 'evidently'"
                ),
            ],
        ),
        (
            [
                watched(
                    "{provider: model_monitor, checks: [data_drift], schedule: hourly,"
                    " max_runtime_hours: 2}"
                )
            ],
            [
                (
                    "models[1].monitoring.max_runtime_hours: an hourly run of Model Monitor takes at "
                    "most an hour, got 2; use 1 or less, or the schedule 'daily'"
                )
            ],
        ),
    ],
)
def test_rules(edited: Edited, edits: list[tuple[str, str]], messages: list[str]) -> None:
    assert edited(*edits) == messages


def test_fails_for_a_drift_trigger_that_no_model_asks_for(edited: Edited) -> None:
    assert (
        "pipelines.triggers[0].kind: no model asks to be trained again on drift, got 'drift'; set "
        "monitoring.on_drift of a model to 'retrain', or remove the trigger"
    ) in edited((TRIGGERS, f"{TRIGGERS}    - {{kind: drift}}\n"))


def test_fails_for_an_image_with_the_name_of_groundplans_own(edited: Edited) -> None:
    old = "image: plate-reader-train\n      entrypoint"
    found = edited((old, old.replace("plate-reader-train", "groundplan-monitoring")))
    assert found == [
        (
            "models[0].training.image: is the name of groundplan's own image for monitoring, got "
            "'groundplan-monitoring'; rename it"
        )
    ]
