from typing import Any

import pytest


@pytest.mark.parametrize("deployed", ["sandbox", "vision"], indirect=True)
def test_everything_planned_exists_on_day_0(deployed: Any) -> None:
    checks = [deployed.check(item) for item in (*deployed.plan.stage_0, *deployed.plan.stacks())]
    assert [mismatch for check in checks for mismatch in check.mismatches] == []
    assert sum(check.checked for check in checks) > 400
