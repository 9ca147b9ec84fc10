"""``groundplan plan``."""

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundplan.blueprints.cli.options import (
    echo_json,
    engine_option,
    format_option,
    print_table,
    spec_argument,
)
from groundplan.blueprints.errors import GroundplanError

if TYPE_CHECKING:
    from groundplan.blueprints.plan.engine import Engine


@click.command()
@spec_argument
@click.option("--env", "environment", help="Only this environment, or tooling or data.")
@engine_option
@format_option
def command(spec: Path, environment: str | None, engine: "Engine", output: str) -> None:
    """Show every account, stack and resource of the project in SPEC.

    The JSON form is the whole plan: names, ARNs, policies, state machines. The same spec gives the
    same bytes on every machine.
    """
    from groundplan.blueprints.diff import inventory
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.plan.ref import to_json
    from groundplan.blueprints.spec import load_spec

    decided = plan(load_spec(spec), engine=engine)
    stages = [stage for stage in decided.stages if environment in (None, stage.id)]
    if not stages:
        names = ", ".join(stage.id for stage in decided.stages)
        raise GroundplanError(
            f"--env: no such environment, got {environment!r}; use one of {names}"
        )
    whole = to_json(decided)
    if output == "json":
        echo_json(
            whole
            if environment is None
            else next(item for item in whole["stages"] if item["id"] == environment)
        )
        return
    resources = inventory(whole)
    rows = []
    for stage in stages:
        for stack in stage.stacks:
            head = stack.stack
            prefix = f"{head.scope}/{head.id}/"
            kinds = Counter(item.type for id, item in resources.items() if id.startswith(prefix))
            rows.append(
                [
                    head.place.account,
                    head.name,
                    ", ".join(_words(count, kind) for kind, count in sorted(kinds.items())),
                    "protected" if head.termination_protection else "",
                ]
            )
    accounts = sorted({row[0] for row in rows})
    region = stages[0].place.region
    print_table(
        f"{decided.project}: {len(rows)} stacks in {_words(len(accounts), 'account')}, {region}",
        ["account", "stack", "holds", ""],
        rows,
    )


def _words(count: int, kind: str) -> str:
    noun = re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
    if count > 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count} {noun}"
