"""Pulumi's real engine: its own tests where it is there, and everything around it where it is not."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.rehearsal import real_engine
from groundplan.stacks.rehearsal.pulumi_command import find_pulumi, plugin_versions
from groundplan.stacks.rehearsal.real_engine import (
    changed_resources,
    changed_spec,
    previewed_changes,
    try_engine,
    write_project,
)

ROOT = Path(__file__).parents[3]
EXAMPLES = ("churn", "nightly", "sandbox", "vision")
PLUGINS = '[{"name": "aws", "kind": "resource", "version": "99.0.0"}]'
FAKE = """\
#!{python}
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (folder / "log").open("a") as log:
    log.write(json.dumps({{"arguments": arguments, "cwd": os.getcwd(), "environment": dict(os.environ)}}) + "\\n")
if arguments[:2] == ["plugin", "ls"]:
    print((folder / "plugins").read_text())
elif "--json" in arguments:
    part = arguments[arguments.index("--stack") + 1]
    changed = json.loads((folder / "changed").read_text()).get(part, [])
    urn = "urn:pulumi:" + part + "::churn::aws:sfn/stateMachine:StateMachine::"
    steps = [{{"op": "update", "urn": urn + name}} for name in changed]
    print(json.dumps({{"steps": [{{"op": "same", "urn": urn + "other"}}, *steps]}}))
elif arguments[0] == "destroy":
    seen = folder / ("protected-" + arguments[2])
    if not seen.exists():
        seen.touch()
        sys.exit("error: it is protected")
elif " ".join(arguments).startswith((folder / "fails").read_text()):
    sys.exit("error: the emulator lacks something")
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a ``pulumi`` on the PATH that only notes what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (folder / name).write_text(FAKE.format(python=sys.executable))
        (folder / name).chmod(0o755)
    (folder / "plugins").write_text(PLUGINS)
    (folder / "changed").write_text('{"prod": ["prod-training-churnPipeline-Resource"]}')
    (folder / "fails").write_text("nothing")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def asked(fake: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (fake / "log").read_text().splitlines()]


@pytest.fixture(scope="module")
def pulumi() -> Path:
    try:
        return find_pulumi()
    except EnvironmentFault as exc:
        pytest.skip(f"NOT TRIED WITH THE REAL ENGINE: {exc}")


@pytest.mark.pulumi_engine
@pytest.mark.heavy
@pytest.mark.parametrize("example", EXAMPLES)
def test_life_of_an_example(example: str, pulumi: Path, tmp_path: Path) -> None:
    steps = try_engine(ROOT / "examples" / example / "groundplan.yaml", pulumi, tmp_path)
    assert not steps[-1].problem, f"{steps[-1].part}, {steps[-1].name}: {steps[-1].problem}"


def project_of(example: str, folder: Path) -> tuple[Path, list[str]]:
    path = ROOT / "examples" / example / "groundplan.yaml"
    spec = load_spec(path)
    decided = plan(spec, engine="pulumi")
    project = write_project(path, spec, decided, folder / "project", "http://localhost:5000")
    return project, list(decided.parts())


@pytest.mark.parametrize("example", ["nightly", "churn"])
def test_changed_spec_changes_machines_of_training_only(example: str, tmp_path: Path) -> None:
    project, names = project_of(example, tmp_path)
    training = load_spec(project / "groundplan.yaml").training_environment.name
    for part in names:
        changed = changed_resources(project, "groundplan.yaml", part)
        assert bool(changed) == (part == training)
        assert all(f"{part}-training-" in name and name.endswith("-Resource") for name in changed)


@pytest.mark.heavy
def test_every_step_is_asked_for_in_the_project_against_the_emulator(
    fake: Path, tmp_path: Path
) -> None:
    project, _ = project_of("churn", tmp_path / "other")
    changed = {"prod": sorted(changed_resources(project, "groundplan.yaml", "prod"))}
    (fake / "changed").write_text(json.dumps(changed))
    spec = ROOT / "examples" / "churn" / "groundplan.yaml"
    steps = try_engine(spec, find_pulumi(), tmp_path / "trial")
    assert [step.problem for step in steps if step.problem] == []
    lines = [" ".join(item["arguments"]) for item in asked(fake)]  # type: ignore[arg-type]
    common = "--non-interactive --color never"
    up = "up --stack prod --yes --skip-preview"
    wanted = [
        f"stack init prod --secrets-provider passphrase {common}",
        f"preview --stack prod {common}",
        f"{up} {common}",
        f"{up} --expect-no-changes {common}",
        f"config set groundplan:spec changed.json --stack prod {common}",
        f"preview --stack prod --json {common}",
        f"{up} {common}",
        f"refresh --stack prod --yes --skip-preview {common}",
        f"preview --stack prod --diff --expect-no-changes {common}",
        f"destroy --stack prod --yes --skip-preview {common}",
        f"state unprotect --all --yes --stack prod {common}",
        f"destroy --stack prod --yes --skip-preview {common}",
        f"stack rm prod --yes {common}",
    ]
    assert [line for line in lines if " prod " in line] == wanted
    last = asked(fake)[-1]
    environment = last["environment"]
    assert isinstance(environment, dict)
    assert last["cwd"] == str(tmp_path / "trial" / "project")
    assert environment["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/trial/state"
    assert environment["AWS_ENDPOINT_URL"].startswith("http://localhost:")
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert shutil.which("python3", path=environment["PATH"]) is not None
    stack_file = (tmp_path / "trial" / "project" / "Pulumi.prod.yaml").read_text()
    assert environment["AWS_ENDPOINT_URL"] in stack_file
    assert "secretsprovider: passphrase" in stack_file


def test_stops_at_the_first_failure_and_says_what_was_printed(fake: Path, tmp_path: Path) -> None:
    (fake / "fails").write_text("up --stack tooling")
    spec = ROOT / "examples" / "churn" / "groundplan.yaml"
    steps = try_engine(spec, find_pulumi(), tmp_path / "trial")
    assert (steps[-1].part, steps[-1].name) == ("tooling", "up")
    assert "the emulator lacks something" in steps[-1].problem
    assert len(steps) == 3


def test_fails_if_something_else_changes(fake: Path, tmp_path: Path) -> None:
    (fake / "changed").write_text('{"tooling": ["tooling-registry-Key-Resource"]}')
    spec = ROOT / "examples" / "churn" / "groundplan.yaml"
    last = try_engine(spec, find_pulumi(), tmp_path / "trial")[-1]
    assert last.name == "only the expected change"
    assert last.problem == "must change [], got ['tooling-registry-Key-Resource']"


def test_changed_spec_can_be_planned_for_every_example() -> None:
    for example in EXAMPLES:
        spec = load_spec(ROOT / "examples" / example / "groundplan.yaml")
        plan(changed_spec(spec), engine="pulumi")


def test_outputs_of_the_stack_are_no_resource() -> None:
    steps = [{"op": "update", "urn": "urn:pulumi:prod::churn::pulumi:pulumi:Stack::churn-prod"}]
    assert previewed_changes(json.dumps({"steps": steps})) == set()


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        ("[]", "pulumi has no AWS plugin of version"),
        ('[{"name": "aws", "kind": "resource", "version": "1.2.3"}]', "got ['1.2.3']"),
        ('[{"name": "random", "kind": "resource", "version": "99.0.0"}]', "got None"),
    ],
)
def test_fails_loudly_without_the_plugin(fake: Path, listed: str, problem: str) -> None:
    (fake / "plugins").write_text(listed)
    with pytest.raises(EnvironmentFault) as raised:
        find_pulumi()
    assert problem in str(raised.value)
    assert "pulumi plugin install resource aws" in str(raised.value)


def test_fails_loudly_without_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    spec = str(ROOT / "examples" / "churn" / "groundplan.yaml")
    monkeypatch.setattr(sys, "argv", ["real_engine", spec])
    assert real_engine.main() == 3
    assert capsys.readouterr().err.startswith("NOT TRIED WITH THE REAL ENGINE: pulumi: ")


def test_a_plugin_without_version_is_passed_over() -> None:
    assert plugin_versions('[{"name": "aws", "kind": "resource", "version": null}]') == []
