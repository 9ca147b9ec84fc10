"""Specs to start from, each ready to plan, with sample data to rehearse on."""

from groundplan.blueprints.starting_points.points import (
    BLANK,
    Answers,
    Ci,
    StartingPoint,
    made_up_accounts,
    sample_files,
    spec_text,
    starting_points,
)

__all__ = [
    "BLANK",
    "Answers",
    "Ci",
    "StartingPoint",
    "made_up_accounts",
    "sample_files",
    "spec_text",
    "starting_points",
]
