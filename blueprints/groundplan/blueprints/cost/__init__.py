"""What a project costs, and the Savings Plan commitment that costs least.

Importing this package imports numpy; commands that print no cost do not import it.
"""

from groundplan.blueprints.cost.bill import HourlyBill, LineBill, cost_of
from groundplan.blueprints.cost.commitment import (
    CommitmentResult,
    Offering,
    optimal_by_offering,
    optimal_commitment,
)
from groundplan.blueprints.cost.purchase import PurchaseRequest, purchase_request
from groundplan.blueprints.cost.sensitivity import (
    DropResult,
    NoRegret,
    no_regret_commitment,
    sensitivity,
)
from groundplan.blueprints.cost.usage import OtherUsage, UsageLine

__all__ = [
    "CommitmentResult",
    "DropResult",
    "HourlyBill",
    "LineBill",
    "NoRegret",
    "Offering",
    "OtherUsage",
    "PurchaseRequest",
    "UsageLine",
    "cost_of",
    "no_regret_commitment",
    "optimal_by_offering",
    "optimal_commitment",
    "purchase_request",
    "sensitivity",
]
