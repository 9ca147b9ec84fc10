"""Holes that a careless engineer could make in examples/churn, and the claim that names each.

``python -m benchmarks.prove_holes`` writes docs/proof-holes.md with the messages as they are.
"""

from pathlib import Path

from benchmarks.commitment import written
from benchmarks.prove_hole import Hole
from benchmarks.prove_hole_escalations import ESCALATIONS
from benchmarks.prove_hole_mistakes import HOLES

from groundplan.blueprints.prove.claim import Case, Claim, Finding

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "proof-holes.md"
CLAIMS_PAGE = ROOT / "docs" / "prove.md"
ALL = (*HOLES, *ESCALATIONS)


def findings(hole: Hole, case: Case, claims: tuple[Claim, ...]) -> tuple[Finding, ...]:
    """Return what the hole's claim says about a case with the hole in it.

    A claim that can be asked about single roles is asked about those that changed, if only roles did.
    """
    [claim] = [one for one in claims if one.id == hole.claim]
    holed = hole.plant(case)
    known = {id(role) for role in case.world.roles}
    roles = [role for role in holed.world.roles if id(role) not in known]
    if claim.check_roles is None or holed.world.resources != case.world.resources or not roles:
        return claim.check(holed).findings
    return tuple(claim.check_roles(holed, roles)) or claim.check(holed).findings


def told(hole: Hole, found: tuple[Finding, ...]) -> Finding:
    """Return the first finding that holds the words of a hole.

    Raises:
        LookupError: If there is none.
    """
    for finding in found:
        text = f"{finding.subject} {finding.where} {finding.problem} {finding.fix}"
        if all(word in text for word in hole.words):
            return finding
    raise LookupError(f"{hole.claim}: {hole.mistake}: {hole.words} not in {found[:5]}")


def holes_table(case: Case, claims: tuple[Claim, ...]) -> str:
    """Return the table of holes with their messages."""
    lines = ["| claim | the careless engineer | message | smallest fix |", "|---|---|---|---|"]
    for hole in ALL:
        one = told(hole, findings(hole, case, claims))
        cells = (f"{one.subject}: {one.where}: {one.problem}", one.fix)
        message, fix = (cell.replace("|", "\\|") for cell in cells)
        lines.append(f"| {hole.claim} | {hole.mistake} | {message} | {fix} |")
    return "\n".join(lines)


def claims_table(claims: tuple[Claim, ...]) -> str:
    """Return the table of claims."""
    lines = ["| claim | what is claimed |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{claim.id}` | {claim.sentence} |" for claim in claims)])


def main() -> None:
    """Write the tables of both pages."""
    from benchmarks.prove_mutations import example_case

    from groundplan.blueprints.prove.claims import CLAIMS

    for page, tables in (
        (PAGE, {"holes": holes_table(example_case("churn"), CLAIMS)}),
        (CLAIMS_PAGE, {"claims": claims_table(CLAIMS)}),
    ):
        page.write_text(written(page.read_text("utf-8"), tables), "utf-8")


if __name__ == "__main__":
    main()
