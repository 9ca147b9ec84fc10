"""Pages of generated repositories: nothing in them is dead, made up or left to fill in."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import botocore.session
import click
import pytest
from botocore import xform_name
from generated_trees import CASES, known, tree

from groundplan.blueprints.cli import cli
from groundplan.blueprints.plan.engine import Engine

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COPIED = {"groundplan.yaml", "groundplan.schema.json", "data"}
"""What a repository holds beside what is rendered."""
HIGH_LEVEL = {"s3", "configure"}
"""Commands of the AWS CLI that are no single call of an API."""
GLOBAL = {"region", "query", "output", "max-items"}
"""Options that every command of the AWS CLI has."""
EACH = pytest.mark.parametrize(("name", "engine"), CASES)


def pages(name: str, engine: Engine) -> dict[str, str]:
    return {
        path: content.decode()
        for path, content in tree(name, engine).items()
        if path.endswith(".md") and not path.startswith(("ml/", "data/"))
    }


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a page's shell blocks, without their comments."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            try:
                words = shlex.split(line, comments=True)
            except ValueError:  # one of several lines
                continue
            if words:
                yield words


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@EACH
def test_every_link_leads_somewhere(name: str, engine: Engine) -> None:
    rendered = tree(name, engine)
    contexts = {image.context for image in known(name, engine).images}
    folders = {str(parent) for path in rendered for parent in PurePosixPath(path).parents}
    for page, text in pages(name, engine).items():
        for link in LINK.findall(text):
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            target = page if not path else resolved(page, path)
            there = target in rendered or target in folders | contexts | COPIED
            assert there, f"{page}: {link}"
            if anchor:
                assert anchor in anchors(rendered[target].decode()), f"{page}: {link}"


def resolved(page: str, link: str) -> str:
    parts = list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(link).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


@EACH
def test_every_command_exists(name: str, engine: Engine) -> None:
    makefile = tree(name, engine)["Makefile"].decode()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page, text in pages(name, engine).items():
        asked = set(re.findall(r"`make ([a-z-]+)", text))
        asked |= {
            word for words in commands(text) if words[0] == "make" for word in targets_of(words)
        }
        assert asked <= targets, f"{page}: make {asked - targets}"
        for line in re.findall(r"`(groundplan [^`]+)`", text):
            exists(shlex.split(line))
        for words in commands(text):
            if words[0] == "groundplan":
                exists(words)
            if words[0] == "aws":
                is_an_aws_command(words, page)


def targets_of(words: list[str]) -> list[str]:
    end = words.index("&&") if "&&" in words else len(words)
    return [word for word in words[1:end] if "=" not in word]


def exists(words: list[str]) -> None:
    """Refuse a command or option that groundplan does not have."""
    command = cli.get_command(click.Context(cli), words[1])
    assert command is not None, words
    options = {flag for item in command.params for flag in item.opts}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= options, f"{words}: {given - options}"


@cache
def service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def operation(service: str, name: str) -> set[str] | None:
    """Return the options of a call of AWS, or nothing where there is no such call."""
    model = service_model(service)
    names = {xform_name(item, "-"): item for item in model.operation_names}
    if name not in names:
        return None
    shape = model.operation_model(names[name]).input_shape
    return set() if shape is None else {xform_name(item, "-") for item in shape.members}


def is_an_aws_command(words: list[str], page: str) -> None:
    if words[1] in HIGH_LEVEL:
        return
    service = {"s3api": "s3"}.get(words[1], words[1])
    known_options = operation(service, words[2])
    assert known_options is not None, f"{page}: aws {words[1]} {words[2]}"
    given = {word[2:] for word in words if word.startswith("--")}
    given = {word.removeprefix("no-") for word in given}
    assert given <= known_options | GLOBAL, f"{page}: {words[:3]} {given - known_options - GLOBAL}"


@EACH
def test_every_name_of_aws_is_in_the_plan(name: str, engine: Engine) -> None:
    context = known(name, engine)
    planned = json.dumps(json.loads(context.plan.canonical_json()), ensure_ascii=False)
    for page, text in pages(name, engine).items():
        named = set(re.findall(r"arn:aws:(?!codeconnections)[\w:/*.-]+[\w*]", text))
        named |= set(
            re.findall(r"--(?:endpoint|table|project|model-package-group)-name ([\w-]+)", text)
        )
        named |= set(re.findall(r"s3://([a-z0-9][a-z0-9.-]+)/", text))
        named |= set(re.findall(r"`(/aws/(?:vendedlogs|codebuild)/[\w/-]+)`", text))
        named |= set(re.findall(r"`(alias/[\w-]+)`", text))
        named |= set(re.findall(r"--name (/groundplan/\S+)", text))
        spec = context.spec.model_dump_json()
        missing = {item for item in named if item not in planned and item not in spec}
        assert not missing, f"{page}: {missing}"
        accounts = set(re.findall(r"\b\d{12}\b", text))
        assert accounts <= {place.account for place in context.plan.places()} | set(
            re.findall(r"\b\d{12}\b", spec)
        )


@EACH
def test_nothing_is_left_of_templates(name: str, engine: Engine) -> None:
    for page, whole in pages(name, engine).items():
        text = re.sub(r"^```mermaid\n.*?^```", "", whole, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"\{\{|\{%|\bNone\b|Undefined|TODO|FIXME|XXX", text), page
        for line in text.splitlines():
            if line.startswith("|"):
                assert line.rstrip().endswith("|"), f"{page}: {line}"


def test_each_environment_model_and_dataset_has_its_page() -> None:
    paths = set(pages("vision", "cdk"))
    assert {
        f"environments/{item}/README.md" for item in ("tooling", "dev", "staging", "prod")
    } <= paths
    assert {
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/models/plate-reader/model-card.md",
        "docs/datasets/frames/dataset-sheet.md",
    } <= paths
    assert len([path for path in paths if path.startswith("runbooks/")]) == 10


@EACH
def test_every_alarm_has_a_runbook(name: str, engine: Engine) -> None:
    text = pages(name, engine)["runbooks/README.md"]
    for operated in known(name, engine).operations:
        for alarm in operated.alarms:
            (row,) = [line for line in text.splitlines() if line.startswith(f"| `{alarm.name}` |")]
            assert LINK.search(row)
