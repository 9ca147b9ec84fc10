"""AWS's published policy evaluation logic, offline.

What is out of scope: service-linked roles, KMS grants, resource control policies, access control lists,
the policies of VPC endpoints, and what a service checks beside policies.
"""

from groundplan.blueprints.prove.evaluate.decide import Policies
from groundplan.blueprints.prove.evaluate.evaluate import evaluate, simulate
from groundplan.blueprints.prove.evaluate.why import why

__all__ = ["Policies", "evaluate", "simulate", "why"]
