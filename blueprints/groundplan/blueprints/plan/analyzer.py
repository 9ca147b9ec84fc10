"""Decides the analyser of access from outside an account."""

from dataclasses import dataclass

from groundplan.blueprints.plan.names import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzerPlan:
    """An analyser of IAM Access Analyzer: it reports what principals outside the account can reach.

    Analysers of external access cost nothing, and a region of an account has one of its own (IAM User
    Guide, "Getting started with AWS IAM Access Analyzer" and its quotas, 2026-10).
    """

    name: str
    """Physical name."""

    arn: str
    """ARN of the analyser."""


def plan_analyzer(*, project: str, place: Place) -> AnalyzerPlan:
    """Decide the analyser that stage 0 of ``project`` makes in an account."""
    name = f"groundplan-stage-0-{project}"
    return AnalyzerPlan(name=name, arn=place.arn("access-analyzer", f"analyzer/{name}"))
