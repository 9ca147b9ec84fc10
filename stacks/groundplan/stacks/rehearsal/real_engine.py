"""Tries a project with Pulumi's real engine: ``python -m groundplan.stacks.rehearsal.real_engine SPEC``.

Every part goes through preview, up, up again, a changed spec, refresh and destroy, with its state in a
local folder and against the embedded emulator. The rehearsal needs no ``pulumi`` command; this does.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundplan.blueprints.errors import EnvironmentFault, GroundplanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import ProjectSpec, load_spec
from groundplan.stacks.project_files import PROGRAM, project_files
from groundplan.stacks.pulumi import add_project
from groundplan.stacks.pulumi.recording import Nothing, Recording, record
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.pulumi_command import PulumiCommand, environment, find_pulumi

CHANGED = "changed.json"
OUT_OF_REACH = 1e9
APPLY = ("--yes", "--skip-preview")
STATE = "pulumi:pulumi:Stack"
NO_TOOLS, FAILED, WRONG_INPUT = 3, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command, and what came of it."""

    part: str
    name: str
    seconds: float
    problem: str
    """What went wrong; empty if nothing did."""


def try_engine(
    spec_path: Path, program: Path, folder: Path, done: Callable[[Step], None] = lambda _: None
) -> list[Step]:
    """Put a project through its life with the real engine, and return the steps.

    The first step that fails is the last one.

    Args:
        spec_path: The spec; what it names is beside it.
        program: The ``pulumi`` program.
        folder: Empty directory for the project, the state and the emulator.
        done: Is told of each step that has ended.

    Raises:
        SpecErrors: If the spec has mistakes.
        PlanError: If AWS would refuse the project.
    """
    spec = load_spec(spec_path)
    decided = plan(spec, engine="pulumi")
    steps: list[Step] = []
    with Emulator(images={}, workdir=folder / "emulator") as emulator:
        place = decided.stages[0].place
        base = emulator.environment(place.account, place.region)
        project = write_project(spec_path, spec, decided, folder / "project", emulator.endpoint_url)
        command = PulumiCommand(
            program=program, project=project, environment=environment(base, folder / "state")
        )
        for step in _life(command, decided, spec_path.name):
            steps.append(step)
            done(step)
            if step.problem:
                break
    return steps


def write_project(
    spec_path: Path, spec: ProjectSpec, decided: Plan, folder: Path, endpoint_url: str
) -> Path:
    """Write a Pulumi project with a copy of the spec and what is beside it; return its directory."""
    ignored = shutil.ignore_patterns("Pulumi*.yaml", ".*", "__pycache__", "node_modules", "data")
    shutil.copytree(spec_path.parent, folder, ignore=ignored)
    changed = json.dumps(changed_spec(spec).model_dump(mode="json", exclude_defaults=True))
    (folder / CHANGED).write_text(changed, "utf-8")
    (folder / "__main__.py").write_text(PROGRAM, "utf-8")
    files = project_files(
        decided,
        spec=spec_path.name,
        virtualenv=None,
        secrets_provider="passphrase",
        endpoint_url=endpoint_url,
    )
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def changed_spec(spec: ProjectSpec) -> ProjectSpec:
    """Return ``spec`` with gates that no model meets: only state machines of training differ."""
    whole = spec.model_dump(mode="json", exclude_defaults=True)
    for model in whole["models"]:
        gates = model.setdefault("evaluation", {}).setdefault("gates", [])
        gates[:] = [{"metric": gates[0]["metric"] if gates else "accuracy", "min": OUT_OF_REACH}]
    return ProjectSpec.model_validate(whole).with_files(spec.files)


def changed_resources(project: Path, spec: str, part: str) -> set[str]:
    """Return the names of the resources of a part that the changed spec changes."""
    before, after = (
        {item.name: _plain(item.inputs) for item in _recorded(project / name, part).registrations}
        for name in (spec, CHANGED)
    )
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def previewed_changes(printed: str) -> set[str]:
    """Return the names of the resources that ``pulumi preview --json`` says would change."""
    steps = json.loads(printed).get("steps") or []
    return {
        step["urn"].rsplit("::", 1)[1]
        for step in steps
        if step["op"] != "same" and f"::{STATE}::" not in step["urn"]
    }


def _life(command: PulumiCommand, decided: Plan, spec: str) -> Iterator[Step]:
    names = tuple(decided.parts())
    for part in names:
        at = ("--stack", part)
        yield _step(
            command, part, "init", "stack", "init", part, "--secrets-provider", "passphrase"
        )
        yield _step(command, part, "preview", "preview", *at)
        yield _step(command, part, "up", "up", *at, *APPLY)
        yield _step(command, part, "up again", "up", *at, *APPLY, "--expect-no-changes")
    for part in names:
        at = ("--stack", part)
        yield _step(command, part, "changed spec", "config", "set", "groundplan:spec", CHANGED, *at)
        yield _only_expected(command, part, spec)
        yield _step(command, part, "up, changed", "up", *at, *APPLY)
        yield _step(command, part, "refresh", "refresh", *at, *APPLY)
        yield _step(command, part, "no drift", "preview", *at, "--diff", "--expect-no-changes")
    for part in reversed(names):
        at = ("--stack", part)
        if any(item.protect for item in _recorded(command.project / CHANGED, part).registrations):
            yield _step(command, part, "protected", "destroy", *at, *APPLY, fails=True)
        yield _step(command, part, "unprotect", "state", "unprotect", "--all", "--yes", *at)
        yield _step(command, part, "destroy", "destroy", *at, *APPLY)
        yield _step(command, part, "remove", "stack", "rm", part, "--yes")


def _step(
    command: PulumiCommand, part: str, name: str, *arguments: str, fails: bool = False
) -> Step:
    start = time.monotonic()
    ended = command.run(*arguments)
    problem = ""
    if (ended.returncode != 0) != fails:
        lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        wanted = "another exit than 0" if fails else "exit 0"
        problem = f"must give {wanted}, got {ended.returncode}\n" + "\n".join(lines[-30:])
    return Step(part=part, name=name, seconds=time.monotonic() - start, problem=problem)


def _only_expected(command: PulumiCommand, part: str, spec: str) -> Step:
    start = time.monotonic()
    expected = changed_resources(command.project, spec, part)
    ended = command.run("preview", "--stack", part, "--json")
    problem = ""
    if ended.returncode != 0:
        problem = f"must give exit 0, got {ended.returncode}\n{ended.stderr[-2000:]}"
    elif (found := previewed_changes(ended.stdout)) != expected:
        problem = f"must change {sorted(expected)}, got {sorted(found)}"
    seconds = time.monotonic() - start
    return Step(part=part, name="only the expected change", seconds=seconds, problem=problem)


class _Zones(Nothing):
    """Answers with stand-ins, zones included."""

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"id": "zones", "names": ["a", "b", "c", "d", "e", "f"]}


def _recorded(spec: Path, part: str) -> Recording:
    return record(lambda: add_project(spec, part=part), stack=part, backend=_Zones())


def _plain(value: Any) -> object:
    """Return inputs so that they can be compared: files stand for themselves by their names."""
    return json.dumps(value, sort_keys=True, default=lambda item: type(item).__name__)


def main() -> int:
    """Try the project that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Try a project with Pulumi's real engine.")
    parser.add_argument("spec", type=Path, help="the spec")
    parser.add_argument("--keep", type=Path, help="empty directory to keep project and state in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        try:
            program = find_pulumi()
            steps = try_engine(
                arguments.spec, program, arguments.keep or Path(made), done=lambda step: _show(step)
            )
        except EnvironmentFault as exc:
            print(f"NOT TRIED WITH THE REAL ENGINE: {exc}", file=sys.stderr)
            return NO_TOOLS
        except GroundplanError as exc:
            print(exc, file=sys.stderr)
            return WRONG_INPUT
    return FAILED if steps[-1].problem else 0


def _show(step: Step) -> None:
    verdict = "FAILED" if step.problem else "ok"
    print(f"{step.part:<10} {step.name:<26} {verdict:<7} {step.seconds:6.1f} s", flush=True)
    if step.problem:
        print(step.problem, flush=True)
        if ".localhost: no such host" in step.problem:
            print(
                "S3 Control is called at ACCOUNT.localhost: let /etc/hosts name it 127.0.0.1",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
