"""The tables of ``groundplan prove``."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import print_table
from groundplan.blueprints.prove.words import claims_line, figures_line, short

if TYPE_CHECKING:
    from groundplan.blueprints.prove.report import Proof


def show_proof(proof: "Proof", *, matrix: bool, wildcards: bool, exceptions: bool) -> None:
    """Print a proof: its claims and findings, and on request what they rest on."""
    print_table(
        f"{proof.project}: {claims_line(proof)}",
        ["claim", "", "facts", "what is claimed, and what was shown"],
        [
            [
                result.id,
                "holds" if result.verdict.holds else "FAILS",
                f"{result.verdict.checked:,}",
                "\n".join([result.sentence, *(f"- {line}" for line in result.verdict.evidence)]),
            ]
            for result in proof.results
        ],
    )
    for result in proof.results:
        for finding in result.verdict.findings:
            click.echo(f"{result.id}: {finding.subject}")
            click.echo(f"  where: {finding.where}")
            click.echo(f"  problem: {finding.problem}")
            click.echo(f"  fix: {finding.fix}")
    click.echo(figures_line(proof.figures))
    for line in proof.full_access:
        click.echo(f"full access: {line}")
    _wildcards(proof, every=wildcards)
    _exceptions(proof, every=exceptions)


def _wildcards(proof: "Proof", *, every: bool) -> None:
    if every:
        rows = [
            [
                short(one.role),
                one.statement,
                one.resource,
                ", ".join(one.actions),
                ", ".join(one.limited_by),
                one.reason or "NO REASON",
            ]
            for one in proof.wildcards
        ]
        heads = ["role", "statement", "resource", "actions", "limited by", "why nothing narrower"]
    else:
        counts = Counter(one.reason or "NO REASON" for one in proof.wildcards)
        rows = _by_count(counts)
        heads = ["wildcards", "why nothing narrower is possible (--wildcards names each)"]
    print_table("wildcards in what roles are allowed", heads, rows)


def _exceptions(proof: "Proof", *, every: bool) -> None:
    if every:
        rows = [[one.resource, one.rule, one.reason] for one in proof.exceptions]
        heads = ["resource", "rule", "why it is accepted"]
    else:
        counts = Counter(one.reason for one in proof.exceptions)
        rows = _by_count(counts)
        heads = ["findings", "why they are accepted (--exceptions names each)"]
    print_table("accepted findings of static checkers", heads, rows)


def _by_count(counts: "Counter[str]") -> list[list[str]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [[str(count), reason] for reason, count in ordered]
