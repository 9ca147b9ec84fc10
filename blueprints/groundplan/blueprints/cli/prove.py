"""``groundplan prove``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import (
    echo_json,
    engine_option,
    format_option,
    progress,
    spec_argument,
)

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine
    from groundplan.blueprints.prove.report import Proof


@click.command()
@spec_argument
@engine_option
@format_option
@click.option(
    "--claim",
    "ids",
    multiple=True,
    metavar="ID",
    help="Check only this claim; repeat for more. Default: all.",
)
@click.option("--matrix", is_flag=True, help="Show what each role could reach.")
@click.option("--wildcards", is_flag=True, help="Show every wildcard, not only how many a reason.")
@click.option("--exceptions", is_flag=True, help="Show every accepted finding of a static checker.")
def command(
    spec: Path,
    engine: "Engine",
    output: str,
    ids: tuple[str, ...],
    matrix: bool,
    wildcards: bool,
    exceptions: bool,
) -> None:
    """Prove the claims about the project in SPEC: least privilege, encryption, isolation.

    Nothing is deployed and no AWS service is called: the policies that the plan would deploy are
    evaluated as AWS documents it, against what the spec and the pipelines need. Exit 1 when a claim
    fails; each finding names the statement of the role and the smallest change that would satisfy
    it. The JSON form holds everything that the tables hold, whatever flags are given.
    """
    from groundplan.blueprints.prove.case import case
    from groundplan.blueprints.prove.report import proof_json, prove
    from groundplan.blueprints.spec import load_spec

    loaded = load_spec(spec)
    with progress() as say:
        proof = prove(
            case(loaded, engine), ids=ids, progress=lambda claim: say(f"checking {claim}")
        )
    if output == "json":
        echo_json(proof_json(proof))
    else:
        from groundplan.blueprints.cli.prove_table import show_proof

        show_proof(proof, matrix=matrix, wildcards=wildcards, exceptions=exceptions)
    _say_why(proof)
    if not proof.holds:
        raise click.exceptions.Exit(1)


def _say_why(proof: "Proof") -> None:
    """Write to stderr which claims fail, so that a pipe of the report still tells."""
    for result in proof.results:
        count = len(result.verdict.findings)
        if count:
            found = "1 finding" if count == 1 else f"{count} findings"
            click.echo(f"{result.id}: does not hold, got {found}", err=True)
    for one in proof.unexplained:
        click.echo(
            f"{one.role}: {one.statement}: a wildcard has no reason, got {one.resource!r}; "
            "name the resource, or give the duty its reason",
            err=True,
        )
