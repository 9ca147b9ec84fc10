"""Helpers for tests of claims: the examples as cases, and what a claim says of a planted hole."""

from functools import cache

from benchmarks.prove_plant import Plant, in_plan
from tests_support import example_spec

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Claim

TOOLING, STAGING, PROD = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
DATA = f"arn:aws:s3:::churn-data-customers-{PROD}"
ARTIFACTS = f"arn:aws:s3:::churn-tooling-artifacts-{TOOLING}"


@cache
def example(name: str = "churn") -> Case:
    return case(example_spec(name))


def said(claim: Claim, plant: Plant, name: str = "churn") -> list[str]:
    """Say what a claim finds after a hole was planted in an example, roles and resources by their last part."""
    found = claim.check(plant(example(name))).findings
    return [f"{item.subject.rpartition('/')[2]}: {item.problem}; {item.fix}" for item in found]


def root(account: str) -> dict[str, tuple[str, ...]]:
    return {"AWS": (f"arn:aws:iam::{account}:root",)}


def redefined(machine: str, old: str, new: str) -> Plant:
    """Write something else into the definition of a state machine, by its name."""

    def plant(case: Case) -> Case:
        [found] = [one for one in every(case.plan.stages, PipelinePlan) if one.name == machine]
        changed = found.definition.replace(old, new)
        assert changed != found.definition
        return in_plan(PipelinePlan, lambda one: one.name == machine, definition=changed)(case)

    return plant
