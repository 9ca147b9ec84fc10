"""``groundplan schema``."""

import click

from groundplan.blueprints.cli.options import echo_json


@click.command()
def command() -> None:
    """Print the JSON Schema of the spec, for editors.

    Save it beside the spec and begin the spec with
    `# yaml-language-server: $schema=groundplan.schema.json`.
    """
    from groundplan.blueprints.spec import spec_schema

    echo_json(spec_schema())
