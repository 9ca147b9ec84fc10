"""What every principal needs for its work, derived from definitions and documentation.

Nothing here reads a role's duties or a policy: state machines, jobs, rules and stores say what is called,
and the tables say what AWS then checks.
"""

from groundplan.blueprints.prove.needs.collect import Needs, needs
from groundplan.blueprints.prove.needs.need import Need

__all__ = ["Need", "Needs", "needs"]
