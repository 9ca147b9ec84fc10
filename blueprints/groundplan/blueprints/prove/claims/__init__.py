"""All claims, in the order in which they are checked and shown."""

from groundplan.blueprints.prove.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
"""Every claim."""

__all__ = ["CLAIMS"]
