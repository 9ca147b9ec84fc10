from collections.abc import Callable
from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.diff import compare
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.spec import ProjectSpec


def changed(edit: Callable[[dict[str, Any]], None]) -> Any:
    spec = example_spec("churn")
    whole = spec.model_dump(mode="json", exclude_defaults=True)
    edit(whole)
    return compare(to_json(plan(spec)), to_json(plan(ProjectSpec.model_validate(whole))))


def test_nothing_changes() -> None:
    assert changed(lambda spec: None).changes == ()


def test_a_size_changes_only_endpoints() -> None:
    def edit(spec: dict[str, Any]) -> None:
        spec["models"][0]["serving"]["instances"]["max"] = 6

    result = changed(edit)
    assert {(c.kind, c.type) for c in result.changes} == {("changed", "Endpoint")}
    assert result.refused() == ()


def test_a_renamed_dataset_loses_data() -> None:
    def edit(spec: dict[str, Any]) -> None:
        spec["datasets"][0]["name"] = spec["models"][0]["training"]["dataset"] = "clients"

    result = changed(edit)
    lost = [change.id for change in result.refused()]
    assert lost == [
        "data/data-state/CustomersBucket",
        "data/data-state/CustomersKey",
    ]
    assert result.refused(lost) == ()


def test_another_account_replaces_what_holds_data() -> None:
    def edit(spec: dict[str, Any]) -> None:
        spec["accounts"]["tooling"] = "444444444444"

    refused = {change.id: change for change in changed(edit).refused()}
    assert refused["tooling/registry/Artifacts"].kind == "replaced"
    assert "place" in refused["tooling/registry/Artifacts"].fields


def test_another_type_under_autoscaling_is_two_steps() -> None:
    def edit(spec: dict[str, Any]) -> None:
        spec["models"][0]["serving"]["instance"] = "ml.m5.xlarge"

    notes = {c.note for c in changed(edit).changes if c.type == "Endpoint"}
    assert len(notes) == 1
    assert str(notes.pop()).startswith("two steps: ")


def test_another_type_of_a_sized_endpoint_is_two_steps_where_it_scales() -> None:
    spec = example_spec("vision")
    whole = spec.model_dump(mode="json", exclude_defaults=True)
    whole["models"][0]["serving"]["instance"] = "ml.g5.2xlarge"
    other = ProjectSpec.model_validate(whole).with_files(spec.files)
    notes = {
        change.id: change.note
        for change in compare(to_json(plan(spec)), to_json(plan(other))).changes
        if change.type == "Endpoint"
    }
    assert notes.pop("dev/serving-plate-reader/Endpoint") is None
    assert notes.pop("staging/serving-plate-reader/Endpoint") is None
    [note] = notes.values()
    assert note == (
        "two steps: deploy with a fixed count (overrides.models.MODEL.instances with only min), "
        "then with the new type, since SageMaker refuses another type while a scaling target is "
        "registered"
    )


@pytest.mark.parametrize("direction", [1, -1])
def test_a_new_environment_adds_and_its_end_loses(direction: int) -> None:
    spec = example_spec("vision")
    whole = spec.model_dump(mode="json", exclude_defaults=True)
    whole["environments"] = [e for e in whole["environments"] if e["name"] != "dev"]
    del whole["cost"]["environment_budgets_usd_per_month"]["dev"]
    small = to_json(plan(ProjectSpec.model_validate(whole).with_files(spec.files)))
    full = to_json(plan(spec))
    result = compare(*((small, full) if direction > 0 else (full, small)))
    dev = [change for change in result.changes if change.id.startswith("dev/")]
    assert {change.kind for change in dev} == {"added" if direction > 0 else "deleted"}
    assert bool(result.refused()) == (direction < 0)
