"""The page in a real browser: Chromium, without a network, in light and dark, on a desk and on a phone."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT, run_command

from groundplan.pipelines.drawing import graphviz

MODULES = ROOT / "environments" / "browser" / "node_modules"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
LOOK = Path(__file__).parent / "look.mjs"
MISSING = (
    "NOT TRIED IN A BROWSER: needs chromium on the PATH, Graphviz, and `make environments` for "
    "environments/browser/node_modules"
)
AA = 4.5
"""Least contrast of text that WCAG 2.2 asks for."""

PAGES = ("vision", "sandbox")
SEEN = [
    ("vision", "light"),
    ("vision", "phone-dark"),
    *(("sandbox", view) for view in ("light", "dark", "phone", "phone-dark")),
]
"""Which page is looked at how: the large one takes axe several seconds a view."""

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a reader meets in the largest example, and in a small one that is compared with another."""
    if None in (CHROMIUM, graphviz(), shutil.which("node")) or not MODULES.is_dir():
        if os.environ.get("GROUNDPLAN_NEEDS_BROWSER"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    out = tmp_path_factory.mktemp("pages")
    pages = {
        "vision": ("vision",),
        "sandbox": ("sandbox", "--since", f"{ROOT}/examples/nightly/groundplan.yaml"),
    }
    for name, (example, *more) in pages.items():
        spec = ROOT / "examples" / example / "groundplan.yaml"
        done = run_command("report", spec, "--out", out / f"{name}.html", *more)
        assert done.returncode == 0, done.stderr
    views = {name: ",".join(view for of, view in SEEN if of == name) for name in pages}
    wanted = [f"{out / name}.html={views[name]}" for name in pages]
    done = subprocess.run(
        ["node", LOOK, str(CHROMIUM), MODULES, out, *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("name", "view"), SEEN)
def test_a_page_is_accessible_and_quiet(seen: dict[str, Any], name: str, view: str) -> None:
    found = seen[name][view]
    assert found["errors"] == []
    assert found["requests"] == []
    assert found["violations"] == []
    assert found["overflow"] <= 0, "the page scrolls sideways"
    assert found["dangling"] == found["twice"] == []
    assert len(found["headings"]) == 9
    assert found["texts"] > 40
    assert found["contrast"] >= AA, "text of a picture cannot be read on what is under it"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_its_own_policy_and_a_keyboard_finds_its_way(
    seen: dict[str, Any], name: str
) -> None:
    found = seen[name]["delivered"]
    assert found["refused"] == []
    assert found["first"] == "skip"
    assert found["skipped"] == "main"
    assert found["summaries"] >= 5, "a keyboard does not open what is folded"


@pytest.mark.parametrize("name", PAGES)
def test_print_unfolds_everything_and_clips_nothing(seen: dict[str, Any], name: str) -> None:
    found = seen[name]["delivered"]
    assert found["hidden"] == 0
    assert found["clipped"] == []
    content = Path(found["pdf"]).read_bytes()
    assert content.startswith(b"%PDF-") and len(content) > 50_000
