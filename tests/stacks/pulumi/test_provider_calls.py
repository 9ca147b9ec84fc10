"""Whoever deploys may make each resource that the programs register, in the account that it is for."""

from collections.abc import Callable

import pytest

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.deployment_policies.provider_calls import (
    PROVIDER_CALLS,
    provider_calls,
)
from groundplan.stacks.pulumi.recording import Recording

FUNCTION = "aws:index/getAvailabilityZones:getAvailabilityZones"


@pytest.mark.parametrize("example", ["churn", "nightly", "sandbox", "vision"])
def test_the_role_of_an_account_may_make_what_is_registered_for_it(
    example: str, plan_of: Callable[[str], Plan], recording_of: Callable[[str, str], Recording]
) -> None:
    decided = plan_of(example)
    allowed: dict[str, dict[str, set[str]]] = {}
    for stage_0 in decided.stage_0:
        rows = allowed.setdefault(stage_0.place.account, {})
        for row in stage_0.deployment_duties:
            for token in row.types:
                rows.setdefault(token, set()).update(row.duty.actions)
    accounts = {stage.id: stage.place.account for stage in decided.stages}
    checked = set()
    for part in decided.parts():
        for item in recording_of(example, part).registrations:
            if not item.custom or not item.type.startswith("aws:"):
                continue
            name = item.provider.rpartition("::")[0].rpartition("::")[2]
            scope = max((id for id in accounts if name.startswith(id)), key=len)
            missing = provider_calls(item.type) - allowed[accounts[scope]].get(item.type, set())
            assert not missing, f"{item.name}: {sorted(missing)}"
            checked.add(item.type)
    assert len(checked) > 25


def test_the_table_holds_no_type_that_no_program_registers(
    plan_of: Callable[[str], Plan], recording_of: Callable[[str, str], Recording]
) -> None:
    examples = ("churn", "nightly", "sandbox", "vision")
    found = {
        item.type
        for example in examples
        for part in plan_of(example).parts()
        for item in recording_of(example, part).registrations
    }
    unused = set(PROVIDER_CALLS) - found - {FUNCTION}

    # Made for what no example wants.
    assert unused == {
        "aws:sagemaker/mlflowApp:MlflowApp",
        "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer",
        "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
    }
