"""What stage 0 and the bootstrap cost in each account."""

from decimal import Decimal
from pathlib import Path

from cost_cases import cost_of_spec, document, price_file, usd


def test_keys_of_stage_0_and_of_the_bootstrap_are_counted(tmp_path: Path) -> None:
    cost = cost_of_spec(document(), price_file(tmp_path))
    assert usd(cost, "shop/stage-0/keys-111111111111") == (Decimal("2.00"), Decimal("2.00"))
    assert not [line for line in cost.lines if line.id.startswith("shop/stage-0/alarms")]


def test_a_trail_costs_a_key_its_alarms_and_what_nobody_knows_yet(tmp_path: Path) -> None:
    cost = cost_of_spec(document(governance={}), price_file(tmp_path))
    assert usd(cost, "shop/stage-0/keys-111111111111")[0] == Decimal("3.00")
    assert usd(cost, "shop/stage-0/alarms-111111111111")[0] == Decimal("0.80")
    metrics = next(line for line in cost.lines if line.id == "shop/stage-0/metrics-111111111111")
    assert (metrics.least, metrics.most) == (Decimal(0), Decimal(8))
    left_out = [item.what for item in cost.not_counted if item.environment == "stage-0"]
    assert left_out == ["events of the audit trail, and its logs and storage"]
