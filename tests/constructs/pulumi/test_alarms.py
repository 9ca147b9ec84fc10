import json
from collections.abc import Callable
from decimal import Decimal

import pulumi
import pytest

from groundplan.blueprints.plan.alarms import AlarmPlan, plan_alarm, plan_alarms, plan_topic
from groundplan.blueprints.plan.budget import BudgetNotificationPlan, plan_budget
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    AlarmTopic,
    AlarmTopicArgs,
    Budget,
    BudgetArgs,
)
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
MACHINE = Ref("Machine", "arn")


def alarm(**more: str) -> AlarmPlan:
    return plan_alarm(
        id="Failed",
        name="reports-failed",
        place=PLACE,
        description="a report failed; see the execution's cause",
        namespace="AWS/States",
        metric="ExecutionsFailed",
        dimensions={"StateMachineArn": MACHINE},
        **more,  # type: ignore[arg-type]
    )


def test_alarms_tell_a_topic_of_the_same_program(run: Run) -> None:
    topic_plan = plan_topic(
        id="Alerts",
        name="alerts",
        place=PLACE,
        encryption_key_alias="alias/alerts",
        emails=["a@acme.example", "b@acme.example"],
    )

    def program() -> None:
        topic = AlarmTopic("alerts", AlarmTopicArgs(plan=topic_plan))
        machine = pulumi.Output.from_input("arn:aws:states:::machine")
        plan = plan_alarms([alarm()], topic_arn=PLACE.arn("sns", "alerts"))
        alarms = Alarms("reports", AlarmsArgs(plan=plan, values={MACHINE: machine}))
        pulumi.export("topic", topic.arn)
        pulumi.export("names", alarms.names)

    recording = run(program)
    found = {item.name: item.inputs for item in recording.registrations}
    assert found["reports-Failed"]["dimensions"] == {"StateMachineArn": "arn:aws:states:::machine"}
    assert found["reports-Failed"]["treatMissingData"] == "notBreaching"
    assert found["reports-Failed"]["alarmActions"] == [recording.outputs["topic"]]
    assert found["alerts-Resource"]["kmsMasterKeyId"] == "alias/alerts"
    statements = json.loads(found["alerts-Policy"]["policy"])["Statement"]
    assert "DenyPlainHttp" in [item["Sid"] for item in statements]
    assert found["alerts-Email1"]["endpoint"] == "b@acme.example"
    assert recording.outputs["names"] == ["reports-failed"]


@pytest.mark.parametrize(
    ("statistic", "named"), [("Sum", "statistic"), ("p99", "extendedStatistic")]
)
def test_a_percentile_is_an_extended_statistic(run: Run, statistic: str, named: str) -> None:
    plan = plan_alarms([alarm(statistic=statistic)])
    args = AlarmsArgs(plan=plan, values={MACHINE: "arn"})
    [item] = run(lambda: Alarms("reports", args)).of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert {
        key: value for key, value in item.inputs.items() if key.lower().endswith("statistic")
    } == {named: statistic}


def test_fails_without_a_value_for_a_dimension(run: Run) -> None:
    with pytest.raises(ConstructError, match=r"reports-Failed: the plan refers to .*Machine"):
        run(lambda: Alarms("reports", AlarmsArgs(plan=plan_alarms([alarm()]))))


@pytest.mark.parametrize("kind", ["COST", "SAVINGS_PLANS_UTILIZATION"])
def test_a_budget_of_a_savings_plan_takes_no_cost_types(run: Run, kind: str) -> None:
    plan = plan_budget(
        name_parts=["reports", "costs"],
        kind=kind,  # type: ignore[arg-type]
        limit_usd=Decimal(500) if kind == "COST" else None,
        notifications=[
            BudgetNotificationPlan(kind="ACTUAL", comparison="GREATER_THAN", percent=80)
        ],
        emails=["a@acme.example"],
        id="Costs",
    )

    def program() -> None:
        pulumi.export("name", Budget("costs", BudgetArgs(plan=plan)).name)

    recording = run(program)
    [budget] = recording.of_type("aws:budgets/budget:Budget")
    assert ("costTypes" in budget.inputs) is (kind == "COST")
    assert budget.inputs["notifications"] == [
        {
            "notificationType": "ACTUAL",
            "comparisonOperator": "GREATER_THAN",
            "threshold": 80,
            "thresholdType": "PERCENTAGE",
            "subscriberEmailAddresses": ["a@acme.example"],
        }
    ]
    assert recording.outputs == {"name": plan.name}
