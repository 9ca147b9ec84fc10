"""``groundplan doctor``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import (
    echo_json,
    engine_option,
    format_option,
    need_extra,
    print_table,
    spec_argument,
)

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine


@click.command()
@spec_argument
@click.option(
    "--profile-prefix",
    default="",
    metavar="PREFIX",
    help="AWS profile of an account is PREFIX and its id. Default: the present credentials.",
)
@engine_option
@format_option
def command(spec: Path, profile_prefix: str, engine: "Engine", output: str) -> None:
    """Check each account of SPEC: credentials, stage 0, bootstrap, quotas, failed stacks.

    Reads only. Exit 1 when a check fails, 3 when no account can be reached.
    """
    from groundplan.blueprints.errors import EnvironmentFault
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    decided = plan(load_spec(spec), engine=engine)
    need_extra("boto3", "aws")
    from groundplan.stacks.doctor import doctor, sessions

    checks = doctor(decided, sessions(profile_prefix))
    rows = [
        {
            "account": check.account,
            "check": check.what,
            "status": check.status,
            "detail": check.detail,
            "fix": check.fix,
        }
        for check in checks
    ]
    if output == "json":
        echo_json(rows)
    else:
        print_table(
            f"{decided.project}: {len(decided.places())} accounts",
            ["account", "check", "", "seen", "what to do"],
            [
                [row[key] or "" for key in ("account", "check", "status", "detail", "fix")]
                for row in rows
            ],
        )
    reached = [check for check in checks if check.what == "credentials" and check.status != "fail"]
    if not reached:
        raise EnvironmentFault(
            "credentials",
            "no account of the project can be reached",
            got="no usable credentials",
            fix="log in, or name profiles with --profile-prefix",
        )
    if any(check.status == "fail" for check in checks):
        raise click.exceptions.Exit(1)
