"""Batch serving: where it runs, on what, what it reads."""

from collections.abc import Callable
from typing import Any

import pytest

from groundplan.blueprints.spec import BatchServing, parse_spec
from groundplan.blueprints.spec.rules.batch import scorers

Errors = Callable[[str], list[str]]

SPEC = """\
project: nightly
organization: acme
accounts: {{dev: "111111111111", prod: "222222222222"}}
environments:
  - {{name: dev, account: dev, region: eu-west-1, trains: true}}
  - {{name: prod, account: prod, region: eu-west-1, stage: production}}
network: {{mode: {mode}}}
datasets: [{{name: cells}}, {{name: arrivals, format: {format}, readers: [{readers}]}}]
models:
  - name: tumour
    training: {{dataset: cells, image: tumour}}
    serving: {{kind: batch, dataset: {dataset}, {serving}}}
"""


def spec(**parts: str) -> str:
    given = {
        "mode": "isolated",
        "format": "csv",
        "readers": "dev",
        "serving": "prefer: speed",
        "dataset": "arrivals",
    }
    return SPEC.format(**given | parts)


def test_scores_every_night_unless_told_otherwise() -> None:
    serving = parse_spec(spec()).models[0].serving
    assert isinstance(serving, BatchServing) and serving.schedule is not None
    assert (serving.schedule.cron, serving.schedule.time_zone) == ("0 2 * * *", "UTC")
    by_hand = parse_spec(spec(serving="schedule: null")).models[0].serving
    assert isinstance(by_hand, BatchServing) and by_hand.schedule is None


@pytest.mark.parametrize(
    ("readers", "scoring"), [("dev", ["dev"]), ("dev, prod", ["prod"]), ("prod, dev", ["prod"])]
)
def test_production_scores_where_it_may_read_and_else_who_trains(
    readers: str, scoring: list[str]
) -> None:
    read = parse_spec(spec(readers=readers))
    assert [environment.name for environment in scorers(read, read.models[0])] == scoring


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"serving": "memory_gib: 4"},
            (
                "models[0].serving.memory_gib: means nothing where prefer is speed, got 4; "
                "remove it, or prefer 'cost'"
            ),
        ),
        (
            {"serving": "prefer: cost, instance: ml.m5.large"},
            (
                "models[0].serving.instance: means nothing where prefer is cost, got 'ml.m5.large'; "
                "remove it, or prefer 'speed'"
            ),
        ),
        (
            {"serving": "prefer: cost, vcpus: 8, memory_gib: 18"},
            (
                "models[0].serving.memory_gib: Fargate has 16 to 60 GiB in steps of 4 with 8 vCPUs, "
                "got 18; use one of these, or change vcpus"
            ),
        ),
        (
            {"format": "jsonl"},
            (
                "models[0].serving.dataset: dataset arrivals is not in a format that is scored yet, got 'jsonl'; "
                "use a dataset of format 'csv'"
            ),
        ),
        (
            {"serving": "prefer: cost", "mode": "none"},
            (
                "models[0].serving.prefer: AWS Batch needs a network, and environment dev has none, "
                "got 'cost'; use network mode 'isolated' or 'existing', or prefer 'speed'"
            ),
        ),
        (
            {"dataset": "cells"},
            (
                "models[0].serving.dataset: a model is trained on it, and what is to be scored "
                "would count as new training data, got 'cells'; name a dataset of its own"
            ),
        ),
        (
            {"serving": "instance: ml.p5.48xlarge"},
            (
                "models[0].serving.instance: cannot run batch transform jobs, got 'ml.p5.48xlarge'; "
                "did you mean 'ml.g5.48xlarge'?"
            ),
        ),
        (
            {"serving": "schedule: {cron: '0 25 * * *'}"},
            (
                "models[0].serving.schedule.cron: '25' is no hour, got '0 25 * * *'; "
                "write five fields like '0 3 * * MON'"
            ),
        ),
    ],
)
def test_fails_on_what_cannot_score(parts: dict[str, Any], message: str, errors: Errors) -> None:
    assert [line.split(" ", 1)[1] for line in errors(spec(**parts))] == [message]


def test_fails_when_nobody_who_could_score_may_read(errors: Errors) -> None:
    found = errors(spec(readers="dev").replace("[dev]", "[]"))
    assert [line.split(" ", 1)[1] for line in found] == [
        (
            "models[0].serving.dataset: no environment that could score may read dataset arrivals, got none; "
            "add 'dev' to its readers, or a staging or production environment"
        ),
    ]
