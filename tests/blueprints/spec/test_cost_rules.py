"""What ``cost`` names must be there."""

from typing import Any

import pytest
from cost_cases import document, spec_of

from groundplan.blueprints.errors import SpecErrors


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (
            {"usage": {"demnad": {}}},
            "cost.usage.demnad: none of models, got 'demnad'; did you mean 'demand'?",
        ),
        (
            {"usage": {"demand": {"scoring_hours": 1.0}}},
            "cost.usage.demand.scoring_hours: means nothing without batch serving, got 1.0; remove it",
        ),
        (
            {"usage": {"demand": {"training_hours": 3.0}}},
            "cost.usage.demand.training_hours: must be at most training.max_runtime_hours, "
            + "which is 2, got 3.0; lower it, or raise the limit",
        ),
        (
            {"storage": {"datasets_gib": {"order": 1.0}}},
            "cost.storage.datasets_gib.order: none of datasets, got 'order'; did you mean 'orders'?",
        ),
        (
            {"savings_plan": {"owner_account": "payer"}},
            "cost.savings_plan.owner_account: none of accounts, got 'payer'; use one of main",
        ),
    ],
)
def test_fails_where_cost_names_what_is_not_there(cost: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecErrors) as caught:
        spec_of(document(cost=cost))
    assert str(caught.value) == message


def test_fails_on_a_discount_of_everything() -> None:
    with pytest.raises(SpecErrors, match="assumed_discount"):
        spec_of(document(cost={"savings_plan": {"assumed_discount": 1.0}}))
