"""What CloudFormation needs for budgets."""

from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope, HandlerDuty, row

BUDGET_SERVICES = ("billing", "budgets")
"""Services of budgets. They have no regions: a request goes to the partition's first one."""


def budget_duties(scope: DeploymentScope) -> tuple[HandlerDuty, ...]:
    """Return what CloudFormation needs for the budgets of an account, nothing without any."""
    if not scope.budgets:
        return ()
    place = scope.place
    home = f"arn:{place.partition}:{{}}::{place.account}"
    names = scope.names("budget", scope.budgets)
    return (
        row(
            "Budgets::Budget", "ManageBudgets",
            "budgets: ListTagsForResource ModifyBudget TagResource UntagResource ViewBudget",
            tuple(f"{home.format('budgets')}:budget/{item}" for item in names),
            "budgets tell the owner what the project costs",
        ),
        row(
            "Budgets::Budget", "ReadBillingView", "billing: GetBillingViewData",
            (f"{home.format('billing')}:billingview/primary",),
            "a budget measures what its account's billing view shows",
        ),
    )  # fmt: skip
