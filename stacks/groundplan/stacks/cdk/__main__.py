"""The app of ``cdk.json``: ``cdk synth -c spec=PATH``; the churn example by default."""

from groundplan.stacks.cdk.app import add_project, errors_as_text, new_app

DEFAULT_SPEC = "examples/churn/groundplan.yaml"


def main() -> None:
    """Synthesise the project that the context names."""
    app = new_app()
    with errors_as_text():
        add_project(app, app.node.try_get_context("spec") or DEFAULT_SPEC)
    app.synth()


if __name__ == "__main__":
    main()
