"""docs/templates.md lists what templates know and every layer, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path

from groundplan.blueprints.generator import Context, Environment, Image
from groundplan.blueprints.generator.layers import LAYERS

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text()


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


def test_page_lists_the_context() -> None:
    table = PAGE.split("| name | what |")[1].split("\n\n")[0]
    first = {name for line in table.splitlines()[2:] for name in named(line.split("|")[1])}

    assert first == {field.name for field in fields(Context)} | {"models", "datasets"}


def test_page_lists_what_environments_and_images_have() -> None:
    environment = PAGE.split("Of an `environment`:")[1].split("Of an `image`:")[0]
    image = PAGE.split("Of an `image`:")[1].split("\n\n")[0]

    properties = {name for name, value in vars(Environment).items() if isinstance(value, property)}
    assert {field.name for field in fields(Environment)} | properties <= named(environment)
    assert {field.name for field in fields(Image)} == named(image)


def test_page_lists_the_layers() -> None:
    table = PAGE.split("| layer |")[1].split("\n\n")[0]

    assert {name for name in re.findall(r"`([a-z/]+)`", table)} >= set(LAYERS)
