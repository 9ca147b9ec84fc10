"""Defines the stacks of tooling; stacks of your own go into the same app."""

from pathlib import Path

from groundplan.stacks.cdk import add_project, errors_as_text, new_app

SPEC = Path(__file__).resolve().parents[2] / "groundplan.yaml"

with errors_as_text():  # a mistake in the spec is a line with its fix, not a traceback
    app = new_app()
    add_project(app, SPEC, stages=["tooling", "data"])
    app.synth()
