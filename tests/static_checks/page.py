"""The tables of docs/static-checks.md."""

from collections import Counter

from tests.static_checks.checkers import Checked
from tests.static_checks.findings import PACKS, Finding
from tests_support import EXAMPLES

HEAD = """# Static checks

Every template of every example, those of stage 0 and the bootstrap included, under seven packs of rules.
`python -m tests.static_checks` runs them all and writes this page; a test compares it.

A finding is mended, or accepted at the one resource that has it, for a reason that the plan names
(`groundplan.blueprints.plan.exceptions`). The template carries the acknowledgment, and `groundplan prove` lists all of
them. Nothing is switched off for a whole template or project.

cdk-nag reads the constructs of the stacks; cfn-lint, checkov and cloudsplaining read the templates. cloudsplaining is given
the policies of roles with a stand-in for each reference.
"""


def page(checked: Checked) -> str:
    """The whole page."""
    findings = checked.findings
    parts = [HEAD, "\n## Findings: accepted of all\n\n"]
    templates = [str(checked.templates[name]) for name in EXAMPLES]
    parts.append(_row("pack", *EXAMPLES))
    parts.append(_row("---", *("---:" for _ in EXAMPLES)))
    for pack in PACKS:
        own = [item for item in findings if item.pack == pack]
        parts.append(_row(pack, *(_share(own, name) for name in EXAMPLES)))
    parts.append(_row("templates", *templates))
    parts.append(_row("distinct reasons", *(str(len(_reasons(findings, n))) for n in EXAMPLES)))
    parts.append("\n## Reasons\n\n")
    parts.append(_row("reason", "rules", *EXAMPLES))
    parts.append(_row("---", "---", *("---:" for _ in EXAMPLES)))
    for reason in sorted({item.reason for item in findings if item.reason is not None}):
        own = [item for item in findings if item.reason == reason]
        counts = Counter(item.example for item in own)
        parts.append(_row(reason, _rules(own), *(str(counts[name] or "") for name in EXAMPLES)))
    return "".join(parts)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _share(findings: list[Finding], example: str) -> str:
    own = [item for item in findings if item.example == example]
    return f"{sum(item.reason is not None for item in own)} of {len(own)}" if own else "0"


def _reasons(findings: list[Finding], example: str) -> set[str | None]:
    return {item.reason for item in findings if item.example == example} - {None}


def _rules(findings: list[Finding]) -> str:
    """Return the rules with the number of findings, without what they are about in particular."""
    counts = Counter(item.rule.partition("[")[0] for item in findings)
    return ", ".join(f"{rule} ({count})" for rule, count in sorted(counts.items()))
