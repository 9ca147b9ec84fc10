"""AWS::Budgets::Budget."""

from collections.abc import Mapping
from typing import ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class BudgetsBudget(ResourceType):
    """A budget with its notifications; nothing is measured against it."""

    type = "AWS::Budgets::Budget"
    properties = frozenset({"Budget", "NotificationsWithSubscribers"})
    uncovered: ClassVar[Mapping[str, str]] = {"ResourceTags": "moto keeps no tags of budgets"}
    create_only = frozenset({"NotificationsWithSubscribers"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make the budget."""
        budget = {"BudgetName": name, **properties["Budget"]}
        self.account.call(
            "budgets",
            "CreateBudget",
            AccountId=self.account.id,
            Budget=budget,
            NotificationsWithSubscribers=properties.get("NotificationsWithSubscribers"),
        )
        return str(budget["BudgetName"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the budget: moto cannot, so it is made anew under its name."""
        if previous is not None:
            self.delete(physical_id, previous)
            self.create(physical_id, properties)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the budget."""
        account = self.account.id
        self.account.call("budgets", "DeleteBudget", AccountId=account, BudgetName=physical_id)
