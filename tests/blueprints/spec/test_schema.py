import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from groundplan.blueprints.spec import spec_schema

ROOT = Path(__file__).parents[3]
SPECS = [*sorted(Path(__file__).parent.glob("*.yaml")), *sorted(ROOT.glob("examples/*/*plan.yaml"))]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(spec_schema())
    return Draft202012Validator(spec_schema())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_accepts_what_the_loader_accepts(path: Path, validator: Draft202012Validator) -> None:
    assert [e.message for e in validator.iter_errors(yaml.safe_load(path.read_text()))] == []


def test_all_examples_are_among_the_specs() -> None:
    examples = {path.parent.name for path in (ROOT / "examples").glob("*/groundplan.yaml")}
    assert examples and examples <= {path.parent.name for path in SPECS}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("projet",), "churn"),
        (("project",), "Plate Vision"),
        (("accounts", "prod"), "55"),
        (("accounts", "prod"), 55),
        (("accounts", "Bad Key"), "555555555555"),
        (("environments", 0, "stage"), "prod"),
        (("environments", 0, "region"), "eu-west-9"),
        (("environments", 2, "overrides", "network", "zone"), 3),
        (("environments", 1, "overrides", "network", "mode"), "isolate"),
        (("network",), {"mode": "none", "zones": 2}),
        (("datasets", 0, "retention", "noncurrent_days"), 0),
        (("models", 0, "training", "instance"), "ml.c5.large"),
        (("models", 0, "training", "instance"), ["ml.p9.xlarge"]),
        (("models", 0, "training", "hyperparameters", "epochs"), [1]),
        (("models", 0, "serving", "kind"), "realtme"),
        (("models", 0, "serving", "instance"), "ml.t3.large"),
        (("models", 0, "serving", "rollout", "strategy"), "blue"),
        (("pipelines", "triggers", 0, "kind"), "cron"),
        (("governance", "permissions_boundary"), "mine"),
        (("governance", "log_retention_days"), 100),
    ],
)
def test_fails_on_what_the_loader_refuses(
    place: tuple[Any, ...], value: object, validator: Draft202012Validator
) -> None:
    tree = yaml.safe_load((Path(__file__).parent / "full.yaml").read_text())
    damaged = copy.deepcopy(tree)
    parent = damaged
    for part in place[:-1]:
        parent = parent[part]
    parent[place[-1]] = value

    assert list(validator.iter_errors(damaged)) != []


def test_every_field_has_a_description() -> None:
    schema = spec_schema()
    models = {"ProjectSpec": schema, **schema["$defs"]}
    bare = [
        f"{name}.{field}"
        for name, model in models.items()
        for field, described in model.get("properties", {}).items()
        if not described.get("description")
    ]
    assert len(models) > 40 and bare == []


def test_what_is_not_built_says_so() -> None:
    definitions = spec_schema()["$defs"]

    assert definitions["TrainingSpec"]["properties"]["sample"]["description"] == (
        "Share of the dataset that development trains on. Default: all of it.\n\n"
        "Not built yet: refused when set."
    )
    assert definitions["PipelinesSpec"]["properties"]["orchestrator"]["description"].endswith(
        "Not built yet: refused when set, except for step_functions, airflow, kubeflow."
    )


def test_instance_types_are_listed_by_use() -> None:
    training = spec_schema()["$defs"]["TrainingSpec"]["properties"]["instance"]["oneOf"][0]["enum"]

    assert "ml.g5.xlarge" in training
    assert "ml.c5.large" not in training  # hosts, but cannot train


def test_names_no_host() -> None:
    assert spec_schema()["$id"] == "urn:groundplan:spec:1"
