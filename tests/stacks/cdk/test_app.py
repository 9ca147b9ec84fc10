"""The app: from a user's own file, from cdk.json, and what it says about bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from constructs import Construct

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.plan.project import Plan
from groundplan.constructs.errors import ConstructError
from groundplan.stacks.cdk import add_plan, add_project, new_app

pytestmark = pytest.mark.heavy
ROOT = Path(__file__).parents[3]
VISION = "examples/vision/groundplan.yaml"
USERS_APP = """\
import aws_cdk as cdk
from groundplan.stacks.cdk import add_project

app = cdk.App(outdir="cdk.out")
add_project(app, "{spec}")
app.synth()
"""


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def same(first: Path, second: Path) -> bool:
    """Return whether two trees hold the same files with the same bytes."""
    found = {p.relative_to(first): p.read_bytes() for p in first.rglob("*") if p.is_file()}
    other = {p.relative_to(second): p.read_bytes() for p in second.rglob("*") if p.is_file()}
    return bool(found) and found == other


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    script = (
        "import sys; from groundplan.stacks.cdk import add_project, new_app; "
        "app = new_app(outdir=sys.argv[1]); add_project(app, sys.argv[2]); app.synth()"
    )
    one = run(
        *(sys.executable, "-c", script, str(tmp_path / "one"), VISION),
        PYTHONHASHSEED="1",
        TZ="Asia/Tokyo",
    )
    two = run(
        *(sys.executable, "-c", script, "two", str(ROOT / VISION)),
        cwd=tmp_path,
        PYTHONHASHSEED="2",
        TZ="America/Lima",
    )

    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert same(tmp_path / "one", tmp_path / "two")


def test_a_user_s_own_app_makes_the_same_templates(tmp_path: Path, churn: Plan) -> None:
    (tmp_path / "app.py").write_text(USERS_APP.format(spec=ROOT / "examples/churn/groundplan.yaml"))

    done = run(sys.executable, "app.py", cwd=tmp_path, CDK_VALIDATION="false")

    assert done.returncode == 0, done.stderr
    app = new_app(outdir=str(tmp_path / "ours"))
    add_plan(app, churn, sources=ROOT / "examples/churn")
    app.synth()
    names = [
        path.relative_to(tmp_path / "ours") for path in (tmp_path / "ours").rglob("*.template.json")
    ]
    assert len(names) == len(list(churn.stacks()))
    for name in names:
        assert (tmp_path / "cdk.out" / name).read_text() == (tmp_path / "ours" / name).read_text()


def test_cdk_s_own_validation_finds_nothing(tmp_path: Path, decided: Plan, spec_file: Path) -> None:
    strict = {"@aws-cdk/core:validateAgainstDefaultRules": True}
    app = new_app(outdir=str(tmp_path / "cdk.out"), context=strict)
    cdk.Validations.of(app).add_plugins(cdk.CloudFormationValidatePlugin())
    add_plan(app, decided, sources=spec_file.parent)

    app.synth()

    report = json.loads((tmp_path / "cdk.out" / "validation-report.json").read_text())
    assert [item for plugin in report["pluginReports"] for item in plugin["violations"]] == []


def test_two_projects_share_an_app(tmp_path: Path, churn: Plan) -> None:
    app = new_app(outdir=str(tmp_path / "cdk.out"))

    for name in ("blue", "green"):
        add_plan(Construct(app, name), churn, sources=ROOT / "examples/churn")

    paths = [stack.hierarchical_id for stack in app.synth().stacks_recursively]
    assert "blue/prod/training" in paths and "green/prod/training" in paths


def test_cdk_lists_the_example(tmp_path: Path, churn: Plan) -> None:
    listed = run("cdk", "list", "--no-notices", "--output", str(tmp_path / "cdk.out"))

    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines() == [
        f"{item.stack.scope}/{item.stack.id} ({item.stack.name})" for item in churn.stacks()
    ]


def test_context_names_another_spec(tmp_path: Path) -> None:
    out = tmp_path / "cdk.out"
    done = run(
        *("cdk", "synth", "--quiet", "--no-notices", "--output", str(out), "-c", f"spec={VISION}")
    )

    assert done.returncode == 0, done.stderr
    assert (out / "assembly-dev").is_dir()


def test_fails_without_traceback_on_a_missing_spec() -> None:
    context = json.dumps({"spec": "nope.yaml"})

    done = run(sys.executable, "-m", "groundplan.stacks.cdk", CDK_CONTEXT_JSON=context)

    assert done.returncode == 2
    assert done.stderr == "nope.yaml: no such file, got 'nope.yaml'; check the path\n"


def test_fails_on_a_missing_spec() -> None:
    with pytest.raises(SpecErrors):
        add_project(new_app(), "nope.yaml")


def test_fails_without_the_context_of_an_image(tmp_path: Path, churn: Plan) -> None:
    with pytest.raises(ConstructError) as caught:
        add_plan(new_app(), churn, sources=tmp_path)

    assert str(caught.value) == (
        "images.BuildChurn.context: must be a directory beside the spec, got 'ml'; "
        "create it, or correct the context"
    )


def test_caches_are_no_part_of_an_image_s_source(tmp_path: Path, churn: Plan) -> None:
    def staged(name: str) -> list[str]:
        app = new_app(outdir=str(tmp_path / name))
        add_plan(app, churn, sources=tmp_path)
        app.synth()
        return sorted(item.name for item in (tmp_path / name).glob("asset.*"))

    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "train.py").write_text("print(1)\n")
    clean = staged("clean")
    (tmp_path / "ml" / "__pycache__").mkdir()
    (tmp_path / "ml" / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"1")
    (tmp_path / "ml" / ".cache").write_text("1")

    assert staged("cached") == clean
    (tmp_path / "ml" / "train.py").write_text("print(2)\n")
    assert staged("changed") != clean
