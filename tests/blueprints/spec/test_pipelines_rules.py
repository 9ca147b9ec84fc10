"""Rules of triggers and of steps of one's own."""

from collections.abc import Callable

import pytest

Edited = Callable[..., list[str]]
TRIGGERS = "  triggers:\n"
STEPS = "tracking: {mlflow: none}"


def trigger(text: str) -> tuple[str, str]:
    return TRIGGERS, f"{TRIGGERS}    - {text}\n"


def step(text: str) -> tuple[str, str]:
    return TRIGGERS, f"  steps:\n    - {{command: [python, x.py], {text}}}\n{TRIGGERS}"


@pytest.mark.parametrize(
    "edit",
    [
        trigger("{kind: push, repository: acme/plate-reader}"),
        trigger("{kind: data, dataset: frames}"),
        step("name: features, image: features, before: [train]"),
        step("name: mine, replaces: quality, model: plate-reader"),
    ],
)
def test_what_is_allowed(edited: Edited, edit: tuple[str, str]) -> None:
    assert edited(edit) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            trigger("{kind: push, repository: acme/other}"),
            (
                "pipelines.triggers[0].repository: CI deploys another repository than this one, and only "
                "what it deploys trains, got 'acme/other'; use 'acme/plate-reader', or change "
                "delivery.repository"
            ),
        ),
        (
            trigger("{kind: push, repository: acme/plate-reader, branch: next}"),
            (
                "pipelines.triggers[0].branch: CI deploys another branch than this one, and only what it "
                "deploys trains, got 'next'; use 'main', or change delivery.branch"
            ),
        ),
        (
            trigger('{kind: schedule, cron: "0 3 * * MON", time_zone: Europe/Berlin}'),
            "pipelines.triggers[1].kind: is there twice, got 'schedule'; remove one",
        ),
        (
            step("name: Features"),
            (
                "pipelines.steps[0].name: must be lower-case words of letters and digits, joined by '_', "
                "got 'Features'; rename it"
            ),
        ),
        (
            step("name: features, report: report.csv"),
            (
                "pipelines.steps[0].report: must be the name of a JSON file, got 'report.csv'; use one "
                "like 'report.json'"
            ),
        ),
        (
            step("name: features, model: plate-raeder"),
            (
                "pipelines.steps[0].model: not one of the spec's models, got 'plate-raeder'; did you mean "
                "'plate-reader'?"
            ),
        ),
        (
            step("name: features, replaces: quality, after: [train]"),
            (
                "pipelines.steps[0].after: a step that replaces another one has that one's place, got "
                "after; remove after, or 'replaces'"
            ),
        ),
        (
            step("name: features, on_failure: continue, report: a.json"),
            (
                "pipelines.steps[0].on_failure: a step whose failure is passed over may leave no report, "
                "got 'continue'; remove 'report', or use 'fail'"
            ),
        ),
    ],
)
def test_fails_with_the_place_and_a_fix(
    edited: Edited, edit: tuple[str, str], message: str
) -> None:
    assert message in edited(edit)


def test_fails_when_nothing_deploys_what_is_pushed(
    errors: Callable[[str], list[str]], smallest: str
) -> None:
    text = f"{smallest}\npipelines:\n  triggers: [{{kind: push, repository: acme/x}}]\n"
    assert any("nothing deploys from a repository" in line for line in errors(text))


def test_fails_when_a_dataset_that_nobody_uses_starts_training(edited: Edited) -> None:
    messages = edited(
        trigger("{kind: data, dataset: spare}"), ("datasets:\n", "datasets:\n  - {name: spare}\n")
    )
    assert (
        "pipelines.triggers[0].dataset: no model is trained on this dataset, got 'spare'; remove the "
        "trigger, or use the dataset in a model"
    ) in messages


def test_fails_when_two_steps_have_one_name(edited: Edited) -> None:
    twice = "name: mine}\n    - {command: [python, y.py], name: mine"
    assert "pipelines.steps[1].name: is there twice, got 'mine'; rename or remove one" in edited(
        step(twice)
    )
