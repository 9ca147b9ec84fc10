"""CI files: what checkers say of them, and what they must never hold."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from generated_trees import CASES, ENGINES, tree, write
from tests_support import ROOT

from groundplan.blueprints.generator import Tree
from groundplan.blueprints.plan.engine import Engine

BIN = ROOT / ".venv-ci-files" / "bin"
CHECKED = pytest.mark.skipif(
    not BIN.is_dir(), reason="needs the checkers: run `make environments` to get .venv-ci-files"
)
EACH = pytest.mark.parametrize(("name", "engine"), CASES)
PINNED = re.compile(r"^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
KEYS = re.compile(
    r"AKIA|aws[-_]access[-_]key[-_]id: |secrets\.AWS|AWS_SECRET_ACCESS_KEY:", re.IGNORECASE
)


def check(*command: str | Path, cwd: Path) -> None:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}  # actionlint's shellcheck
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def github(root: Path) -> list[Path]:
    """Write the workflows of every example, each in a repository of its own."""
    repositories = []
    for name, engine in CASES:
        files = {path: text for path, text in tree(name, engine).items() if path[:4] == ".git"}
        repositories.append(write(files, root / f"{name}-{engine}"))
    return repositories


def workflows(name: str, engine: Engine) -> dict[str, str]:
    return {
        path: content.decode()
        for path, content in tree(name, engine).items()
        if path.startswith(".github/workflows/")
    }


@CHECKED
def test_actionlint_and_the_schema_find_nothing_in_the_workflows(tmp_path: Path) -> None:
    files = [path for item in github(tmp_path) for path in item.glob(".github/workflows/*.yml")]
    assert len(files) == 2 * len(CASES)
    check("actionlint", "-no-color", *files, cwd=tmp_path)
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files, cwd=tmp_path)


@CHECKED
def test_zizmor_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    check("zizmor", "--offline", "--no-progress", "--quiet", *github(tmp_path), cwd=tmp_path)


def shell(rendered: Tree) -> dict[str, bytes]:
    """Return scripts, and a script each of what GitLab and CodeBuild run."""
    found = {path: text for path, text in rendered.items() if path.endswith(".sh")}
    commands: dict[str, list[str]] = {}
    for job, settings in yaml.safe_load(rendered.get(".gitlab-ci.yml", b"{}")).items():
        if isinstance(settings, dict) and "script" in settings:
            commands[f"jobs/{job}.sh"] = ["set -eo pipefail", *settings["script"]]
    for path, text in rendered.items():
        if path.startswith("buildspecs/") and path.endswith(".yml"):
            phases = yaml.safe_load(text)["phases"].values()
            commands[f"{path}.sh"] = [
                "set -e",
                *(line for item in phases for line in item["commands"]),
            ]
    for path, lines in commands.items():
        found[path] = "\n".join(["#!/bin/bash", *lines, ""]).encode()
    return found


@CHECKED
def test_shellcheck_finds_nothing_in_scripts_and_jobs(tmp_path: Path) -> None:
    cases = [(*case, ci) for case in CASES for ci in ("github", "gitlab")]
    cases += [("nightly", engine, "codepipeline") for engine in ENGINES]
    scripts = {
        f"{'-'.join(case)}/{path}": text
        for case in cases
        for path, text in shell(tree(*case)).items()
    }
    assert {path.split("/", 1)[1] for path in scripts} >= {
        ".github/deployed.sh", ".github/profile.sh", ".gitlab/deployed.sh", "jobs/deploy-prod.sh",
        "buildspecs/compare.sh", "buildspecs/deploy.yml.sh", "buildspecs/install-pulumi.sh",
    }  # fmt: skip
    write(scripts, tmp_path)
    check("shellcheck", *scripts, cwd=tmp_path)


@CHECKED
def test_fails_a_workflow_that_a_template_could_make_worse(tmp_path: Path) -> None:
    (worse,) = (text for path, text in workflows("churn", "cdk").items() if "pull-" in path)
    path = tmp_path / ".github" / "workflows" / "pull-request.yml"
    path.parent.mkdir(parents=True)
    for checker, text in (
        ("zizmor", worse.replace("  pull_request:", "  pull_request_target:")),
        ("actionlint", worse.replace("needs: review", "needs: reviews")),
        ("actionlint", worse.replace("- run: make setup\n", "- run: make $MISSPELT\n", 1)),
    ):
        assert text != worse
        path.write_text(text)
        options = ["--offline", "--quiet"] if checker == "zizmor" else []
        with pytest.raises(AssertionError):
            check(checker, *options, path, cwd=tmp_path)


@CHECKED
def test_gitlab_knows_every_key(tmp_path: Path) -> None:
    files = [
        write(
            {"x.yml": tree(name, engine, "gitlab")[".gitlab-ci.yml"]}, tmp_path / f"{name}-{engine}"
        )
        / "x.yml"
        for name, engine in CASES
    ]
    options = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    check("check-jsonschema", *options, *files, cwd=tmp_path)


@EACH
def test_actions_are_pinned_and_nothing_is_wide(name: str, engine: Engine) -> None:
    for text in workflows(name, engine).values():
        used = re.findall(r"uses: (.+)", text)
        assert used and all(PINNED.match(item) for item in used)
        assert "pull_request_target" not in text
        assert "write-all" not in text
        assert not KEYS.search(text)
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert "*" not in str(job.get("permissions"))
            assert job["timeout-minutes"] <= 60


@EACH
def test_a_pull_request_gets_no_token_of_aws(name: str, engine: Engine) -> None:
    text = workflows(name, engine)[".github/workflows/pull-request.yml"]
    jobs = yaml.safe_load(text)["jobs"]
    assert {job.get("environment") for job in jobs.values()} == {None}
    granted = {key for job in jobs.values() for key in job["permissions"]}
    assert granted == {"contents", "pull-requests"}
    assert [name for name, job in jobs.items() if "write" in job["permissions"].values()] == [
        "comment"
    ]
    assert "secrets." not in text

    pipeline = yaml.safe_load(tree(name, engine, "gitlab")[".gitlab-ci.yml"])
    for job_name, job in pipeline.items():
        if isinstance(job, dict) and "id_tokens" in job:
            assert job_name.startswith("deploy-")
            (rule,) = job["rules"]
            assert '$CI_PIPELINE_SOURCE != "merge_request_event"' in rule["if"]


def test_without_delivery_there_are_no_ci_files() -> None:
    paths = tree("sandbox", "cdk", None)
    assert not [path for path in paths if path.startswith((".github", ".gitlab"))]
