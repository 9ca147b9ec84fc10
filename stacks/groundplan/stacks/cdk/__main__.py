"""The app of ``cdk.json``: ``cdk synth -c spec=PATH``; the churn example by default."""

import sys

from groundplan.blueprints.errors import GroundplanError
from groundplan.stacks.cdk.app import add_project, new_app

DEFAULT_SPEC = "examples/churn/groundplan.yaml"
WRONG_INPUT = 2


def main() -> int:
    """Synthesise the project that the context names; return the exit code."""
    app = new_app()
    try:
        add_project(app, app.node.try_get_context("spec") or DEFAULT_SPEC)
    except GroundplanError as exc:
        print(exc, file=sys.stderr)
        return WRONG_INPUT
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
