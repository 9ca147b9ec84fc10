"""The build files of CodePipeline, and what they run, with a stand-in for the AWS CLI's S3."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from groundplan.blueprints.generator import context, render
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.spec import load_spec

EXAMPLES = Path(__file__).parents[3] / "examples"
AWS = """#!/usr/bin/env bash
# s3api head-object --bucket B --key K; s3 cp --only-show-errors FROM TO
case $1 in
  s3api) [ -f "$STORE/$4/$6" ] || {
    echo "An error occurred (${REFUSED:-404}) when calling the HeadObject operation: No" >&2; exit 254; } ;;
  s3) from=${4/#s3:\\/\\//$STORE/}; to=${5/#s3:\\/\\//$STORE/}; mkdir -p "$(dirname "$to")"; cp "$from" "$to" ;;
esac
"""
RECORD = "s3://records/deployed/prod/spec.zip"


def rendered(tmp_path: Path, engine: Engine) -> Path:
    source = tmp_path / "source"
    shutil.copytree(EXAMPLES / "nightly", source)
    spec_file = source / "groundplan.yaml"
    text = spec_file.read_text("utf-8")
    if "delivery:" not in text:
        spec_file.write_text(f"{text}\ndelivery: {{ci: codepipeline, repository: acme/nightly}}\n")
    spec = load_spec(spec_file)
    tree = render(context(spec, plan(spec, engine=engine)))
    root = tmp_path / "repository"
    for path, content in tree.items():
        if str(path).startswith("buildspecs/"):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    shutil.copy(spec_file, root)
    tools = root / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "groundplan").symlink_to(Path(sys.executable).parent / "groundplan")
    (tools / "aws").write_text(AWS)
    (tools / "aws").chmod(0o755)
    return root


def run(root: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{root / '.venv' / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "STORE": str(root / "store"), **variables}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def deploy(root: Path) -> None:
    """Record the spec, as a build does after it has deployed."""
    made = run(root, sys.executable, "buildspecs/record.py", "build/spec.zip")
    assert made.returncode == 0, made.stderr
    assert run(root, "aws", "s3", "cp", "-", "build/spec.zip", RECORD).returncode == 0


@pytest.mark.parametrize("engine", ["cdk", "pulumi"])
def test_build_files_are_yaml_that_codebuild_reads(tmp_path: Path, engine: Engine) -> None:
    root = rendered(tmp_path, engine)
    for name in ("check.yml", "deploy.yml"):
        found = yaml.safe_load((root / "buildspecs" / name).read_text("utf-8"))
        assert found["version"] == 0.2
        assert set(found) == {"version", "env", "phases"}
        assert all(
            isinstance(command, str)
            for phase in found["phases"].values()
            for command in phase["commands"]
        )
    for script in (root / "buildspecs").glob("*.sh"):
        assert run(root, "bash", "-n", str(script)).stderr == ""
    scripts = {path.name for path in (root / "buildspecs").iterdir()}
    assert ("install-pulumi.sh" in scripts) is (engine == "pulumi")


def test_only_a_build_that_deploys_gets_further_than_checking(tmp_path: Path) -> None:
    root = rendered(tmp_path, "cdk")
    check, deploys = (
        (root / "buildspecs" / name).read_text("utf-8") for name in ("check.yml", "deploy.yml")
    )
    assert "cdk deploy" in deploys
    assert not {"cdk deploy", "pulumi up", "make deploy", "record.py"} & set(check.splitlines())
    for word in ("cdk deploy", "pulumi up", "make deploy", "s3 cp"):
        assert word not in check


@pytest.mark.heavy
def test_a_spec_that_loses_data_is_refused_unless_somebody_allows_it(tmp_path: Path) -> None:
    root = rendered(tmp_path, "cdk")
    first = run(root, "bash", "buildspecs/compare.sh", RECORD)
    assert (first.returncode, first.stdout) == (
        0,
        f"nothing was deployed yet that {RECORD} would record\n",
    )
    deploy(root)
    assert run(root, "bash", "buildspecs/compare.sh", RECORD).returncode == 0

    spec = root / "groundplan.yaml"
    text = spec.read_text("utf-8").replace("name: new-patients,", "name: more-patients,")
    spec.write_text(text.replace("dataset: new-patients", "dataset: more-patients"))
    refused = run(root, "bash", "buildspecs/compare.sh", RECORD)
    assert refused.returncode == 1
    assert "NewPatientsBucket: would be deleted and lose what it holds" in refused.stderr

    lost = [f"data/data-state/NewPatients{item}" for item in ("Bucket", "Key")]
    some = run(root, "bash", "buildspecs/compare.sh", RECORD, ALLOW_REPLACE=lost[0])
    assert some.returncode == 1
    everything = run(root, "bash", "buildspecs/compare.sh", RECORD, ALLOW_REPLACE=",".join(lost))
    assert everything.returncode == 0, everything.stderr


def test_fails_when_the_record_may_not_be_read(tmp_path: Path) -> None:
    root = rendered(tmp_path, "cdk")
    found = run(root, "bash", "buildspecs/compare.sh", RECORD, REFUSED="403")
    assert found.returncode == 1
    assert "(403)" in found.stderr
