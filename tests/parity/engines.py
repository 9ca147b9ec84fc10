"""What both engines make of a spec, ready to be compared."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pulumi
from tests_support import model_monitored

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.cdk import add_plan, new_app
from groundplan.stacks.parity import (
    Answers,
    Change,
    Inventory,
    Template,
    compare,
    inventory_of_program,
    inventory_of_templates,
)
from groundplan.stacks.pulumi import Program
from groundplan.stacks.pulumi.recording import Registration, record

ROOT = Path(__file__).parents[2]
VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/any/1"
MONITORED = "churn under Model Monitor"
"""A project that has what no example has."""


@dataclass(frozen=True)
class Source:
    """What the engines are given to deploy."""

    templates: list[Template]
    registrations: list[Registration]

    def cdk(self) -> Inventory:
        """What CloudFormation makes of it, with every condition of the templates true."""
        parameters = {"ModelVersion": VERSION, "ShadowModelVersion": VERSION}
        return inventory_of_templates(self.templates, parameters)

    def pulumi(self) -> Inventory:
        return inventory_of_program(self.registrations)


@dataclass(frozen=True)
class Both:
    """A project by both engines."""

    cdk: Inventory
    pulumi: Inventory
    changes: tuple[Change, ...]


@cache
def example(name: str) -> Both:
    source = source_of(name)
    cdk, pulumi = source.cdk(), source.pulumi()
    return Both(cdk=cdk, pulumi=pulumi, changes=compare(cdk, pulumi))


@cache
def source_of(name: str) -> Source:
    """Synthesise and record an example."""
    if name == MONITORED:
        with TemporaryDirectory() as folder:
            copy = Path(folder, "churn")
            shutil.copytree(ROOT / "examples" / "churn" / "ml", copy / "ml")
            Path(copy, "groundplan.yaml").write_text(model_monitored("churn"))
            return _source(copy / "groundplan.yaml")
    return _source(ROOT / "examples" / name / "groundplan.yaml")


def _source(file: Path) -> Source:
    return Source(templates=_templates(file), registrations=_registrations(file))


def _templates(file: Path) -> list[Template]:
    decided = plan(load_spec(file))
    found = []
    with TemporaryDirectory() as folder:
        app = new_app(outdir=folder)
        add_plan(app, decided, sources=file.parent)
        stacks = {item.hierarchical_id: item for item in app.synth().stacks_recursively}
        for stage in decided.stages:
            for item in stage.stacks:
                made = stacks[f"{stage.id}/{item.stack.id}"]
                found.append(
                    Template(
                        stack=f"{item.stack.scope}-{item.stack.id}",
                        name=made.stack_name,
                        place=item.stack.place,
                        body=made.template,
                        tags=made.tags,
                        termination_protection=bool(made.termination_protection),
                        policy=item.stack.policy,
                    )
                )
    return found


def _registrations(file: Path) -> list[Registration]:
    spec = load_spec(file)
    decided = plan(spec, engine="pulumi")
    config = {f"groundplan:modelVersion.{model.name}": VERSION for model in spec.models}
    found: list[Registration] = []
    for part in decided.parts():
        program = _part(decided, file.parent, part)
        found += record(program, config=config, backend=Answers()).registrations
    return found


def _part(decided: Plan, sources: Path, part: str) -> Callable[[], None]:
    return lambda: Program(decided, pulumi.Config("groundplan"), sources).define(part)
