"""``groundplan init``."""

import json
from importlib.resources import files
from pathlib import Path

import click

from groundplan.blueprints.errors import GroundplanError

SPEC, SCHEMA = "groundplan.yaml", "groundplan.schema.json"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(directory: Path) -> None:
    """Write a commented groundplan.yaml, ready to plan, and its schema into DIRECTORY."""
    from groundplan.blueprints.spec import spec_schema

    spec, schema = directory / SPEC, directory / SCHEMA
    for path in (spec, schema):
        if path.exists():
            raise GroundplanError(
                f"{path}: would be overwritten, got an existing file; "
                "move it away, or choose another directory"
            )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(schema, json.dumps(spec_schema(), indent=2, sort_keys=True) + "\n")
        _write(spec, files(__package__).joinpath("init_template.yaml").read_text("utf-8"))
    except OSError as exc:
        raise GroundplanError(
            f"{directory}: cannot be written, got {exc.strerror!r}; choose another directory"
        ) from exc
    click.echo(f"wrote {spec} and {schema}")
    click.echo(f"next: groundplan plan {spec}")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
