"""What a project costs, and the Savings Plan commitment that costs least.

Importing this package imports numpy; commands that print no cost do not import it.
"""

from groundplan.blueprints.cost.commitment import CommitmentResult, optimal_commitment
from groundplan.blueprints.cost.usage import OtherUsage, UsageLine

__all__ = ["CommitmentResult", "OtherUsage", "UsageLine", "optimal_commitment"]
