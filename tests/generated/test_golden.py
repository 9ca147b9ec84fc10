"""What is rendered is what was reviewed, and the same bytes whoever renders it."""

import difflib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.generated.golden import stored, trees
from tests.generated.repositories import PROJECTS, ROOT

REWRITE = "review the change, then run python -m tests.generated"


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, bytes]]:
    return trees()


def test_trees_are_as_reviewed(made: dict[str, dict[str, bytes]]) -> None:
    problems = []
    for name, tree in made.items():
        golden = stored(name)
        for path in sorted({*tree, *golden}):
            if tree.get(path) != golden.get(path):
                problems.append(f"{name}/{path}\n{_difference(golden.get(path), tree.get(path))}")

    assert not problems, f"{REWRITE}:\n" + "\n".join(problems[:20])
    kept = {path.name for path in (ROOT / "tests" / "golden").iterdir()}
    assert kept == set(made), REWRITE


def _difference(old: bytes | None, new: bytes | None) -> str:
    if old is None or new is None:
        return "  is not there " + ("any more" if new is None else "yet")
    lines = difflib.unified_diff(
        old.decode().splitlines(), new.decode().splitlines(), lineterm="", n=1
    )
    return "\n".join(list(lines)[:12])


GENERATE = """
import json, os, sys, hashlib
from pathlib import Path
os.umask(int(sys.argv[3], 8))
from groundplan.blueprints.generator import generate
for engine in ("cdk", "pulumi"):
    made = generate(sys.argv[1], Path(sys.argv[2]) / engine, engine=engine)
folder = Path(sys.argv[2])
print(json.dumps({
    path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(folder.rglob("*")) if path.is_file()
}))
"""


@pytest.mark.parametrize("name", ["churn", "tabular"])
def test_same_bytes_in_every_process(name: str, tmp_path: Path) -> None:
    project = next(item for item in PROJECTS if item.name == name)
    spec = project.spec(tmp_path)
    found = []
    for number, (zone, seed, umask) in enumerate(
        [("UTC", "0", "022"), ("Pacific/Kiritimati", "4711", "077")]
    ):
        out = tmp_path / f"out-{number}"
        done = subprocess.run(
            [sys.executable, "-c", GENERATE, spec, out, umask],
            env=os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))

    assert found[0] == found[1]
    assert len(found[0]) > 60
