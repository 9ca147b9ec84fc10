"""A proof as a self-contained part of an HTML page: no scripts, no colours of its own."""

from collections.abc import Iterable, Sequence
from html import escape

from groundplan.blueprints.prove.claim import Finding
from groundplan.blueprints.prove.exceptions import AcknowledgedException
from groundplan.blueprints.prove.matrix import Matrix
from groundplan.blueprints.prove.report import Proof, Result
from groundplan.blueprints.prove.wildcards import Wildcard
from groundplan.blueprints.prove.words import claims_line, counted, figures_line, short

STYLE = """
.proof { line-height: 1.45; }
.proof .scroll { overflow-x: auto; }
.proof table { border-collapse: collapse; font-size: 0.9em; }
.proof caption { text-align: left; padding-bottom: 0.3em; }
.proof th, .proof td { text-align: left; vertical-align: top; padding: 0.3em 0.7em 0.3em 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.proof thead th, .proof thead td { border-bottom-width: 2px; }
.proof tbody th { font-weight: 600; }
.proof td.count { text-align: right; font-variant-numeric: tabular-nums; }
.proof code { font-size: 0.95em; overflow-wrap: anywhere; }
.proof td > code { display: inline-block; min-width: 16em; }
.proof ul { margin: 0.2em 0; padding-left: 1.2em; }
.proof .holds::before { content: "\\2713\\00a0"; }
.proof .fails { font-weight: 700; }
.proof .fails::before { content: "\\2717\\00a0"; }
.proof dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1em 1em;
  border-left: 3px solid currentColor; padding-left: 0.8em; }
.proof dt { font-weight: 600; }
.proof dd { margin: 0; }
@media print { .proof .scroll { overflow: visible; } .proof tr { break-inside: avoid; } }
"""


def section(proof: Proof, *, level: int = 2, folded: bool = False) -> str:
    """Return a proof as one ``section`` element with its own, scoped style.

    It takes font and colours from the page around it, so that dark mode and print follow the page.

    Args:
        proof: What is to be shown.
        level: Level of its first heading; parts below it have the next one.
        folded: Whether evidence and long tables are folded, for a page that holds more than a proof.
    """
    title = f"What is proved about {escape(proof.project)}: {claims_line(proof)}"
    parts = [
        f'<section class="proof" aria-labelledby="proof">\n<style>{STYLE}</style>',
        f'<h{level} id="proof">{title}</h{level}>',
        f"<p>{escape(figures_line(proof.figures))}.</p>",
        _table(
            "Claims, and what was shown",
            ("claim", "", "facts", "what is claimed, and what was shown"),
            (_claim(result, folded) for result in proof.results),
        ),
    ]
    for heading, body, long in (
        ("Findings", _findings(proof.results), ""),
        ("What an attacker with each role could reach", _matrix(proof.matrix), ""),
        ("Wildcards", _wildcards(proof.wildcards), counted(len(proof.wildcards), "wildcard")),
        (
            "Accepted findings of static checkers",
            _exceptions(proof.exceptions),
            counted(len(proof.exceptions), "accepted finding"),
        ),
    ):
        if body:
            parts += [f"<h{level + 1}>{heading}</h{level + 1}>"]
            parts += [_folded(long, body) if folded and long else body]
    return "\n".join([*parts, "</section>", ""])


def _claim(result: Result, folded: bool) -> str:
    verdict = result.verdict
    state = "holds" if verdict.holds else "fails"
    evidence = "".join(f"<li>{escape(line)}</li>" for line in verdict.evidence)
    if evidence:
        evidence = f"<ul>{evidence}</ul>"
        if folded:
            evidence = _folded(f"evidence for {result.id}", evidence)
    return (
        f'<th scope="row">{escape(result.id)}</th><td class="{state}">{state}</td>'
        f'<td class="count">{verdict.checked:,}</td>'
        f"<td>{escape(result.sentence)}{evidence}</td>"
    )


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _findings(results: Sequence[Result]) -> str:
    return "\n".join(
        _finding(result.id, finding) for result in results for finding in result.verdict.findings
    )


def _finding(claim: str, finding: Finding) -> str:
    rows = (
        ("claim", escape(claim)),
        ("of", f"<code>{escape(finding.subject)}</code>"),
        ("where", escape(finding.where)),
        ("problem", escape(finding.problem)),
        ("fix", escape(finding.fix)),
    )
    items = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    return f"<dl>{items}</dl>"


def _matrix(found: Matrix) -> str:
    """Return roles by what they reach; those that reach nothing are counted."""
    reaching = [row for row in found.rows if row.reached()]
    others = len(found.rows) - len(reaching)
    table = _table(
        "In brackets: by becoming other roles",
        ("role", *found.columns),
        (
            f'<th scope="row">{escape(short(row.role.arn))}</th>'
            + "".join(f"<td>{escape(str(cell))}</td>" for cell in row.cells)
            for row in reaching
        ),
    )
    reach = "reaches" if others == 1 else "reach"
    return f"{table}\n<p>{counted(others, 'other role')} {reach} none of it.</p>"


def _wildcards(found: Sequence[Wildcard]) -> str:
    if not found:
        return ""
    return _table(
        "Every wildcard in what roles are allowed, and why nothing narrower is possible",
        ("role", "statement", "resource", "actions", "limited by", "why"),
        (
            f'<th scope="row">{escape(short(one.role))}</th><td>{escape(one.statement)}</td>'
            f"<td><code>{escape(one.resource)}</code></td>"
            f"<td>{escape(', '.join(one.actions))}</td>"
            f"<td>{escape(', '.join(one.limited_by))}</td>"
            f"<td>{escape(one.reason or 'no reason given')}</td>"
            for one in found
        ),
    )


def _exceptions(found: Sequence[AcknowledgedException]) -> str:
    """Return reasons, and under each what it is accepted for: many resources share a reason."""
    if not found:
        return ""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in found:
        reasons.setdefault((one.reason, one.rule), []).append(one.resource)
    return _table(
        "Each is acknowledged at its resource, never for a whole template",
        ("why it is accepted", "rule", "resources"),
        (
            f'<th scope="row">{escape(reason)}</th><td>{escape(rule)}</td>'
            f"<td>{escape(', '.join(resources))}</td>"
            for (reason, rule), resources in sorted(reasons.items())
        ),
    )


def _table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """Return a table that a keyboard can scroll."""
    columns = "".join(
        f'<th scope="col">{escape(head)}</th>' if head else "<td></td>" for head in heads
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{columns}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
