"""What a file may be besides text that both sides edited, and what becomes of it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.updates import snapshot
from updating import LINES, Repository, git, use_small_templates

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator import update

OURS = LINES.replace("line 3\n", "line 3\nours\n")
THEIRS = LINES.replace("line 18", "theirs")
BOTH = OURS.replace("line 18", "theirs")
BINARY = b"\x89PNG\0\1\2" * 20
TAKE = "unzip -p .groundplan/base.zip a.md > a.md"


@pytest.fixture(autouse=True)
def _small_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_templates(tmp_path / "shipped", monkeypatch)


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path, {"a.md": LINES, "notes/b.md": "b\n"})


def later(made: Repository, content: str | bytes = THEIRS) -> list[tuple[str, str, str]]:
    """Update to another content of a.md, and return the conflicts."""
    result = made.later({"a.md": content, "notes/b.md": "b\n"})
    written = snapshot(made.root)
    assert not update(made.root).conflicts
    assert snapshot(made.root) == written
    return [(found.path, found.problem, found.fix) for found in result.conflicts]


def test_a_moved_file_is_updated_where_it_is(made: Repository) -> None:
    (made.root / "a.md").unlink()
    made.write("guide/start.md", OURS)
    result = made.later({"a.md": THEIRS, "notes/b.md": "b\n"})
    assert made.read("guide/start.md") == BOTH
    assert not (made.root / "a.md").exists()
    assert result.moves == {"guide/start.md": "a.md"}


def test_a_moved_file_that_templates_drop_stays(made: Repository) -> None:
    (made.root / "a.md").rename(made.root / "mine.md")
    made.later({"notes/b.md": "b\n"})
    assert made.read("mine.md") == LINES


def test_edits_follow_a_file_that_templates_move(made: Repository) -> None:
    made.write("a.md", OURS)
    assert not made.later({"new/a.md": THEIRS, "notes/b.md": "b\n"}).conflicts
    assert made.read("new/a.md") == BOTH
    assert not (made.root / "a.md").exists()


def test_both_move_a_file_and_both_files_stay(made: Repository) -> None:
    (made.root / "a.md").unlink()
    made.write("mine.md", OURS)
    result = made.later({"new/a.md": THEIRS, "notes/b.md": "b\n"})
    assert made.read("mine.md") == made.read("new/a.md") == BOTH
    assert {found.problem for found in result.conflicts} == {"moved to another place on each side"}


def test_ignored_files_are_no_moved_files_but_rendered_ones_are_merged(made: Repository) -> None:
    git(made.root, "init", "--quiet")
    made.write(".gitignore", "build/\nnotes/\n")
    (made.root / "a.md").unlink()
    made.write("build/a.md", LINES)
    made.write("notes/b.md", "b\nours\n")
    result = made.later({"a.md": THEIRS, "notes/b.md": "theirs\nb\n"})
    assert made.read("build/a.md") == LINES
    assert made.read("notes/b.md") == "theirs\nb\nours\n"
    assert "a.md" in {found.path for found in result.conflicts}


def test_a_deleted_file_stays_deleted(made: Repository) -> None:
    (made.root / "a.md").unlink()
    assert later(made, LINES) == []
    assert later(made) == [("a.md", "you deleted it, its template changed", f"to have it: {TAKE}")]
    assert not (made.root / "a.md").exists()
    if Path("/usr/bin/unzip").exists():
        subprocess.run(TAKE, shell=True, check=True, cwd=made.root)
        assert made.read("a.md") == THEIRS


def test_a_file_that_both_made_holds_both(made: Repository) -> None:
    made.write("new.md", "ours\n")
    made.write("same.md", "same\n")
    result = made.later({"a.md": LINES, "new.md": "theirs\n", "same.md": "same\n"})
    assert made.read("new.md") == "<<<<<<< yours\nours\n=======\ntheirs\n>>>>>>> groundplan\n"
    assert [(found.path, found.problem) for found in result.conflicts] == [
        ("new.md", "you have made this file, too")
    ]
    assert made.read("same.md") == "same\n"


def test_windows_line_endings_stay(made: Repository) -> None:
    made.write("a.md", OURS.replace("\n", "\r\n"))
    assert later(made) == []
    assert made.read("a.md") == BOTH.replace("\n", "\r\n")


def test_windows_line_endings_alone_are_no_edit(made: Repository) -> None:
    made.write("a.md", LINES.replace("\n", "\r\n"))
    made.later({"notes/b.md": "b\n"})
    assert not (made.root / "a.md").exists()


def test_conflicts_in_a_file_with_windows_line_endings(made: Repository) -> None:
    made.write("a.md", LINES.replace("line 18", "ours").replace("\n", "\r\n"))
    assert [path for path, _, _ in later(made)] == ["a.md"]
    assert "ours\r\n=======\r\ntheirs\r\n>>>>>>> groundplan\r\n" in made.read("a.md")
    assert update(made.root).unresolved == ("a.md",)


def test_mixed_line_endings_stay_as_they_are(made: Repository) -> None:
    made.write("a.md", OURS.replace("line 5\n", "line 5\r\n"))
    assert later(made) == []
    assert made.read("a.md") == BOTH.replace("line 5\n", "line 5\r\n")


def test_a_last_line_without_end_stays_so(made: Repository) -> None:
    made.write("a.md", OURS + "no end")
    assert later(made) == []
    assert made.read("a.md") == BOTH + "no end"


def test_a_last_line_without_end_in_conflict_is_whole(made: Repository) -> None:
    made.write("a.md", LINES + "no end")
    later(made, LINES + "theirs")
    assert made.read("a.md") == (
        LINES + "<<<<<<< yours\nno end\n=======\ntheirs\n>>>>>>> groundplan\n"
    )


def test_other_encodings_are_merged_as_they_are(made: Repository) -> None:
    made.write("a.md", OURS.replace("ours", "café").encode("latin-1"))
    assert later(made) == []
    content = (made.root / "a.md").read_bytes()
    assert content == BOTH.replace("ours", "café").encode("latin-1")


def test_a_file_that_is_no_text_stays_the_teams(made: Repository) -> None:
    made.write("a.md", BINARY)
    assert later(made) == [("a.md", "no text, changed on both sides; yours stays", f"else: {TAKE}")]
    assert (made.root / "a.md").read_bytes() == BINARY


def test_pictures_of_templates_are_replaced_where_nobody_changed_them(tmp_path: Path) -> None:
    made = Repository(tmp_path, {"a.png": BINARY})
    assert not made.later({"a.png": BINARY + b"more"}).conflicts
    assert (made.root / "a.png").read_bytes() == BINARY + b"more"


def as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("own.md")


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "own.md").write_text("own\n")


def as_empty_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (as_link, "a link"),
        (as_folder, "a folder"),
        (as_empty_folder, "a folder"),
        (as_pipe, "no regular file"),
    ],
)
def test_what_took_the_place_of_a_file_stays(
    made: Repository, change: Callable[[Path], None], what: str
) -> None:
    made.write("own.md", "own\n")
    change(made.root / "a.md")
    kind = os.lstat(made.root / "a.md")
    fix = f"to have it, make room, then {TAKE}"
    result = made.later({"a.md": THEIRS, "notes/b.md": "b\n"})
    assert [(c.path, c.problem, c.fix) for c in result.conflicts] == [
        ("a.md", f"{what} is in its place", fix)
    ]
    assert os.lstat(made.root / "a.md") == kind
    assert made.read("own.md") == "own\n"
    assert update(made.root).done
    made.later({"notes/b.md": "b\n"})
    assert os.lstat(made.root / "a.md") == kind


def test_a_folder_that_became_a_link_is_not_followed(made: Repository, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (made.root / "notes").rename(elsewhere)
    (made.root / "notes").symlink_to(elsewhere)
    result = made.later({"a.md": LINES, "notes/b.md": "b\ntheirs\n", "notes/c.md": "c\n"})
    assert [(found.path, found.problem) for found in result.conflicts] == [
        ("notes/b.md", "a link notes is in its place"),
        ("notes/c.md", "a link notes is in its place"),
    ]
    assert [path.name for path in elsewhere.iterdir()] == ["b.md"]
    assert (elsewhere / "b.md").read_text() == "b\n"


def test_a_file_where_templates_want_a_folder_stays(made: Repository) -> None:
    made.write("more", "own\n")
    result = made.later({"a.md": LINES, "notes/b.md": "b\n", "more/c.md": "c\n"})
    assert [(found.path, found.problem) for found in result.conflicts] == [
        ("more/c.md", "a file more is in its place")
    ]
    assert made.read("more") == "own\n"


def test_a_rendered_file_gives_way_to_a_rendered_folder(made: Repository) -> None:
    assert not made.later({"a.md/c.md": "c\n", "notes/b.md": "b\n"}).conflicts
    assert made.read("a.md/c.md") == "c\n"


def test_an_edited_file_gives_no_way_to_a_rendered_folder(made: Repository) -> None:
    made.write("a.md", OURS)
    result = made.later({"a.md/c.md": "c\n", "notes/b.md": "b\n"})
    assert made.read("a.md") == OURS
    assert [found.path for found in result.conflicts] == ["a.md/c.md"]


def test_marks_of_a_template_are_no_conflict(made: Repository) -> None:
    page = "<<<<<<< yours\na\n=======\nb\n>>>>>>> groundplan\n"
    assert later(made, page) == []
    assert update(made.root).done


def test_names_of_files_may_hold_anything(tmp_path: Path) -> None:
    names = ['a "quoted" name.md', "späť.md", "tab\tname.md", "dollar $HOME.md", "-dash.md"]
    made = Repository(tmp_path, dict.fromkeys(names, LINES))
    for name in names:
        made.write(name, OURS)
    assert not made.later(dict.fromkeys(names, THEIRS)).conflicts
    assert {made.read(name) for name in names} == {BOTH}


def test_fails_on_a_file_that_cannot_be_read(
    made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(made.root)
    real = os.open

    def refuse(path: object, *given: int, **named: int) -> int:
        if path == made.root / "a.md":
            raise PermissionError(13, "Permission denied")
        return real(path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError) as caught:
        made.later({"a.md": THEIRS})
    assert str(caught.value) == (
        f"{made.root}/a.md: cannot be read, got 'permission denied'; make it readable, or delete "
        "it if it is not wanted"
    )
    monkeypatch.undo()
    assert snapshot(made.root) == before
