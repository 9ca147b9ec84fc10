"""Compares what tells people: alarms and budgets."""

from collections.abc import Mapping
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import item, lowered, number


def alarm_of_template(alarm: Resource, parts: Parts) -> Item:
    """Return an alarm of CDK."""
    facts = {
        "description": alarm.take("AlarmDescription"),
        "tells": alarm.take("AlarmActions"),
        "metric": (alarm.take("Namespace"), alarm.take("MetricName")),
        "dimensions": {part["Name"]: part["Value"] for part in alarm.take("Dimensions") or ()},
        "statistic": alarm.take("Statistic") or alarm.take("ExtendedStatistic"),
        "breaches": (alarm.take("ComparisonOperator"), number(alarm.take("Threshold"))),
        "periods": (alarm.take("EvaluationPeriods"), alarm.take("Period")),
        "missing data": alarm.take("TreatMissingData"),
    }
    return item("alarm", alarm.take("AlarmName"), alarm, facts, own_tags=alarm.take("Tags"))


def alarm_of_program(alarm: Resource, parts: Parts) -> Item:
    """Return an alarm of Pulumi."""
    facts = {
        "description": alarm.take("alarmDescription"),
        "tells": alarm.take("alarmActions"),
        "metric": (alarm.take("namespace"), alarm.take("metricName")),
        "dimensions": alarm.take("dimensions") or {},
        "statistic": alarm.take("statistic") or alarm.take("extendedStatistic"),
        "breaches": (alarm.take("comparisonOperator"), number(alarm.take("threshold"))),
        "periods": (alarm.take("evaluationPeriods"), alarm.take("period")),
        "missing data": alarm.take("treatMissingData"),
    }
    return item("alarm", alarm.take("name"), alarm, facts, own_tags=alarm.take("tags"))


def budget_of_template(budget: Resource, parts: Parts) -> Item:
    """Return a budget of CDK."""
    given = budget.take("Budget")
    facts = {
        "type": given["BudgetType"],
        "every": given["TimeUnit"],
        "limit": (number(float(given["BudgetLimit"]["Amount"])), given["BudgetLimit"]["Unit"]),
        "filters": given.get("CostFilters", {}),
        "costs": lowered(given.get("CostTypes")),
        "tells": {
            _occasion(lowered(part["Notification"])): sorted(
                (who["SubscriptionType"], who["Address"]) for who in part["Subscribers"]
            )
            for part in budget.take("NotificationsWithSubscribers") or ()
        },
    }
    return item("budget", given["BudgetName"], budget, facts, own_tags=budget.take("ResourceTags"))


def budget_of_program(budget: Resource, parts: Parts) -> Item:
    """Return a budget of Pulumi."""
    facts = {
        "type": budget.take("budgetType"),
        "every": budget.take("timeUnit"),
        "limit": (number(float(budget.take("limitAmount"))), budget.take("limitUnit")),
        "filters": {part["name"]: part["values"] for part in budget.take("costFilters") or ()},
        "costs": lowered(budget.take("costTypes")),
        "tells": {
            _occasion(lowered(part)): sorted(
                ("EMAIL", address) for address in part["subscriberEmailAddresses"]
            )
            for part in budget.take("notifications") or ()
        },
    }
    return item("budget", budget.take("name"), budget, facts, own_tags=budget.take("tags"))


def _occasion(given: Mapping[str, Any]) -> str:
    names = ("notificationtype", "comparisonoperator", "threshold", "thresholdtype")
    return " ".join(str(given[name]) for name in names)


TEMPLATES = {
    "AWS::Budgets::Budget": budget_of_template,
    "AWS::CloudWatch::Alarm": alarm_of_template,
}
PROGRAMS = {
    "aws:budgets/budget:Budget": budget_of_program,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm_of_program,
}
PARTS: set[str] = set()
