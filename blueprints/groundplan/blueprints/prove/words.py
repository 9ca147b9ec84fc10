"""Words that all forms of a proof share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundplan.blueprints.prove.report import Figures, Proof


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as ``1 policy`` or ``2 policies``."""
    if count == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {plural}"


def short(arn: str) -> str:
    """Return the account and the last part of a role's ARN; any other text as it is."""
    if ":role/" not in arn:
        return arn
    return f"{arn.split(':')[4]} {arn.rpartition('/')[2]}"


def claims_line(proof: "Proof") -> str:
    """Return how many claims there are and how many of them fail."""
    failed = sum(not result.verdict.holds for result in proof.results)
    total = counted(len(proof.results), "claim")
    if failed == 0:
        return f"{total}, {'all hold' if len(proof.results) > 1 else 'which holds'}"
    return f"{total}, {failed} {'fails' if failed == 1 else 'fail'}"


def figures_line(figures: "Figures") -> str:
    """Return what was looked at in one sentence."""
    wildcards = counted(figures.wildcards, "wildcard")
    parts = [
        counted(figures.accounts, "account"),
        counted(figures.roles, "role"),
        counted(figures.resources, "resource"),
        counted(figures.policies, "policy"),
        counted(figures.statements, "statement"),
        f"{wildcards} ({figures.whole} of them * alone, {figures.unexplained} without a reason)",
        f"FullAccess {figures.full_access}",
        counted(figures.exceptions, "accepted finding") + " of static checkers",
    ]
    return ", ".join(parts)
