"""`docs/tutorial.md`: its commands are run, and each line of output that it shows is what they print."""

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.terminal import Terminal
from tests_support import ROOT

from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"(?:<!-- (?P<note>.*?) -->\n)?(?P<body> *```console\n.*?```)", re.DOTALL)
PROMPT = re.compile(r"(?P<question>\S.*(?:\)|\]):)(?: (?P<answer>.*))?")
EXIT = re.compile(r"\s+# exit (\d+)$")
CUT = "..."


@dataclass(frozen=True)
class Block:
    """Commands, each with the lines that are shown after it."""

    note: str
    commands: tuple[tuple[str, tuple[str, ...]], ...]


def blocks() -> list[Block]:
    found = []
    for match in BLOCK.finditer(PAGE):
        text = textwrap.dedent(match["body"]).removeprefix("```console\n").removesuffix("```")
        parts = re.split(r"^\$ ", text.replace("\\\n", ""), flags=re.MULTILINE)[1:]
        commands = [part.splitlines() for part in parts]
        found.append(
            Block(match["note"] or "", tuple((head, tuple(shown)) for head, *shown in commands))
        )
    return found


@pytest.mark.heavy
def test_its_commands_print_what_it_shows(tmp_path: Path) -> None:
    directory = tmp_path
    ran = 0
    for block in blocks():
        if block.note.startswith("not run"):
            continue
        for command, shown in block.commands:
            if block.note == "terminal":
                said = at_terminal(command, shown, directory)
            elif block.note == "same spec":
                (tmp_path / "again").mkdir()
                run(command, tmp_path / "again")
                assert spec_text(tmp_path / "again") == spec_text(directory)
                said = ""
            else:
                said, directory = run(command, directory)
            compare(command, shown, said)
            ran += 1

    assert ran > 15
    assert directory == tmp_path / "clinic"


def test_shows_lines_of_the_spec_that_it_writes(tmp_path: Path) -> None:
    command = next(block.commands[0][0] for block in blocks() if block.note == "same spec")
    run(command, tmp_path)
    [shown] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    compare("the spec", [CUT, *shown.splitlines(), CUT], spec_text(tmp_path))


def test_the_rehearsal_that_it_shows_has_the_phases_and_stacks_of_the_project(
    tmp_path: Path,
) -> None:
    block = next(item for item in blocks() if item.note.startswith("not run: minutes"))
    [(_, shown)] = block.commands
    phases = [line[2:].partition(": ")[0] for line in shown if line.startswith("✓ ")]
    sources = (ROOT / "stacks" / "groundplan" / "stacks" / "rehearsal").glob("**/*.py")
    known = set(re.findall(r'name="([^"]+)"', "".join(path.read_text() for path in sources)))
    command = next(item.commands[0][0] for item in blocks() if item.note == "same spec")
    run(command, tmp_path)
    decided = plan(load_spec(tmp_path / "clinic" / "groundplan.yaml"))

    assert len(phases) > 8
    assert set(phases) <= known
    assert f"✓ cdk synth: {len(tuple(decided.stacks()))} stacks, once" in shown


def compare(command: str, shown: tuple[str, ...] | list[str], said: str) -> None:
    """Each line comes after the one before, directly if nothing is marked as cut."""
    rest = [loose(line) for line in said.splitlines() if line.strip()]
    cut = False
    for line in shown:
        if not line.strip() or line.strip() == CUT:
            cut = cut or line.strip() == CUT
            continue
        start, _, end = loose(line).partition("…")
        fits = [item.startswith(start) and item.endswith(end) for item in rest]
        at = next((index for index, fit in enumerate(fits) if fit), None) if cut else 0
        assert at is not None and fits[at : at + 1] == [True], (
            f"{command}\nshows    {line}\nprinted:\n{said}"
        )
        rest, cut = rest[at + 1 :], False
    assert cut or not shown or not rest, f"{command} prints more: {rest}"


def loose(line: str) -> str:
    """A line without its columns' widths, and without the number of facts, which any change changes."""
    text = " ".join(line.split())
    return re.sub(r" holds [\d,]+ ", " holds N ", text)


def run(command: str, directory: Path) -> tuple[str, Path]:
    wanted = EXIT.search(command)
    place = directory / ".place"
    script = f"{EXIT.sub('', command)}\nstatus=$?; pwd > '{place}'; exit $status"
    identity = {
        f"GIT_{who}_{what}": "a@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env={**os.environ, **identity, "PATH": f"{Path(sys.executable).parent}:{os.defpath}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == int(wanted[1] if wanted else 0), f"{command}\n{done.stdout}"
    moved = Path(place.read_text().strip())
    place.unlink()
    return done.stdout, moved


def at_terminal(command: str, shown: tuple[str, ...], directory: Path) -> str:
    """Type what the page says is typed."""
    program, *arguments = command.split()
    assert program == "groundplan"
    terminal = Terminal(*arguments, directory=directory)
    for line in shown:
        if prompt := PROMPT.fullmatch(line):
            terminal.answer(prompt["question"], f"{prompt['answer'] or ''}\n")
    assert terminal.end() == 0, terminal.shown
    return terminal.shown


def spec_text(directory: Path) -> str:
    return (directory / "clinic" / "groundplan.yaml").read_text("utf-8")
