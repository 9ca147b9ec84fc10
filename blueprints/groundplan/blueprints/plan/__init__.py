"""How a spec is realised, without saying by which engine. Every decision is made here."""

from groundplan.blueprints.plan.project import Plan, plan

__all__ = ["Plan", "plan"]
