"""What both engines make of a spec, ready to be compared."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pulumi

from groundplan.blueprints.plan import plan
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
from groundplan.stacks.pulumi import Program, parts
from groundplan.stacks.pulumi.recording import Registration, record

ROOT = Path(__file__).parents[2]
VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/any/1"


@dataclass(frozen=True)
class Both:
    """A project by both engines."""

    cdk: Inventory
    pulumi: Inventory
    changes: tuple[Change, ...]


def both(file: Path) -> Both:
    """Return what both engines make of a spec, with every condition of the templates true."""
    parameters = {"ModelVersion": VERSION, "ShadowModelVersion": VERSION}
    cdk = inventory_of_templates(templates(file), parameters)
    pulumi = inventory_of_program(registrations(file))
    return Both(cdk=cdk, pulumi=pulumi, changes=compare(cdk, pulumi))


@cache
def example(name: str) -> Both:
    return both(ROOT / "examples" / name / "groundplan.yaml")


def templates(file: Path) -> list[Template]:
    """Synthesise all stacks."""
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


def registrations(file: Path) -> list[Registration]:
    """Run the program of every part."""
    spec = load_spec(file)
    decided = plan(spec, engine="pulumi")
    config = {f"groundplan:modelVersion.{model.name}": VERSION for model in spec.models}
    found: list[Registration] = []
    for part in parts(decided):
        program = _part(decided, file.parent, part)
        found += record(program, config=config, backend=Answers()).registrations
    return found


def _part(decided, sources, part):  # type: ignore[no-untyped-def]
    return lambda: Program(decided, pulumi.Config("groundplan"), sources).define(part)
