"""All claims, in the order in which they are checked and shown."""

from groundplan.blueprints.prove.claim import Claim
from groundplan.blueprints.prove.claims.exclusive_change import CLAIM as EXCLUSIVE_CHANGE
from groundplan.blueprints.prove.claims.exclusive_data import CLAIM as EXCLUSIVE_DATA

CLAIMS: tuple[Claim, ...] = (
    EXCLUSIVE_DATA,
    EXCLUSIVE_CHANGE,
)
"""Every claim."""

__all__ = ["CLAIMS"]
