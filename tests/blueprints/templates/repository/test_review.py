"""The review of a change, and what finds the commit that was deployed last, in real git repositories."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import ROOT

from groundplan.blueprints.generator import generate

TEMPLATES = ROOT / "blueprints" / "groundplan" / "blueprints" / "templates"
LOSES = ("data/data-state/CustomersBucket", "data/data-state/CustomersKey")


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def run(directory: Path, *command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=directory, env=os.environ | env, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose last commit renames a dataset."""
    root = tmp_path_factory.mktemp("generated") / "churn"
    generate(ROOT / "examples" / "churn" / "groundplan.yaml", root)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    spec = root / "groundplan.yaml"
    text = spec.read_text().replace("name: customers", "name: clients")
    spec.write_text(text.replace("dataset: customers", "dataset: clients"))
    git(root, "commit", "-q", "-a", "-m", "rename")
    return root


def review(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run(root, sys.executable, "ci/review.py", "--base", "main~1", "--only-changes", *options)


def test_fails_a_change_that_loses_data_until_a_commit_says_so(renamed: Path) -> None:
    refused = review(renamed)
    assert refused.returncode == 1
    assert all(f"{item}: would be deleted and lose" in refused.stdout for item in LOSES)

    allowed = "\n".join(f"Allow-Replace: {item}" for item in LOSES)
    git(renamed, "commit", "-q", "--amend", "-m", f"rename\n\n{allowed}")
    accepted = review(renamed)
    assert accepted.returncode == 0, accepted.stdout
    assert accepted.stdout.startswith("<!-- groundplan review -->\n### groundplan: nothing stands")


def test_fails_where_the_earlier_version_is_not_known(renamed: Path) -> None:
    done = run(renamed, sys.executable, "ci/review.py", "--only-changes", "--base", "0123abc")
    assert done.returncode == 1
    assert "0123abc is not here" in done.stdout
    first = run(renamed, sys.executable, "ci/review.py", "--only-changes", "--base", "0" * 40)
    assert first.returncode == 0


def test_fails_files_that_do_not_belong_into_git(tmp_path: Path) -> None:
    # put together here, so that nothing takes this file for one that holds a key
    (tmp_path / "key.pem").write_text("-----BEGIN " + "PRIVATE KEY-----\n")
    (tmp_path / "merged.py").write_text("<" * 7 + " yours\n")
    (tmp_path / "rows.csv").write_bytes(b"1\n" * 600_000)
    (tmp_path / "credentials").write_text("aws_secret_access_key = " + "kZ3/" * 10 + "\n")
    (tmp_path / "fine.py").write_text("print(1)\n")
    files = sorted(path.name for path in tmp_path.iterdir())
    done = run(tmp_path, sys.executable, TEMPLATES / "repository" / "ci" / "files.py", *files)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "credentials",
        "key.pem",
        "merged.py",
        "rows.csv",
    ]


@pytest.fixture
def history(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository with three commits, and GitHub's command, which knows its deployments."""
    git(tmp_path, "init", "-q", "-b", "main")
    commits = []
    for number in range(3):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", str(number))
        commits.append(git(tmp_path, "rev-parse", "HEAD"))
    tool = tmp_path / "bin" / "gh"
    tool.parent.mkdir()
    tool.write_text(
        '#!/bin/sh\ncase "$2" in\n*/statuses*) case "$2" in *deployments/7/*) echo false;; '
        '*) echo true;; esac;;\n*) printf "%s" "$DEPLOYMENTS";;\nesac\n'
    )
    tool.chmod(0o755)
    return tmp_path, commits


@pytest.mark.parametrize(
    ("deployments", "now", "expected"),
    [
        ([], 2, None),
        ([(7, 1), (6, 0)], 2, 0),  # the seventh has failed
        ([(6, 2)], 2, 2),  # the same again
        ([(6, 2)], 1, "later"),
    ],
)
def test_finds_the_commit_that_was_deployed_last(
    history: tuple[Path, list[str]],
    deployments: list[tuple[int, int]],
    now: int,
    expected: int | str | None,
) -> None:
    root, commits = history
    done = run(
        root,
        TEMPLATES / "ci" / "github" / ".github" / "deployed.sh",
        "prod",
        PATH=f"{root / 'bin'}:{os.environ['PATH']}",
        GITHUB_REPOSITORY="acme/churn",
        GITHUB_SHA=commits[now],
        DEPLOYMENTS="".join(f"{number} {commits[index]}\n" for number, index in deployments),
    )
    if expected == "later":
        assert done.returncode == 1
        assert "which is later than" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ("" if expected is None else commits[int(expected)])
