"""All claims, in the order in which they are checked and shown."""

from groundplan.blueprints.prove.claim import Claim
from groundplan.blueprints.prove.claims.blast_radius import CLAIM as BLAST_RADIUS
from groundplan.blueprints.prove.claims.boundaries import CLAIM as BOUNDARIES
from groundplan.blueprints.prove.claims.data_protection import CLAIM as DATA_PROTECTION
from groundplan.blueprints.prove.claims.deployments_allowed import CLAIM as DEPLOYMENTS_ALLOWED
from groundplan.blueprints.prove.claims.deployments_minimal import CLAIM as DEPLOYMENTS_MINIMAL
from groundplan.blueprints.prove.claims.duties_allowed import CLAIM as DUTIES_ALLOWED
from groundplan.blueprints.prove.claims.exclusive_change import CLAIM as EXCLUSIVE_CHANGE
from groundplan.blueprints.prove.claims.exclusive_data import CLAIM as EXCLUSIVE_DATA
from groundplan.blueprints.prove.claims.guard_rails import CLAIM as GUARD_RAILS
from groundplan.blueprints.prove.claims.minimality import CLAIM as MINIMALITY
from groundplan.blueprints.prove.claims.network import CLAIM as NETWORK
from groundplan.blueprints.prove.claims.no_confused_deputy import CLAIM as NO_CONFUSED_DEPUTY
from groundplan.blueprints.prove.claims.no_privilege_escalation import (
    CLAIM as NO_PRIVILEGE_ESCALATION,
)

CLAIMS: tuple[Claim, ...] = (
    DUTIES_ALLOWED,
    MINIMALITY,
    DEPLOYMENTS_ALLOWED,
    DEPLOYMENTS_MINIMAL,
    EXCLUSIVE_DATA,
    EXCLUSIVE_CHANGE,
    NO_PRIVILEGE_ESCALATION,
    NO_CONFUSED_DEPUTY,
    DATA_PROTECTION,
    NETWORK,
    BLAST_RADIUS,
    BOUNDARIES,
    GUARD_RAILS,
)
"""Every claim."""

__all__ = ["CLAIMS"]
