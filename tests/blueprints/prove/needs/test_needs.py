"""What is needed, derived from definitions and never from duties."""

import ast

import pytest
from tests_support import EXAMPLES, ROOT, example_spec, model_monitored

from groundplan.blueprints.plan.engine import ENGINES
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.needs import Need, needs
from groundplan.blueprints.prove.needs.grants import includes
from groundplan.blueprints.prove.needs.tables.calls import CALLS
from groundplan.blueprints.prove.needs.tables.no_resource import NO_RESOURCE
from groundplan.blueprints.spec import load_spec, parse_spec

FOLDER = ROOT / "blueprints/groundplan/blueprints/prove/needs"
PROD = "arn:aws:iam::333333333333:role/groundplan/churn"


@pytest.fixture(scope="module")
def churn_needs() -> tuple[Need, ...]:
    return needs(case(example_spec("churn"))).all


def test_no_need_is_made_from_a_duty_or_a_policy() -> None:
    forbidden = ("plan.duties", "plan.pipeline_duties", "plan.machine_role", "plan.access")
    for file in [*FOLDER.glob("*.py"), *FOLDER.glob("tables/*.py")]:
        tree = ast.parse(file.read_text())
        imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not [m for m in imported for item in forbidden if m.endswith(item)], file.name
        named = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        if not file.name.startswith("deployment"):
            assert not named & {"duties", "policies", "trust"}, file.name


@pytest.mark.parametrize("name", [*EXAMPLES, "steady"])
def test_every_integration_is_in_the_table(name: str) -> None:
    steady = ROOT / "tests/faults/groundplan.yaml"
    spec = load_spec(steady) if name == "steady" else example_spec(name)
    assert needs(case(spec)).unknown == ()


def test_the_table_has_nothing_that_no_machine_calls() -> None:
    steady = load_spec(ROOT / "tests/faults/groundplan.yaml")
    called = {
        call.integration
        for spec in (steady, parse_spec(model_monitored()))
        for engine in ENGINES
        for machine in needs(case(spec, engine)).facts.machines
        for call in machine.calls()
    }
    to_zero = {"aws-sdk:sagemaker:describeInferenceComponent"}
    assert set(CALLS) - called == to_zero


def test_an_example_lies_within_its_pattern_and_names_its_source(
    churn_needs: tuple[Need, ...],
) -> None:
    for need in churn_needs:
        assert "(202" in need.source and need.work
        assert "*" not in need.example or need.resource == "*"
        if ":key/*" not in need.resource:
            assert need.resource == "*" or includes(need.resource, need.example)


def test_only_actions_without_a_resource_are_needed_on_everything(
    churn_needs: tuple[Need, ...],
) -> None:
    assert {need.action for need in churn_needs if need.resource == "*"} <= NO_RESOURCE


def of(churn_needs: tuple[Need, ...], role: str, action: str) -> dict[str, Need]:
    return {
        need.resource: need
        for need in churn_needs
        if need.principal == f"{PROD}/{role}" and need.action == action
    }


def test_training_reads_its_channel_and_its_checkpoints_only(churn_needs: tuple[Need, ...]) -> None:
    assert set(of(churn_needs, "churn-prod-churn-training", "s3:GetObject")) == {
        "arn:aws:s3:::churn-data-customers-333333333333/train/*",
        "arn:aws:s3:::churn-prod-work-333333333333/churn/checkpoints/*",
    }


def test_a_release_reads_the_cases_that_the_training_of_its_models_registered(
    churn_needs: tuple[Need, ...],
) -> None:
    """The place of the cases is in a version's metadata, which another machine writes."""
    assert set(of(churn_needs, "churn-prod-release", "s3:GetObject")) == {
        "arn:aws:s3:::churn-tooling-artifacts-111111111111/evaluations/churn/*"
    }


def test_a_machine_passes_exact_roles_to_one_service(churn_needs: tuple[Need, ...]) -> None:
    passed = of(churn_needs, "churn-prod-churn-pipeline", "iam:PassRole")
    assert set(passed) == {
        f"{PROD}/churn-prod-churn-processing",
        f"{PROD}/churn-prod-churn-training",
    }
    for need in passed.values():
        assert need.guards == {
            "StringEquals": {"iam:PassedToService": ("sagemaker.amazonaws.com",)}
        }


def test_a_key_is_used_through_one_service_and_known_by_its_alias(
    churn_needs: tuple[Need, ...],
) -> None:
    [need] = of(churn_needs, "churn-prod-churn-training", "kms:CreateGrant").values()
    assert need.example == "arn:aws:kms:eu-west-1:333333333333:key/churn-prod"
    assert need.guards == {
        "Bool": {"kms:GrantIsForAWSResource": ("true",)},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": ("alias/churn-prod",)},
    }


def test_no_volume_is_encrypted_where_the_hardware_does_it() -> None:
    """Vision trains and serves on GPU types with local NVMe storage, which takes no key."""
    roles = {
        n.principal
        for n in needs(case(example_spec("vision"))).all
        if n.action == "kms:CreateGrant"
    }
    assert not [role for role in roles if role.endswith(("-training", "-serving"))]
    assert [role for role in roles if role.endswith("-processing")]
